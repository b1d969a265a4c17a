"""Typical wrong answers to the exercises of lesson 12: no check may accept one."""

ROWS = (
    "images = keras.Input(shape=(28, 28, 1))\n"
    "x = keras.layers.Reshape((28, 28))(images)\n"
    "x = keras.layers.Dense(64)(x)\n"
    "x = Positions()(x)\n"
    'x = add_block(x, name="look")\n'
    "x = keras.layers.LayerNormalization()(x)\n"
    "x = keras.layers.GlobalAveragePooling1D()(x)\n"
    "my_transformer = keras.Model(images, keras.layers.Dense(10)(x))\n"
    "my_transformer.compile(\n"
    "    optimizer=keras.optimizers.Adam(0.002),\n"
    "    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),\n"
    ")\n"
)
FIT = (
    "few, labels = x_train[:10_000], y_train[:10_000]\n"
    "my_transformer.fit(few, labels, batch_size=64, epochs=3, verbose=0)\n"
)

MISTAKES = {
    1: [
        # a causal mask
        "def neighbor_mask(n):\n    return np.tril(np.ones((n, n), dtype=bool))\n",
        # True where looking is forbidden
        "def neighbor_mask(n):\n"
        "    places = np.arange(n)\n"
        "    return np.abs(places[:, None] - places[None, :]) > 1\n",
        # only the neighbour on one side
        "def neighbor_mask(n):\n"
        "    places = np.arange(n)\n"
        "    distance = places[:, None] - places[None, :]\n"
        "    return (distance == 0) | (distance == 1)\n",
        # the neighbours without the word itself
        "def neighbor_mask(n):\n"
        "    places = np.arange(n)\n"
        "    return np.abs(places[:, None] - places[None, :]) == 1\n",
        # numbers in place of bools
        "def neighbor_mask(n):\n"
        "    places = np.arange(n)\n"
        "    return 1.0 * (np.abs(places[:, None] - places[None, :]) <= 1)\n",
    ],
    2: [
        # no positions: shuffled rows are read as well
        ROWS.replace("x = Positions()(x)\n", "") + FIT,
        # the lesson's own, whose words are patches
        "my_transformer = transformer\n",
        # built, and never trained
        ROWS,
        # labels out of step
        ROWS
        + FIT.replace("y_train[:10_000]", "y_train[1:10_001]").replace(
            "x_train[:10_000]", "x_train[: len(y_train[1:10_001])]"
        ),
        # no attention
        ROWS.replace('x = add_block(x, name="look")\n', "") + FIT,
    ],
    3: ['choice = "a"', 'choice = "b"', 'choice = "mask"'],
}
