"""Typical wrong answers to the exercises of lesson 06: no check may accept one."""

COUNTS = (
    "def my_p_value(right_a, right_b):\n"
    "    only_a = np.sum(right_a & ~right_b)\n"
    "    only_b = np.sum(right_b & ~right_a)\n"
    "    tosses = only_a + only_b\n"
    "    heads = rng.integers(0, 2, size=(2000, tosses)).sum(axis=1)\n"
)
MACRO_F1 = (
    "def macro_f1(matrix):\n"
    "    precision = np.diag(matrix) / matrix.sum(axis=0)\n"
    "    recall = np.diag(matrix) / matrix.sum(axis=1)\n"
)
DRAWS = (
    "drawn = rng.integers(0, len(y_test), size=(1000, 50))\n"
    "dense_right = right['dense'][drawn].sum(axis=1)\n"
    "cnn_right = right['cnn'][drawn].sum(axis=1)\n"
)

MISTAKES = {
    1: [
        # one direction only
        COUNTS + "    return np.mean(heads >= only_a)",
        # the tie of luck with what was seen forgotten
        COUNTS
        + "    gaps = np.abs(heads - tosses / 2)\n"
        + "    return np.mean(gaps > abs(only_a - tosses / 2))",
        # how often luck is less uneven: 1 - p
        COUNTS
        + "    gaps = np.abs(heads - tosses / 2)\n"
        + "    return np.mean(gaps < abs(only_a - tosses / 2))",
        # the two networks drawn apart: not paired
        "def my_p_value(right_a, right_b):\n"
        "    both = np.concatenate([right_a, right_b])\n"
        "    gap = abs(right_a.mean() - right_b.mean())\n"
        "    a = rng.choice(both, size=(2000, len(right_a))).mean(axis=1)\n"
        "    b = rng.choice(both, size=(2000, len(right_a))).mean(axis=1)\n"
        "    return np.mean(np.abs(a - b) >= gap)",
        # all images tossed, also those where both are right or both wrong
        "def my_p_value(right_a, right_b):\n"
        "    n = len(right_a)\n"
        "    heads = rng.integers(0, 2, size=(2000, n)).sum(axis=1)\n"
        "    gaps = np.abs(heads - n / 2)\n"
        "    return np.mean(gaps >= abs(np.sum(right_a) - n / 2))",
        # the difference of the accuracies
        "def my_p_value(right_a, right_b):\n"
        "    return abs(right_a.mean() - right_b.mean())",
        # all repetitions instead of their fraction
        COUNTS
        + "    gaps = np.abs(heads - tosses / 2)\n"
        + "    return np.sum(gaps >= abs(only_a - tosses / 2))",
    ],
    2: [
        # the accuracy: micro F1
        "def macro_f1(matrix):\n    return np.trace(matrix) / matrix.sum()",
        # F1 of the mean precision and the mean recall
        MACRO_F1 + "    p, r = precision.mean(), recall.mean()\n"
        "    return 2 * p * r / (p + r)",
        # the plain mean of precision and recall
        MACRO_F1 + "    return (precision + recall).mean() / 2",
        # one F1 per class
        MACRO_F1 + "    return 2 * precision * recall / (precision + recall)",
        # weighted F1
        MACRO_F1 + "    f1 = 2 * precision * recall / (precision + recall)\n"
        "    return np.average(f1, weights=matrix.sum(axis=1))",
        # the 2 forgotten
        MACRO_F1 + "    return (precision * recall / (precision + recall)).mean()",
    ],
    3: [
        "my_threshold = 0.9",
        "my_threshold = 0.5",
        "my_threshold = 0.88",
        "my_threshold = 0.7",
        "my_threshold = 1",
        "my_threshold = 60",
        'my_threshold = "high"',
    ],
    4: [
        # a tie not counted
        DRAWS + "my_fraction = np.mean(dense_right > cnn_right)",
        # the other way round
        DRAWS + "my_fraction = np.mean(cnn_right >= dense_right)",
        # image by image
        "my_fraction = np.mean(right['dense'] >= right['cnn'])",
        # the accuracy of one of them
        DRAWS + "my_fraction = dense_right.mean() / 50",
        # guessed
        "my_fraction = 0",
        # in percent
        DRAWS + "my_fraction = 100 * np.mean(dense_right >= cnn_right)",
    ],
}
