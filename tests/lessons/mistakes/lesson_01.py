"""Typical wrong answers to the exercises of lesson 01: no check may accept one."""

MISTAKES = {
    1: [
        "count, first, stop = 16, 4, 20",  # the length for the stop
        "count, first, stop = 16, 4, 23",  # the stop taken as included
        "count, first, stop = 16, 0, 20",  # a corner
        "count, first, stop = 15, 4, 24",  # counted from 0
        "count, first, stop = 16, 8, 28",
    ],
    2: [
        # wraps round
        "def brighten(image, amount):\n"
        "    return (image.astype('int16') + amount).astype('uint8')",
        # clips what has wrapped
        "def brighten(image, amount):\n"
        "    return np.clip(image + np.uint8(amount % 256), 0, 255)",
        # stays wide
        "def brighten(image, amount):\n"
        "    return np.clip(image.astype('int16') + amount, 0, 255)",
        # forgets the lower limit
        "def brighten(image, amount):\n"
        "    wide = image.astype('int16') + amount\n"
        "    return np.minimum(wide, 255).astype('uint8')",
        # raises OverflowError for a negative amount
        "def brighten(image, amount):\n    return np.clip(image + amount, 0, 255)",
        # changes its argument
        "def brighten(image, amount):\n"
        "    image[:] = np.clip(image.astype('int16') + amount, 0, 255)\n"
        "    return image",
    ],
    3: ['choice = "a"', 'choice = "c"'],
    4: [
        # the farthest
        "def nearest_mean(images, means):\n"
        "    squares = (images[:, None] - means) ** 2\n"
        "    return squares.sum(axis=(2, 3)).argmax(axis=1)",
        # forgets to square: positive and negative differences cancel
        "def nearest_mean(images, means):\n"
        "    return (images[:, None] - means).sum(axis=(2, 3)).argmin(axis=1)",
        # the distance in place of the class
        "def nearest_mean(images, means):\n"
        "    squares = (images[:, None] - means) ** 2\n"
        "    return squares.sum(axis=(2, 3)).min(axis=1)",
        # compares image i with mean i only
        "def nearest_mean(images, means):\n"
        "    return ((images - means) ** 2).sum(axis=(1, 2)).argmin()",
        # the nearest image of each mean
        "def nearest_mean(images, means):\n"
        "    squares = (images[:, None] - means) ** 2\n"
        "    return squares.sum(axis=(2, 3)).argmin(axis=0)",
    ],
}
