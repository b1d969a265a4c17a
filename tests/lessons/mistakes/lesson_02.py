"""Typical wrong answers to the exercises of lesson 02: no check may accept one."""

MISTAKES = {
    1: [
        # the sum, not the mean
        "def cross_entropy(logits, labels):\n"
        "    probs = softmax(logits)\n"
        "    return -np.log(probs[np.arange(len(labels)), labels]).sum()",
        # no minus
        "def cross_entropy(logits, labels):\n"
        "    probs = softmax(logits)\n"
        "    return np.log(probs[np.arange(len(labels)), labels]).mean()",
        # forgets softmax
        "def cross_entropy(logits, labels):\n"
        "    return -logits[np.arange(len(labels)), labels].mean()",
        # picks whole rows
        "def cross_entropy(logits, labels):\n"
        "    return -np.log(softmax(logits)[labels]).mean()",
        # the log of the mean
        "def cross_entropy(logits, labels):\n"
        "    probs = softmax(logits)\n"
        "    return -np.log(probs[np.arange(len(labels)), labels].mean())",
        # one loss per image
        "def cross_entropy(logits, labels):\n"
        "    probs = softmax(logits)\n"
        "    return -np.log(probs[np.arange(len(labels)), labels])",
    ],
    2: [
        "my_learning_rate = 0.01",
        "my_learning_rate = 0.1",
        "my_learning_rate = 0.25",
        "my_learning_rate = 1",
        "my_learning_rate = -0.2",
        'my_learning_rate = "0.2"',
    ],
    3: ['choice = "a"', 'choice = "c"', 'choice = "epoch 8"'],
    4: [
        # the wrong way round
        "def gradient_at_logits(logits, label):\n"
        "    truth = (np.arange(10) == label).astype(float)\n"
        "    return truth - softmax(logits)",
        # forgets the truth
        "def gradient_at_logits(logits, label):\n    return softmax(logits)",
        # one number
        "def gradient_at_logits(logits, label):\n    return softmax(logits)[label] - 1",
        # forgets softmax
        "def gradient_at_logits(logits, label):\n"
        "    return logits - (np.arange(10) == label).astype(float)",
    ],
}
