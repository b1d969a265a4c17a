"""Typical wrong answers to the exercises of lesson 13: no check may accept one."""

LEAKS = (
    "def find_leaks(train_photos, val_photos, border):\n"
    "    rows = []\n"
    "    for row, photo in enumerate({over}):\n"
    "        differences = np.abs({other} - photo){mean}\n"
    "        if differences.{pick}() < border:\n"
    "            rows.append(row)\n"
    "    return rows"
)
RIGHT = {
    "over": "val_photos",
    "other": "train_photos",
    "mean": ".mean(axis=(1, 2, 3))",
    "pick": "min",
}
WEIGHTS = (
    "def weights_of(labels):\n"
    "    classes, counts = np.unique(labels, return_counts=True)\n"
    "    return {}"
)
NETWORK = (
    "my_network = join(backbone, build_head(backbone))\n"
    "compile_network(my_network, learning_rate={})\n"
    "my_network.fit(x_few, {}, epochs={}, verbose=0)"
)

MISTAKES = {
    1: [
        # rows of the training photos
        LEAKS.format(**RIGHT | {"over": "train_photos", "other": "val_photos"}),
        # the farthest photo instead of the nearest
        LEAKS.format(**RIGHT | {"pick": "max"}),
        # a sum in place of a mean
        LEAKS.format(**RIGHT | {"mean": ".sum(axis=(1, 2, 3))"}),
        # the largest difference of any pixel
        LEAKS.format(**RIGHT | {"mean": ".max(axis=(1, 2, 3))"}),
        # one pixel that is alike is enough
        LEAKS.format(**RIGHT | {"mean": ""}),
    ],
    2: ['choice = "a"', 'choice = "b"', 'choice = ["c", "b"]'],
    3: [
        # the counts
        WEIGHTS.format("counts * 1.0"),
        # shares: frequent classes weigh more
        WEIGHTS.format("counts / len(labels)"),
        # always ten classes
        WEIGHTS.format("len(labels) / (10 * counts)"),
        # only turned round
        WEIGHTS.format("1 / counts"),
    ],
    4: [
        # no training
        "my_network = join(backbone, build_head(backbone))",
        # labels out of step
        NETWORK.format("0.001", "np.roll(y_few, 1)", "8"),
        # a rate that breaks everything
        NETWORK.format("3.0", "y_few", "3"),
        # from scratch, without what the backbone brings
        "my_network = train(new_network(), x_few, y_few, 8)",
        # the head alone takes features, not photos
        "my_network = build_head(backbone)",
        'my_network = "trained"',
    ],
}
