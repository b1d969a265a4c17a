"""The parts of the benchmark: the cases, the figure that decides, the goals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from utils.commands.bench import (
    autoencoders,
    classifiers,
    gans,
    lesson_runs,
    photos,
    several,
    writer,
)
from utils.commands.bench.digit_files import (
    read_checked,
    read_or_draw,
    read_plainly,
    write_files,
)
from utils.digits.drawing import draw_digits
from utils.digits.mnist import IDX

# cases that are not the course's way, but found on the web; drawn in gray
USUAL = {"baseline", "correct", "compiled", "xla", "torch", "calls"}


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


def case_of_digits(does: str, job: Callable, *args, count: int = 70_000):
    """Return a case that reads or draws this many digits."""
    return case(does, read_or_draw, partial(job, *args), count)


DENSE = {
    "baseline": case("plain Keras fit", classifiers.dense, 1),
    "course": case("the same, 50 steps per call", classifiers.dense, 50),
}
CNN = {
    "baseline": case("plain recipe, 5 epochs", classifiers.cnn_baseline),
    "course": case("lesson 04's fastest path", classifiers.cnn_course),
    "mixed": case("the same, mixed precision", classifiers.cnn_course, "mixed_float16"),
    "torch": case("PyTorch's MNIST example", classifiers.cnn_torch),
}
GAN = {
    "baseline": case("usual loop: predict, train_on_batch", gans.usual_loop),
    "correct": case("the same, both learning", gans.usual_loop, both_learn=True),
    "compiled": case("compiled step", gans.compiled),
    "xla": case("compiled with XLA", gans.compiled, xla=True),
    "course": case("lesson 05", gans.course),
    "mixed": case("lesson 05, mixed precision", gans.course, "mixed_bfloat16"),
}
CLASS_GAN = {
    "baseline": case("usual loop, without class", gans.usual_conv_loop),
    "course": case("lesson 10, with class and penalty", gans.class_course),
}
VAE = {
    "baseline": case("usual loop: a step in plain Python", autoencoders.usual_loop),
    "compiled": case("compiled step", autoencoders.usual_loop, compiled=True),
    "course": case("lesson 11", autoencoders.course),
}
WRITER = {
    "baseline": case("predict for each token", writer.sample_by_predict),
    "calls": case("the model called", writer.sample_by_calls),
    "course": case("lesson 12, compiled step", writer.course),
}
DIGITS = {
    "baseline": case_of_digits("npz by NumPy", read_plainly),
    "npz": case_of_digits("npz, checked", read_checked, ["mnist.npz"]),
    "idx": case_of_digits("MNIST's own files, checked", read_checked, IDX.values()),
    "drawn": case_of_digits("12,000 drawn", draw_digits, 12_000, count=12_000),
    "all_drawn": case_of_digits("70,000 drawn", draw_digits, 70_000),
}
PHOTOS = {
    "baseline": case("Pillow, all in one array", photos.read_whole),
    "course": case("lesson 13, in batches", photos.stream),
    "cached": case("the same, from a cache", photos.stream, cached=True),
}
RUN = {
    "baseline": case("bare nbconvert", lesson_runs.run_by_nbconvert),
    "course": case("make run", lesson_runs.run_by_the_course),
}
START = {
    "baseline": case(
        "Keras imported first", lesson_runs.run_to_first_plot, "import keras"
    ),
    "course": case("lesson 01", lesson_runs.run_to_first_plot),
}
TRANSFER = {
    "from_drawn": case("drawn → MNIST's test set", classifiers.from_drawn),
    "from_mnist": case("MNIST → drawn", classifiers.from_mnist),
}
WORKERS = {
    "baseline": case("one worker, one core", several.step_with, 1),
    "course": case("two workers, a core each", several.step_with, 2),
}
GOALS = {
    "dense": [("course", "ratio", "at most", 0.7)],
    "cnn": [("course", "ratio", "at most", 0.2)],
    "gan": [
        ("course", "ratio", "at least", 3.3),
        ("course", "share of bound", "at least", 0.75),
    ],
    "class_gan": [("course", "ratio", "at least", 2.0)],
    "vae": [("course", "ratio", "at least", 2.0)],
    "writer": [("course", "ratio", "at least", 1.5)],
    "run": [("course", "ratio", "at most", 1.03)],
    "start": [("course", "seconds", "at most", 2.0)],
    "transfer": [
        ("from_drawn", "accuracy", "at least", 0.97),
        ("from_mnist", "accuracy", "at least", 0.95),
        ("from_drawn", "drawn per core second", "at least", 10_000),
        ("from_drawn", "MB for 12,000", "at most", 2.5),
    ],
}
PARTS = {
    "dense": Part("Dense and Dropout, 10 epochs", "seconds", DENSE, GOALS["dense"]),
    "cnn": Part("CNN to 99.0 %", "seconds", CNN, GOALS["cnn"]),
    "gan": Part("MLP GAN step, batch 128", "steps per second", GAN, GOALS["gan"]),
    "class_gan": Part(
        "Convolutional GAN step, batch 64",
        "steps per second",
        CLASS_GAN,
        GOALS["class_gan"],
    ),
    "vae": Part("VAE step, batch 128", "steps per second", VAE, GOALS["vae"]),
    "writer": Part("500 digits written", "tokens per second", WRITER, GOALS["writer"]),
    "digits": Part("Digits", "images per second", DIGITS, prepare=write_files),
    "photos": Part(
        "1,000 photos", "images per second", PHOTOS, prepare=photos.write_folder
    ),
    "workers": Part("Several workers, batch 256", "steps per second", WORKERS),
    "run": Part("Headless run of lesson 01, quick", "seconds", RUN, GOALS["run"]),
    "start": Part("Start: kernel to first plot", "seconds", START, GOALS["start"]),
    "transfer": Part(
        "Trained on some digits, tested on others",
        "accuracy",
        TRANSFER,
        GOALS["transfer"],
    ),
}
