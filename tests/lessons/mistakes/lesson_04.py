"""Typical wrong answers to the exercises of lesson 04: no check may accept one."""

SMALL = (
    "keras.utils.set_random_seed(0)\n"
    "my_cnn = keras.Sequential(\n"
    "    [\n"
    "        keras.Input(shape=(28, 28, 1)),\n"
    '        keras.layers.Conv2D(16, 3, strides=2, activation="relu"),\n'
    '        keras.layers.Conv2D(16, 3, strides=2, activation="relu"),\n'
    "        keras.layers.GlobalMaxPooling2D(),\n"
    "        keras.layers.Dense(10),\n"
    "    ]\n"
    ")\n"
)
COMPILE = 'my_cnn.compile(optimizer="adam", loss=loss_fn)\n'
FIT = "my_cnn.fit(x_own[:2000], y_own[:2000], verbose=0)\n"

MISTAKES = {
    1: [
        # moves it left: the kernel points where the picture goes
        "my_kernel = [[0, 0, 0], [0, 0, 1], [0, 0, 0]]",
        # does not move it
        "my_kernel = [[0, 0, 0], [0, 1, 0], [0, 0, 0]]",
        # moves it up
        "my_kernel = [[0, 0, 0], [0, 0, 0], [0, 1, 0]]",
        # smears it
        "my_kernel = [[0, 0, 0], [1, 1, 0], [0, 0, 0]]",
        # mixes rows
        "my_kernel = [[1, 0, 0], [1, 0, 0], [1, 0, 0]]",
        # one row only
        "my_kernel = [1, 0, 0]",
        # an even side: the map is larger
        "my_kernel = [[1, 0], [0, 0]]",
    ],
    2: [
        # forgets the first place
        "def output_size(size, kernel, stride=1, padding=0):\n"
        "    return (size + 2 * padding - kernel) // stride",
        # pads one side only
        "def output_size(size, kernel, stride=1, padding=0):\n"
        "    return (size + padding - kernel) // stride + 1",
        # forgets the stride
        "def output_size(size, kernel, stride=1, padding=0):\n"
        "    return size + 2 * padding - kernel + 1",
        # divides too late
        "def output_size(size, kernel, stride=1, padding=0):\n"
        "    return (size + 2 * padding - kernel + 1) // stride",
        # not a whole number
        "def output_size(size, kernel, stride=1, padding=0):\n"
        "    return (size + 2 * padding - kernel) / stride + 1",
    ],
    3: [
        # the network that was shown: not fewer weights
        "my_cnn = cnn",
        # never trained
        SMALL,
        SMALL + COMPILE,
        # labels out of step with the images
        SMALL + COMPILE + FIT.replace("y_own[:2000]", "y_own[:2000][::-1]"),
        # too short a training
        SMALL + COMPILE + FIT.replace("2000", "300"),
        # images without their channel, in a dense network
        SMALL.replace("Conv2D(16, 3, strides=2, ", "Dense(16, ") + COMPILE + FIT,
        # one output
        SMALL.replace("Dense(10)", "Dense(1)"),
        # what fit returns is not the model
        SMALL + COMPILE + "my_cnn = " + FIT,
    ],
}
