"""Typical wrong answers to the exercises of lesson 06: no check may accept one."""

MISTAKES = {
    1: [
        # precision
        "def my_recall(matrix):\n    return np.diag(matrix) / matrix.sum(axis=0)",
        # accuracy
        "def my_recall(matrix):\n    return np.diag(matrix) / matrix.sum()",
        # one number
        "def my_recall(matrix):\n    return np.trace(matrix) / matrix.sum()",
        # each row divided by the wrong sum, not the diagonal alone
        "def my_recall(matrix):\n    return matrix / matrix.sum(axis=1)",
        # counts instead of fractions
        "def my_recall(matrix):\n    return np.diag(matrix)",
    ],
    2: [
        "my_threshold = 0.9",
        "my_threshold = 0.5",
        "my_threshold = 0.88",
        "my_threshold = 1",
        "my_threshold = 60",
        'my_threshold = "high"',
    ],
    3: [
        # variances, not their roots
        "def frechet_1d(a, b):\n"
        "    return (a.mean() - b.mean()) ** 2 + (a.var() - b.var()) ** 2",
        # the means alone
        "def frechet_1d(a, b):\n    return (a.mean() - b.mean()) ** 2",
        # not squared
        "def frechet_1d(a, b):\n"
        "    spread = a.std(ddof=1) - b.std(ddof=1)\n"
        "    return abs(a.mean() - b.mean()) + abs(spread)",
        # divides by n
        "def frechet_1d(a, b):\n"
        "    return (a.mean() - b.mean()) ** 2 + (a.std() - b.std()) ** 2",
        # the root of it
        "def frechet_1d(a, b):\n"
        "    spread = a.std(ddof=1) - b.std(ddof=1)\n"
        "    return np.hypot(a.mean() - b.mean(), spread)",
    ],
    4: ['choice = "a"', 'choice = "b"', 'choice = "theirs"'],
}
