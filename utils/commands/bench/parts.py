"""The parts of the benchmark: the cases, the figure that decides, the goals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from utils.commands.bench import classifiers, digit_files, gans, lesson_runs
from utils.digits.drawing import draw_digits
from utils.digits.mnist import IDX

# cases that are not the course's way, but found on the web; drawn in gray
USUAL = {"baseline", "correct", "compiled", "xla", "torch"}


@dataclass(frozen=True)
class Part:
    """One comparison, of what the figure named here says."""

    title: str  # for the plot
    figure: str  # as cases name it
    cases: dict[str, tuple[str, Callable[[], dict]]]  # what each does, and a function
    # a case, a figure or the "ratio" to the baseline, "at most" or "at least", a number
    goals: Sequence[tuple[str, str, str, float]] = ()
    prepare: Callable[[], None] | None = None  # called before, in its own process


def case(does: str, run: Callable, *args, **options) -> tuple[str, Callable]:
    """Return an entry of `Part.cases`: a text, and a function with its arguments."""
    return does, partial(run, *args, **options)


def digits(does: str, job: Callable, *args, count: int = 70_000):
    """Return a case that reads or draws this many digits."""
    return case(does, digit_files.read_or_draw, partial(job, *args), count)


PARTS = {
    "dense": Part(
        "Dense and Dropout, 10 epochs",
        "seconds",
        {
            "baseline": case("plain Keras fit", classifiers.dense, plain=True),
            "course": case("lesson 02", classifiers.dense),
        },
        goals=[("course", "ratio", "at most", 0.7)],
    ),
    "cnn": Part(
        "CNN to 99.0 %",
        "seconds",
        {
            "baseline": case("plain recipe, 5 epochs", classifiers.cnn_baseline),
            "course": case("lesson 03's fastest path", classifiers.cnn_course),
            "mixed": case("mixed precision", classifiers.cnn_course, "mixed_float16"),
            "torch": case("PyTorch's MNIST example", classifiers.cnn_torch),
        },
        goals=[("course", "ratio", "at most", 0.2)],
    ),
    "gan": Part(
        "MLP GAN step, batch 128",
        "steps per second",
        {
            "baseline": case("usual loop: predict, train_on_batch", gans.usual_loop),
            "correct": case("the same, both learning", gans.usual_loop, True),
            "compiled": case("compiled step", gans.compiled),
            "xla": case("compiled with XLA", gans.compiled, xla=True),
            "course": case("lesson 04", gans.course),
            "mixed": case("mixed precision", gans.course, "mixed_bfloat16"),
        },
        goals=[
            ("course", "ratio", "at least", 3.3),
            ("course", "share of bound", "at least", 0.75),
        ],
    ),
    "digits": Part(
        "Digits",
        "images per second",
        {
            "baseline": digits("npz by NumPy", digit_files.read_plainly),
            "npz": digits("npz, checked", digit_files.read_checked, ["mnist.npz"]),
            "idx": digits("MNIST's own files", digit_files.read_checked, IDX.values()),
            "drawn": digits("12,000 drawn", draw_digits, 12_000, count=12_000),
            "all_drawn": digits("70,000 drawn", draw_digits, 70_000),
        },
        prepare=digit_files.write_files,
    ),
    "run": Part(
        "Headless run of lesson 01, quick",
        "seconds",
        {
            "baseline": case("bare nbconvert", lesson_runs.run_by_nbconvert),
            "course": case("make run, with pages", lesson_runs.run_by_the_course),
        },
        goals=[("course", "ratio", "at most", 1.03)],
        prepare=lesson_runs.write_quick_lesson,
    ),
    "start": Part(
        "Start: kernel to first plot",
        "seconds",
        {
            "baseline": case(
                "TensorFlow imported first",
                lesson_runs.run_to_first_plot,
                "import keras, tensorflow",
            ),
            "course": case("lesson 01", lesson_runs.run_to_first_plot),
        },
        goals=[("course", "seconds", "at most", 2.0)],
    ),
    "transfer": Part(
        "Trained on some digits, tested on others",
        "accuracy",
        {
            "from_drawn": case("drawn → MNIST's test set", classifiers.from_drawn),
            "from_mnist": case("MNIST → drawn", classifiers.from_mnist),
        },
        goals=[
            ("from_drawn", "accuracy", "at least", 0.97),
            ("from_mnist", "accuracy", "at least", 0.95),
            ("from_drawn", "drawn per core second", "at least", 10_000),
            ("from_drawn", "MB for 12,000", "at most", 2.5),
        ],
    ),
}
