"""Typical wrong answers to the exercises of lesson 04: no check may accept one."""

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
        "my_kernel = [1, 0, 0]",
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
    3: ['choice = "a"', 'choice = "c"', 'choice = "less"'],
    4: [
        # forgets that strides spread the values
        "def receptive_field(layers):\n"
        "    return 1 + sum(kernel - 1 for kernel, stride in layers)",
        # counts a layer's own stride too early
        "def receptive_field(layers):\n"
        "    field, apart = 1, 1\n"
        "    for kernel, stride in layers:\n"
        "        apart *= stride\n"
        "        field += (kernel - 1) * apart\n"
        "    return field",
        # adds whole kernels
        "def receptive_field(layers):\n"
        "    field, apart = 1, 1\n"
        "    for kernel, stride in layers:\n"
        "        field += kernel * apart\n"
        "        apart *= stride\n"
        "    return field",
        # adds the strides
        "def receptive_field(layers):\n"
        "    field, apart = 1, 1\n"
        "    for kernel, stride in layers:\n"
        "        field += (kernel - 1) * apart\n"
        "        apart += stride\n"
        "    return field",
    ],
}
