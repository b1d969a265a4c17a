"""Typical wrong answers to the exercises of lesson 14: no check may accept one."""

HEAD = "def my_average(gradients, counts):\n"
RUN = (
    "def my_run(size):\n"
    "    keras.utils.set_random_seed(1)\n"
    "    model = build_dense(64)\n"
    '    model.compile("adam", loss=loss_fn, metrics=["accuracy"])\n'
)
FIT = (
    "    model.fit(x_train[:size], y_train[:size], epochs=20_000 // size,\n"
    "              batch_size=64, verbose=0)\n"
)
ERROR = "    return 1 - model.evaluate(x_val, y_val, batch_size=1000, verbose=0)[1]\n"
BILL = "def my_bill(seconds, machines, watts, runs, price, overhead):\n"

MISTAKES = {
    1: [
        # the counts forgotten
        HEAD + "    return sum(gradients) / len(gradients)",
        # added up, not averaged
        HEAD + "    return sum(gradients)",
        # weighted, but divided by the number of workers
        HEAD + "    total = sum(g * n for g, n in zip(gradients, counts))\n"
        "    return total / len(counts)",
        # divided by the counts
        HEAD + "    return sum(g / n for g, n in zip(gradients, counts))",
    ],
    2: [
        # never trained
        RUN + ERROR + "my_forecast = 0.05",
        # the line without logarithms
        RUN
        + FIT
        + ERROR
        + "errors = [my_run(size) for size in (500, 1000, 2000)]\n"
        + "slope, begin = np.polyfit([500, 1000, 2000], errors, 1)\n"
        + "my_forecast = slope * 8000 + begin",
        # the accuracy
        RUN + FIT + ERROR + "my_forecast = 0.93",
        # trains on all images, whatever the size
        RUN
        + FIT.replace("[:size]", "[:8000]").replace("20_000 // size", "3")
        + ERROR
        + "my_forecast = my_run(500)",
        # no training, a constant
        "def my_run(size):\n    return 0.05\nmy_forecast = 0.05",
        # as if the data changed nothing
        RUN + FIT + ERROR + "my_forecast = my_run(500)",
    ],
    3: [
        # watts taken for kilowatts
        BILL + "    return seconds / 3600 * machines * runs * watts * price * overhead",
        # the overhead forgotten
        BILL + "    return seconds / 3600 * machines * runs * watts / 1000 * price",
        # seconds taken for hours
        BILL + "    return seconds * machines * runs * watts / 1000 * price * overhead",
        # one machine
        BILL + "    return seconds / 3600 * runs * watts / 1000 * price * overhead",
    ],
}
