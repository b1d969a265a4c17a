"""The parts of the benchmark: the cases, the figure that decides, the goals."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from utils.commands.bench.classifiers import cnn_baseline, cnn_course, cnn_torch, dense
from utils.commands.bench.digit_sources import (
    drawn,
    idx,
    npz,
    npz_by_numpy,
    write_files,
)
from utils.commands.bench.gans import compiled, course, usual_loop
from utils.commands.bench.lesson_runs import (
    by_nbconvert,
    by_the_course,
    to_first_plot,
    write_quick_lessons,
)
from utils.commands.bench.transfer import from_drawn, from_mnist

# cases that are not the course's way, but found on the web; drawn in gray
USUAL = {"baseline", "correct", "compiled", "xla", "torch"}


@dataclass(frozen=True)
class Part:
    """One comparison.

    Attributes:
        title: what is compared, for the plot.
        figure: the name of the figure that decides, as cases return it.
        cases: by name, what it does in words, and the function that does it in a
            process of its own and returns its figures.
        goals: tuples of a case, a figure, "at most" or "at least", and a number. The
            figure "ratio" is the ratio to the case named "baseline".
        prepare: what to call before, in a process of its own.
    """

    title: str
    figure: str
    cases: dict[str, tuple[str, Callable[[], dict]]]
    goals: tuple[tuple[str, str, str, float], ...] = ()
    prepare: Callable[[], None] | None = None


PARTS = {
    "dense": Part(
        "Dense and Dropout, 10 epochs",
        "seconds",
        {
            "baseline": ("plain Keras fit, batch 32", partial(dense, plain=True)),
            "course": ("lesson 02", dense),
        },
        goals=(("course", "ratio", "at most", 0.7),),
    ),
    "cnn": Part(
        "CNN to 99.0 %",
        "seconds",
        {
            "baseline": ("plain recipe, 5 epochs of batch 64", cnn_baseline),
            "course": ("lesson 03's fastest path", cnn_course),
            "mixed": (
                "the same, mixed precision",
                partial(cnn_course, "mixed_float16"),
            ),
            "torch": ("PyTorch's MNIST example", cnn_torch),
        },
        goals=(("course", "ratio", "at most", 0.2),),
    ),
    "gan": Part(
        "MLP GAN step, batch 128",
        "steps per second",
        {
            "baseline": ("usual loop: predict, train_on_batch", usual_loop),
            "correct": (
                "the same, both learning",
                partial(usual_loop, both_learn=True),
            ),
            "compiled": ("compiled step", compiled),
            "xla": ("compiled with XLA", partial(compiled, xla=True)),
            "course": ("lesson 04", course),
            "mixed": ("lesson 04, mixed precision", partial(course, "mixed_bfloat16")),
        },
        goals=(
            ("course", "ratio", "at least", 3.3),
            ("course", "share of bound", "at least", 0.75),
        ),
    ),
    "digits": Part(
        "Digits",
        "images per second",
        {
            "baseline": ("npz by NumPy", npz_by_numpy),
            "npz": ("npz, checked", npz),
            "idx": ("MNIST's own files, checked", idx),
            "drawn": ("12,000 drawn", drawn),
            "all_drawn": ("70,000 drawn", partial(drawn, 70_000)),
        },
        prepare=write_files,
    ),
    "run": Part(
        "Headless run of quick lessons",
        "seconds",
        {
            "baseline": ("bare nbconvert", by_nbconvert),
            "course": ("make run, with pages", by_the_course),
        },
        goals=(("course", "ratio", "at most", 1.03),),
        prepare=write_quick_lessons,
    ),
    "start": Part(
        "Start: kernel to first plot",
        "seconds",
        {
            "baseline": (
                "TensorFlow imported first",
                partial(to_first_plot, "import keras, tensorflow"),
            ),
            "course": ("lesson 01", to_first_plot),
        },
        goals=(("course", "seconds", "at most", 2.0),),
    ),
    "transfer": Part(
        "Trained on some digits, tested on others",
        "accuracy",
        {
            "from_drawn": ("drawn → MNIST's test set", from_drawn),
            "from_mnist": ("MNIST → drawn", from_mnist),
        },
        goals=(
            ("from_drawn", "accuracy", "at least", 0.97),
            ("from_mnist", "accuracy", "at least", 0.95),
            ("from_drawn", "drawn per core second", "at least", 10_000),
            ("from_drawn", "MB for 12,000", "at most", 2.5),
        ),
    ),
}
