"""Typical wrong answers to the exercises of lesson 03: no check may accept one."""

LAYERS = (
    "my_model = keras.Sequential(\n"
    "    [\n"
    "        keras.Input(shape=(28, 28)),\n"
    "        keras.layers.Rescaling(1 / 255),\n"
    "        keras.layers.Flatten(),\n"
    '        keras.layers.Dense(128, activation="relu"),\n'
    "        keras.layers.Dense(10),\n"
    "    ]\n"
    ")\n"
)
COMPILE = 'my_model.compile(optimizer="adam", loss=loss_fn)\n'
FIT = "my_model.fit(x_few, y_few, epochs=60, verbose=0)\n"

MISTAKES = {
    1: [
        "my_momentum = 0.0",
        "my_momentum = 0.5",
        "my_momentum = 0.9",
        "my_momentum = 1",
        "my_momentum = -0.75",
        'my_momentum = "0.75"',
    ],
    2: [
        # ReLU forgotten
        "def backward_layer(inputs, W, b, d_active):\n"
        "    return d_active @ W.T, inputs.T @ d_active, d_active.sum(axis=0)",
        # ReLU by the inputs' sign
        "def backward_layer(inputs, W, b, d_active):\n"
        "    d_hidden = d_active * (d_active > 0)\n"
        "    return d_hidden @ W.T, inputs.T @ d_hidden, d_hidden.sum(axis=0)",
        # the bias forgotten where ReLU is asked
        "def backward_layer(inputs, W, b, d_active):\n"
        "    d_hidden = d_active * (inputs @ W > 0)\n"
        "    return d_hidden @ W.T, inputs.T @ d_hidden, d_hidden.sum(axis=0)",
        # a missing .T
        "def backward_layer(inputs, W, b, d_active):\n"
        "    d_hidden = d_active * (inputs @ W + b > 0)\n"
        "    return d_hidden @ W, inputs.T @ d_hidden, d_hidden.sum(axis=0)",
        # the mean over the batch, a second time
        "def backward_layer(inputs, W, b, d_active):\n"
        "    d_hidden = d_active * (inputs @ W + b > 0) / len(inputs)\n"
        "    return d_hidden @ W.T, inputs.T @ d_hidden, d_hidden.sum(axis=0)",
        # the bias's slopes not added up
        "def backward_layer(inputs, W, b, d_active):\n"
        "    d_hidden = d_active * (inputs @ W + b > 0)\n"
        "    return d_hidden @ W.T, inputs.T @ d_hidden, d_hidden",
        # another order
        "def backward_layer(inputs, W, b, d_active):\n"
        "    d_hidden = d_active * (inputs @ W + b > 0)\n"
        "    return inputs.T @ d_hidden, d_hidden.sum(axis=0), d_hidden @ W.T",
    ],
    3: [
        # never trained
        LAYERS,
        LAYERS + COMPILE,
        # no remedy
        LAYERS + COMPILE.replace('"adam"', "keras.optimizers.Adam(0.003)") + FIT,
        # labels out of step with the images
        LAYERS + COMPILE + FIT.replace("y_few,", "y_few[::-1],").replace("60", "5"),
        # softmax in the model
        LAYERS.replace("Dense(10)", 'Dense(10, activation="softmax")')
        + COMPILE.replace("loss_fn", '"sparse_categorical_crossentropy"')
        + FIT.replace("60", "5"),
        # what fit returns, not the model
        LAYERS + COMPILE + "my_model = " + FIT.replace("60", "1"),
    ],
}
