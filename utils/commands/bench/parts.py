"""The parts of the benchmark: who runs against whom, what counts, and what is hoped."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Part:
    """One comparison.

    Attributes:
        title: what is compared, for table and plot.
        figure: the name of the figure that decides, as contestants return it.
        module: where their functions are, in utils.commands.bench.
        contestants: function name to what it does, in words; the first is the usual
            recipe, to which all are compared.
        others: those that are not the course's way; drawn in grey.
        rounds: how often each runs, in turns; who takes over LONG_S seconds runs once.
        prepare: a function to call before, in a process of its own; or none.
        goals: of a contestant's ratio to the usual recipe, or share of the bound: a
            function name to ("at most" or "at least", column, value).
    """

    title: str
    figure: str
    module: str
    contestants: dict[str, str]
    others: tuple[str, ...]
    rounds: int = 2
    prepare: str = ""
    goals: dict[str, list[tuple]] = field(default_factory=dict)


PARTS = {
    "dense": Part(
        "Dense and Dropout, 10 epochs",
        "seconds",
        "trainings",
        {"dense_usual": "plain Keras fit, batch 32", "dense_lesson": "lesson 02"},
        ("dense_usual",),
        goals={"dense_lesson": [("at most", "ratio", 0.7)]},
    ),
    "cnn": Part(
        "CNN to 99.0 %",
        "seconds",
        "trainings",
        {
            "cnn_usual": "plain recipe, 5 epochs of batch 64",
            "cnn_lesson": "lesson 03's fastest path",
            "cnn_mixed": "the same, mixed precision",
            "cnn_torch": "PyTorch's MNIST example",
        },
        ("cnn_usual", "cnn_torch"),
        goals={"cnn_lesson": [("at most", "ratio", 0.2)]},
    ),
    "gan": Part(
        "MLP GAN step, batch 128",
        "steps a second",
        "trainings",
        {
            "gan_usual": "usual loop: predict, train_on_batch",
            "gan_correct": "the same, both players learning",
            "gan_compiled": "compiled step",
            "gan_xla": "compiled with XLA",
            "gan_lesson": "lesson 04",
            "gan_mixed": "lesson 04, mixed precision",
        },
        ("gan_usual", "gan_correct", "gan_compiled", "gan_xla"),
        goals={
            "gan_lesson": [
                ("at least", "ratio", 3.3),
                ("at least", "share of bound", 0.75),
            ]
        },
    ),
    "digits": Part(
        "Digits",
        "images a second",
        "waiting",
        {
            "digits_usual": "npz by NumPy",
            "digits_npz": "npz, checked",
            "digits_idx": "MNIST's own files, checked",
            "digits_drawn": "12,000 drawn",
            "digits_all_drawn": "70,000 drawn",
        },
        ("digits_usual",),
        prepare="prepare_digits",
    ),
    "run": Part(
        "Headless run of quick lessons",
        "seconds",
        "waiting",
        {"headless_usual": "bare nbconvert", "headless_lesson": "make run, with pages"},
        ("headless_usual",),
        prepare="prepare_lessons",
        goals={"headless_lesson": [("at most", "ratio", 1.03)]},
    ),
    "start": Part(
        "Start: kernel to first plot",
        "seconds",
        "waiting",
        {"start_usual": "TensorFlow imported first", "start_lesson": "lesson 01"},
        ("start_usual",),
        rounds=2,
        goals={"start_lesson": [("at most", "seconds", 2.0)]},
    ),
}

# what each curve of growth is of, its axis, and what a reader should expect of it
GROWTH = {
    "images": (
        "Dense, one epoch",
        "training images",
        "1 is linear. Below it with few images: each epoch has a fixed cost.",
    ),
    "batch": (
        "Dense, epoch of 10,000",
        "batch size",
        "-1 while the call and Adam cost more than the images do, then towards 0: what "
        "a larger batch saves is work done once a step.",
    ),
    "width": (
        "Dense, epoch of 10,000",
        "neurons in the hidden layer",
        "0 while a step's fixed cost leads, then towards 1: weights grow with the "
        "width, and so does all work on them.",
    ),
    "gan": (
        "GAN step",
        "batch size",
        "Near 0 with small batches, where Adam's two million numbers and the reading "
        "of the weights lead; towards 1 with large ones.",
    ),
    "samples": (
        "measures of lesson 05",
        "samples",
        "1 for the features and the digit FID, 0 for precision and recall (of 3,000 "
        "at most); the kernel distance compares all pairs, so it tends to 2. Memory "
        "stays linear: pairs are summed a block of rows at a time.",
    ),
}
