"""Typical wrong answers to the exercises of lesson 08: no check may accept one."""

MISTAKES = {
    1: [
        # loses the aspect
        "def fitted_size(height, width):\n    return [20, 20]",
        # fits the height only
        "def fitted_size(height, width):\n"
        "    return [20, max(1, round(20 * width / height))]",
        # width first
        "def fitted_size(height, width):\n"
        "    scale = 20 / max(height, width)\n"
        "    return [max(1, round(scale * side)) for side in (width, height)]",
        # a thin digit vanishes
        "def fitted_size(height, width):\n"
        "    scale = 20 / max(height, width)\n"
        "    return [round(scale * side) for side in (height, width)]",
        # cuts off instead of rounding
        "def fitted_size(height, width):\n"
        "    scale = 20 / max(height, width)\n"
        "    return [max(1, int(scale * side)) for side in (height, width)]",
        # fills the whole image
        "def fitted_size(height, width):\n"
        "    scale = 28 / max(height, width)\n"
        "    return [max(1, round(scale * side)) for side in (height, width)]",
        # not whole
        "def fitted_size(height, width):\n"
        "    scale = 20 / max(height, width)\n"
        "    return [scale * height, scale * width]",
    ],
    2: [
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
    3: ['choice = "a"', 'choice = "c"', 'choice = "1"'],
    4: [
        # digits instead of answers
        "def read_folder(folder):\n"
        "    return {file.name: recognizer.recognize(file).digit"
        " for file in Path(folder).iterdir()}",
        # whole paths
        "def read_folder(folder):\n"
        "    return {str(file): recognizer.recognize(file).answer"
        " for file in Path(folder).iterdir()}",
        # no names
        "def read_folder(folder):\n"
        "    return [recognizer.recognize(file).answer"
        " for file in Path(folder).iterdir()]",
        # the naive way
        "def read_folder(folder):\n"
        "    found = {}\n"
        "    for file in Path(folder).iterdir():\n"
        "        image = naive(np.asarray(Image.open(file).convert('L')))\n"
        "        found[file.name] = recognizer.recognize_image(image).answer\n"
        "    return found",
        # one file only
        "def read_folder(folder):\n"
        "    file = next(Path(folder).iterdir())\n"
        "    return {file.name: recognizer.recognize(file).answer}",
    ],
}
