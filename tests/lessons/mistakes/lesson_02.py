"""Typical wrong answers to the exercises of lesson 02: no check may accept one."""

SMALL = (
    "my_model = keras.Sequential([\n"
    "    keras.Input(shape=(28, 28)),\n"
    "    keras.layers.Rescaling(1 / 255),\n"
    "    keras.layers.Flatten(),\n"
    "    keras.layers.Dense(32, activation='relu'),\n"
    "    keras.layers.Dense(10),\n"
    "])\n"
)
LOSS = "keras.losses.SparseCategoricalCrossentropy(from_logits=True)"
COMPILE = f"my_model.compile('adam', loss={LOSS}, metrics=['accuracy'])\n"

MISTAKES = {
    1: [
        # the probability itself
        "my_score = 0.9",
        # the sum of the others
        "my_score = 9",
        # the power, not the score
        "my_score = 81",
        # half way: exp(2.2) is nine
        "my_score = 2.2",
        'my_score = "a lot"',
    ],
    2: [
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
    3: [
        # too many parameters
        "my_model = model",
        # not compiled
        SMALL,
        # not trained
        SMALL + COMPILE,
        # labels out of step
        SMALL + COMPILE + "my_model.fit(x_train, y_train[::-1], verbose=0)",
        # trained on pixels 0 to 1, so that new images look different
        SMALL + COMPILE + "my_model.fit(x_train / 255, y_train, verbose=0)",
        # no metric to measure
        SMALL + f"my_model.compile('adam', loss={LOSS})\n"
        "my_model.fit(x_train, y_train, verbose=0)",
        # one neuron at the end
        SMALL.replace("Dense(10)", "Dense(1)"),
        # what fit returns is not the model
        SMALL + COMPILE + "my_model = my_model.fit(x_train, y_train, verbose=0)",
    ],
}
