"""Typical wrong answers to the exercises of lesson 10: no check may accept one."""

WRITE = (
    "def write(number, z):\n"
    "    classes = [int(digit) for digit in number]\n"
    "    same = np.stack([z] * len(classes))\n"
    "    return to_unit_range(generator([same, one_hot[classes]]))\n"
)
REPAIR = (
    "my_repair = keras.Sequential(\n"
    "    [\n"
    "        keras.Input((28, 28, 2)),\n"
    '        keras.layers.Conv2D(32, 4, 2, "same", activation="relu"),\n'
    "        keras.layers.BatchNormalization(momentum=0.9),\n"
    '        keras.layers.Conv2D(64, 4, 2, "same", activation="relu"),\n'
    "        keras.layers.BatchNormalization(momentum=0.9),\n"
    '        keras.layers.Conv2DTranspose(32, 4, 2, "same", activation="relu"),\n'
    "        keras.layers.BatchNormalization(momentum=0.9),\n"
    '        keras.layers.Conv2DTranspose(1, 4, 2, "same", activation="sigmoid"),\n'
    "    ]\n"
    ")\n"
    'my_repair.compile(optimizer=keras.optimizers.Adam(0.004), loss="mse")\n'
)

MISTAKES = {
    1: [
        "my_kernel = [[1, 1, 1], [1, 1, 1], [1, 1, 1]]",  # the stamps overlap
        "my_kernel = [[0.25, 0.25], [0.25, 0.25]]",  # a mean of four
        "my_kernel = [[1, 0], [0, 0]]",  # three of four pixels stay 0
    ],
    2: [
        # the digits in another order
        WRITE.replace("in number]", "in sorted(number)]"),
        # pixels from -1 to 1
        WRITE.replace("to_unit_range(", "np.array(").replace("])))", "])))"),
        # another z for each digit
        WRITE.replace("[z] * len(classes)", "[z, -z, z]"),
    ],
    3: [
        "my_values = [1, 0.7]",
        "my_values = [0.7, 0.7]",
        "my_values = [0.5, 1]",
    ],
    4: [
        REPAIR,  # never trained
        # learns to give back what it was given: black in the hole
        REPAIR + "my_repair.fit(x_own, x_own[..., :1], epochs=1, verbose=2)\n",
        # pictures out of step with their holes
        REPAIR + "my_repair.fit(x_own, np.roll(y_own, 1, axis=0), verbose=2)\n",
    ],
}
