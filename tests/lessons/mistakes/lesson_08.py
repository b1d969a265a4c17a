"""Typical wrong answers to the exercises of lesson 08: no check may accept one."""

HEAD = (
    "def read_folder(folder):\n    found = {}\n    for file in folder.glob('[0-9]*'):\n"
)
ANSWER = "        answer = best.probabilities(image[None]).argmax()\n"
TAIL = "        found[file.name] = answer\n    return found"
INK = (
    "        light = make_paper_light(read_image(file))\n"
    "        ink = contrast(light, prep.find_paper(light))\n"
    "        ink = prep.keep_ink(ink, prep.find_digit(ink))\n"
)

MISTAKES = {
    1: [
        # a name without its folder
        'my_file = "7_pencil_shadow.jpg"',
        # no such file
        'my_file = SAMPLES / "7.png"',
        # the folder
        "my_file = SAMPLES",
        # the picture, not the file
        "my_file = picture",
    ],
    2: [
        # the naive way
        HEAD + "        image = resize(read_image(file), 28, 28)\n" + ANSWER + TAIL,
        # inverts, and does no more
        HEAD + "        image = 1 - resize(read_image(file), 28, 28)\n" + ANSWER + TAIL,
        # forgets to crop: a tiny digit
        HEAD + INK + "        image = center(fit_to_box(ink))\n" + ANSWER + TAIL,
        # ink and paper the wrong way round
        HEAD
        + INK
        + "        image = 1 - center(fit_to_box(crop(ink)))\n"
        + ANSWER
        + TAIL,
        # whole paths as names
        HEAD
        + INK
        + "        image = center(fit_to_box(crop(ink)))\n"
        + ANSWER
        + TAIL.replace("file.name", "str(file)"),
        # a list
        "def read_folder(folder):\n"
        "    return [best.recognize(file).digit for file in folder.glob('[0-9]*')]",
        # one file only
        "def read_folder(folder):\n"
        "    file = next(folder.glob('[0-9]*'))\n"
        "    return {file.name: best.recognize(file).answer}",
    ],
    3: [
        # a 1
        "my_strokes = [[[0.5, 0.2], [0.5, 0.8]]]",
        # nothing
        "my_strokes = []",
        # one pair of brackets too few
        "my_strokes = [[0.3, 0.2], [0.7, 0.2], [0.45, 0.85]]",
        # pixels
        "my_strokes = [[[80, 50], [200, 50], [120, 240]]]",
        # two digits
        "my_strokes = [[[0.1, 0.2], [0.4, 0.2], [0.2, 0.8]],"
        " [[0.6, 0.2], [0.9, 0.2], [0.7, 0.8]]]",
        'my_strokes = "7"',
    ],
}
