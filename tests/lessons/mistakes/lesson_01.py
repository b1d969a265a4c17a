"""Typical wrong answers to the exercises of lesson 01: no check may accept one."""

TABLE = (
    "def nearest_mean(images):\n"
    "    distances = np.zeros((len(images), 10))\n"
    "    for digit in range(10):\n"
    "        difference = images - means[digit]\n"
    "        distances[:, digit] = (difference**2).sum(axis=(1, 2))\n"
)

MISTAKES = {
    1: [
        # the two exchanged
        "for_each_image, for_mean_image = 0, (1, 2)",
        # the axis that should stay
        "for_each_image, for_mean_image = 0, 0",
        # one of two
        "for_each_image, for_mean_image = 1, 0",
        # counted from 1
        "for_each_image, for_mean_image = (2, 3), 1",
        # every axis
        "for_each_image, for_mean_image = (0, 1, 2), 0",
        'for_each_image, for_mean_image = "image", 0',
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
    3: [
        # all of the ink, as before
        "def measurement(images):\n    return ink(images)",
        # a place where a 4 has more
        "def measurement(images):\n    return ink(images[:, 14:17, 5:9])",
        # a corner, where both are black
        "def measurement(images):\n    return ink(images[:, :4, :4])",
        # images and rows mixed up
        "def measurement(images):\n    return ink(images[7:10, 11:18])",
        # one number for all images
        "def measurement(images):\n    return images[:, 7:10, 11:18].mean()",
        # one number for each row
        "def measurement(images):\n    return images[:, 7:10, 11:18].mean(axis=2)",
    ],
    4: [
        # the farthest
        TABLE + "    return distances.argmax(axis=1)",
        # the distance in place of the digit
        TABLE + "    return distances.min(axis=1)",
        # the nearest image of each mean
        TABLE + "    return distances.argmin(axis=0)",
        # one answer for all
        TABLE + "    return distances.argmin()",
        # forgets to square: what is too dark hides what is too bright
        TABLE.replace("**2", "") + "    return distances.argmin(axis=1)",
        # pixels to 1, means to 255
        TABLE.replace("images - ", "images / 255 - ")
        + "    return distances.argmin(axis=1)",
        # uint8 wraps round
        TABLE.replace("means[digit]", 'means[digit].astype("uint8")')
        + "    return distances.argmin(axis=1)",
        # squeezes the images instead of the pixels
        TABLE.replace("axis=(1, 2)", "axis=0") + "    return distances.argmin(axis=1)",
    ],
}
