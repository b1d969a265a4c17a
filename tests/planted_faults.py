"""Plant silent faults, one at a time in a copy, and see whether the tests catch them.

    python tests/planted_faults.py             all faults, some minutes
    python tests/planted_faults.py gan photo   those whose names hold one of the words

A silent fault raises no error by itself: a network that never learns, labels out of
step, a sign turned round. Each is planted in a copy of the course, then the tests of
that part run there. The table says which test noticed first; the exit status is 1 if
a fault went unnoticed.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Fault:
    """A change of one place that no error gives away.

    Attributes:
        name: what is wrong, in words.
        file: where, from the course's top folder; a notebook's code cells count.
        right: the code as it is: it must stand there exactly once.
        wrong: what replaces it.
        tests: arguments for pytest, those of the part.
    """

    name: str
    file: str
    right: str
    wrong: str
    tests: str


def lesson(number: str) -> str:
    """The arguments for pytest that run one lesson, its quick form, exercises tried."""
    return f"tests/lessons/test_lessons.py -k papermill and {number}_"


FAULTS = [
    Fault(
        "01: the rule is read the wrong way round",
        "notebooks/01_tensors_as_images.ipynb",
        "np.where(ink(images) < threshold, 1, 0)",
        "np.where(ink(images) < threshold, 0, 1)",
        lesson("01"),
    ),
    Fault(
        "01: test labels out of step by one",
        "notebooks/01_tensors_as_images.ipynb",
        "y_test = digits.y_test",
        "y_test = np.roll(digits.y_test, 1)",
        lesson("01"),
    ),
    Fault(
        "01: the worst border is learned, not the best",
        "notebooks/01_tensors_as_images.ipynb",
        "learned = borders[accuracies.argmax()]",
        "learned = borders[accuracies.argmin()]",
        lesson("01"),
    ),
    Fault(
        "01: the farthest mean digit is taken for the nearest",
        "notebooks/01_tensors_as_images.ipynb",
        "(distances.argmin(axis=1) == y_test)",
        "(distances.argmax(axis=1) == y_test)",
        lesson("01"),
    ),
    Fault(
        "02: training labels out of step by one",
        "notebooks/02_first_classifier.ipynb",
        "y_train = digits.y_train[:TRAIN_SIZE]",
        "y_train = np.roll(digits.y_train[:TRAIN_SIZE], 1)",
        lesson("02"),
    ),
    Fault(
        "02: the network never learns",
        "notebooks/02_first_classifier.ipynb",
        'optimizer="adam",',
        "optimizer=keras.optimizers.SGD(0.0),",
        lesson("02"),
    ),
    Fault(
        "03: the network walks uphill",
        "notebooks/03_how_it_learns.ipynb",
        "network[name] -= learning_rate * slopes[name]",
        "network[name] += learning_rate * slopes[name]",
        lesson("03"),
    ),
    Fault(
        "03: the way back forgets ReLU",
        "notebooks/03_how_it_learns.ipynb",
        "d_hidden = d_active * (hidden > 0)  # ReLU lets through what was positive",
        "d_hidden = d_active",
        lesson("03"),
    ),
    Fault(
        "04: training labels out of step by one",
        "notebooks/04_convolutional_network.ipynb",
        "x_train, y_train = x[:TRAIN_SIZE], digits.y_train[:TRAIN_SIZE]",
        "x_train = x[:TRAIN_SIZE]\ny_train = np.roll(digits.y_train[:TRAIN_SIZE], 1)",
        lesson("04"),
    ),
    Fault(
        "04: the learning rate stays at 0",
        "notebooks/04_convolutional_network.ipynb",
        "warmup_target=peak",
        "warmup_target=0.0",
        lesson("04"),
    ),
    Fault(
        "04: the CNN has lost its dropout",
        "notebooks/04_convolutional_network.ipynb",
        'keras.layers.Dropout(dropout, name="dropout"),\n',
        'keras.layers.Activation("linear", name="dropout"),\n',
        "tests/test_from_lessons.py",
    ),
    Fault(
        "05: the generator is never updated",
        "notebooks/05_mlp_gan.ipynb",
        "gan.g_optimizer.apply(gradients, weights)",
        "gradients = list(gradients)",
        lesson("05"),
    ),
    Fault(
        "05: the discriminator is never updated",
        "notebooks/05_mlp_gan.ipynb",
        "gan.d_optimizer.apply(tape.gradient(loss, weights), weights)",
        "tape.gradient(loss, weights)",
        lesson("05"),
    ),
    Fault(
        "05: the generator's loss has the wrong sign",
        "notebooks/05_mlp_gan.ipynb",
        "return bce(tf.ones_like(fake_logits), fake_logits)",
        "return -bce(tf.ones_like(fake_logits), fake_logits)",
        lesson("05"),
    ),
    Fault(
        "05: real and fake are swapped in the discriminator's loss",
        "notebooks/05_mlp_gan.ipynb",
        "loss = discriminator_loss(real_logits, fake_logits)",
        "loss = discriminator_loss(fake_logits, real_logits)",
        lesson("05"),
    ),
    Fault(
        "05: the same noise in every step",
        "notebooks/05_mlp_gan.ipynb",
        "z = keras.random.normal(shape, seed=self.seed_generator)",
        "z = keras.random.normal(shape, seed=0)",
        "tests/test_from_lessons.py",
    ),
    Fault(
        "06: the least confident answers are given, the others withheld",
        "notebooks/06_evaluate_classifiers.ipynb",
        'given = confidence["cnn"] >= threshold',
        'given = confidence["cnn"] < threshold',
        lesson("06"),
    ),
    Fault(
        "06: the networks are measured on labels out of step",
        "notebooks/06_evaluate_classifiers.ipynb",
        "right[name] = logits.argmax(axis=1) == y_test",
        "right[name] = logits.argmax(axis=1) == np.roll(y_test, 1)",
        lesson("06"),
    ),
    Fault(
        "07: the baseline is measured in place of the final generator",
        "notebooks/07_evaluate_generators.ipynb",
        'contestants = {"final": generators.final,',
        'contestants = {"final": generators.baseline,',
        lesson("07"),
    ),
    Fault(
        "07: the real digits are compared with themselves",
        "notebooks/07_evaluate_generators.ipynb",
        'sets["real"] = x_test[order[SAMPLES : 2 * SAMPLES]]',
        'sets["real"] = x_test[order[:SAMPLES]]',
        lesson("07"),
    ),
    Fault(
        "08: the strokes keep their place and are not centred",
        "notebooks/08_own_handwriting.ipynb",
        "return place(ink, 14 - row, 14 - column)",
        "return place(ink, 4, 4)",
        "tests/handwriting/test_preparation.py",
    ),
    Fault(
        "08: ink and paper are exchanged",
        "notebooks/08_own_handwriting.ipynb",
        "return 1 - picture if skewness > 0 else picture",
        "return picture if skewness > 0 else 1 - picture",
        lesson("08"),
    ),
    Fault(
        "08: test labels out of step by one",
        "notebooks/08_own_handwriting.ipynb",
        "on_photos = accuracy(best, test_photos, digits.y_test[: 10 * TRIED])",
        "on_photos = accuracy(best, test_photos, digits.y_test[1 : 10 * TRIED + 1])",
        lesson("08"),
    ),
    Fault(
        "09: the scales of the quantised weights are forgotten",
        "notebooks/09_served_model.ipynb",
        "[whole * scale for whole, scale in pairs]",
        "[whole for whole, scale in pairs]",
        lesson("09"),
    ),
    Fault(
        "09: the answers over HTTP are compared with labels out of step",
        "notebooks/09_served_model.ipynb",
        "arrived = np.mean(answers == digits.y_test[tried])",
        "arrived = np.mean(answers == np.roll(digits.y_test[tried], 1))",
        lesson("09"),
    ),
    Fault(
        "10: the classes asked for are out of step with the pictures",
        "notebooks/10_convolutional_gan.ipynb",
        "y_train = one_hot[digits.y_train[:55_000]]",
        "y_train = one_hot[np.roll(digits.y_train[:55_000], 1)]",
        lesson("10"),
    ),
    Fault(
        "10: all ten outputs count, not only that of the class",
        "notebooks/10_convolutional_gan.ipynb",
        "tf.reduce_sum(outputs * wanted,",
        "tf.reduce_sum(outputs,",
        "tests/test_from_lessons.py",
    ),
    Fault(
        "10: the generator wants its fakes recognised",
        "notebooks/10_convolutional_gan.ipynb",
        "g_loss = self.g_loss(class_logits(self, fake, wanted))",
        "g_loss = self.g_loss(-class_logits(self, fake, wanted))",
        lesson("10"),
    ),
    Fault(
        "10: the averaged weights are never handed over",
        "notebooks/10_convolutional_gan.ipynb",
        "    gan.g_optimizer.finalize_variable_values(generator.trainable_variables)\n",
        "",
        lesson("10"),
    ),
    Fault(
        "10: the repair network keeps the hole and loses what is known",
        "notebooks/10_convolutional_gan.ipynb",
        "known + hole * last(values)",
        "known + (1 - hole) * last(values)",
        lesson("10"),
    ),
    Fault(
        "holes: repairs are scored outside of the holes, too",
        "utils/holes.py",
        "np.stack(maps)[hole].mean()",
        "np.stack(maps).mean()",
        "tests/test_holes.py",
    ),
    Fault(
        "11: the VAE rewards clouds far from the standard one",
        "notebooks/11_autoencoders.ipynb",
        "loss = pixels + self.beta * keras.ops.mean(kl)",
        "loss = pixels - 0.01 * self.beta * keras.ops.mean(kl)",
        lesson("11"),
    ),
    Fault(
        "11: the VAE's pixels count as a mean, so that its clouds collapse",
        "notebooks/11_autoencoders.ipynb",
        "pixels = 784 * pixel_loss(images, pictures)",
        "pixels = pixel_loss(images, pictures)",
        lesson("11"),
    ),
    Fault(
        "11: the autoencoder's targets are out of step",
        "notebooks/11_autoencoders.ipynb",
        "autoencoder.fit(x_train, x_train, batch",
        "autoencoder.fit(x_train, np.roll(x_train, 1, axis=0), batch",
        lesson("11"),
    ),
    Fault(
        "11: the VAE is never updated",
        "notebooks/11_autoencoders.ipynb",
        "self.optimizer.apply(tape.gradient(loss, weights), weights)",
        "tape.gradient(loss, weights)",
        lesson("11"),
    ),
    Fault(
        "11: the gradient does not pass the noise",
        "notebooks/11_autoencoders.ipynb",
        "z = mean + keras.ops.exp(log_var / 2) * noise",
        "z = keras.ops.stop_gradient(mean + keras.ops.exp(log_var / 2) * noise)",
        lesson("11"),
    ),
    Fault(
        "11: digits and others are exchanged",
        "notebooks/11_autoencoders.ipynb",
        "is_other = np.repeat([0, 1], TRIED)",
        "is_other = np.repeat([1, 0], TRIED)",
        lesson("11"),
    ),
    Fault(
        "12: the writer's mask is forgotten",
        "notebooks/12_attention.ipynb",
        "use_causal_mask=causal",
        "use_causal_mask=False",
        lesson("12"),
    ),
    Fault(
        "12: training labels out of step by one",
        "notebooks/12_attention.ipynb",
        "x_train, y_train = x[:TRAIN_SIZE], digits.y_train[:TRAIN_SIZE]",
        "x_train = x[:TRAIN_SIZE]\ny_train = np.roll(digits.y_train[:TRAIN_SIZE], 1)",
        lesson("12"),
    ),
    Fault(
        "12: the writer learns to repeat a token, not to continue",
        "notebooks/12_attention.ipynb",
        "asked, next_one = sequences[:, :-1], sequences[:, 1:]",
        "asked, next_one = sequences[:, :-1], sequences[:, :-1]",
        lesson("12"),
    ),
    Fault(
        "12: positions are learned and never added",
        "notebooks/12_attention.ipynb",
        "return x + self.table",
        "return x",
        lesson("12"),
    ),
    Fault(
        "12: the logits are multiplied by the temperature",
        "notebooks/12_attention.ipynb",
        "tf.random.categorical(logits / temperature, 1)",
        "tf.random.categorical(logits * temperature, 1)",
        "tests/test_from_lessons.py",
    ),
    Fault(
        "digits: tokens have their rows and columns exchanged",
        "utils/digits/pen_tokens.py",
        "strokes[-1].append((column, row))",
        "strokes[-1].append((row, column))",
        "tests/digits/test_pen_tokens.py",
    ),
    Fault(
        "serve: one worker takes all connections",
        "utils/commands/serve.py",
        "        for _ in range(options.workers):\n",
        "        for _ in range(1):\n",
        "tests/handwriting/test_server.py -k workers",
    ),
    Fault(
        "measures: the Fréchet distance forgets the covariances' common part",
        "utils/measures.py",
        "- 2 * roots.sum()",
        "- roots.sum()",
        "tests/test_measures.py",
    ),
    Fault(
        "measures: precision and recall are exchanged",
        "utils/measures.py",
        "return _fraction_covered(fake, real, k), _fraction_covered(real, fake, k)",
        "return _fraction_covered(real, fake, k), _fraction_covered(fake, real, k)",
        "tests/test_measures.py",
    ),
    Fault(
        "saved models: a substitute learns from the validation images",
        "utils/saved_models.py",
        "count = len(digits.x_train) - VALIDATION_IMAGES\n    x, y",
        "count = len(digits.x_train)\n    x, y",
        "tests/test_saved_models.py",
    ),
    Fault(
        "saved models: every checkpoint is the last generator",
        "utils/saved_models.py",
        "found[goal], done = averaged(gan), goal",
        "found[goal], done = gan.generator, goal",
        "tests/test_saved_models.py",
    ),
    Fault(
        "13: the letters' labels are out of step in pretraining",
        "notebooks/13_own_images.ipynb",
        "train(network, x_signs, y_signs, EPOCHS)",
        "train(network, x_signs, np.random.permutation(y_signs), EPOCHS)",
        lesson("13"),
    ),
    Fault(
        "13: the stream keeps every batch",
        "notebooks/13_own_images.ipynb",
        "for images, labels in whole:",
        "for images, labels in list(whole):",
        lesson("13"),
    ),
    Fault(
        "13: the frozen backbone's features are of other photos",
        "notebooks/13_own_images.ipynb",
        "f_pool = backbone.predict(x_pool, batch_size=100, verbose=0)",
        "f_pool = backbone.predict(x_pool[::-1], batch_size=100, verbose=0)",
        lesson("13"),
    ),
    Fault(
        "13: photos lie in the folders of other digits",
        "utils/handwriting/photo_folders.py",
        "enumerate(zip(images, names, strict=True))",
        "enumerate(zip(images, names[::-1], strict=True))",
        "tests/handwriting/test_photo_folders.py",
    ),
    Fault(
        "13: a broken photo is passed over in silence",
        "utils/handwriting/photo_folders.py",
        'left_out.append(f"{file.parent.name}/{file.name}: {error}")',
        "error.args",
        "tests/handwriting/test_photo_folders.py",
    ),
    Fault(
        "13: a phone's photo stays on its side",
        "utils/handwriting/image_files.py",
        "image = ImageOps.exif_transpose(image)",
        "image = image.copy()",
        "tests/handwriting/test_photo_folders.py",
    ),
    Fault(
        "digits: drawn labels out of step with their images",
        "utils/digits/drawing.py",
        "drawn = _draw_block(np.random.default_rng(key))",
        "drawn = _draw_block(np.random.default_rng(key))\n"
        "        drawn = drawn[0], np.roll(drawn[1], 1)",
        "tests/digits/test_drawing.py",
    ),
    Fault(
        "checks: a wrong number is accepted",
        "utils/checks.py",
        "    if not wrong.any():\n",
        "    if not wrong.all():\n",
        "tests/test_checks.py",
    ),
    Fault(
        "handwriting: a photo's orientation is ignored",
        "utils/handwriting/image_files.py",
        "image = ImageOps.exif_transpose(image)",
        "image = image.copy()",
        "tests/handwriting/test_image_files.py",
    ),
    Fault(
        "handwriting: uncertain answers are given",
        "utils/handwriting/recognizer.py",
        "if probabilities[digit] < CONFIDENCE_THRESHOLD:",
        "if probabilities[digit] < 0:",
        "tests/handwriting/test_recognizer.py",
    ),
    Fault(
        "handwriting: numbers up to 255 are not divided",
        "utils/handwriting/schema.py",
        "(np.array(self.image) / self.max)",
        "(np.array(self.image) / 1)",
        "tests/handwriting/test_server.py",
    ),
    Fault(
        "handwriting: the pad draws white on white",
        "utils/handwriting/pad.py",
        "draw.circle((x, y), radius, fill=0)",
        "draw.circle((x, y), radius, fill=255)",
        "tests/handwriting/test_pad.py",
    ),
    Fault(
        "14: each worker divides by its own images: steps twice as long",
        "notebooks/14_bigger.ipynb",
        "tf.reduce_sum(losses) / batch_size",
        "tf.reduce_mean(losses)",
        "tests/test_from_lessons.py",
    ),
    Fault(
        "14: both workers take the first half of each batch",
        "utils/workers.py",
        "begin = step * options.batch_size + index * size",
        "begin = step * options.batch_size",
        "tests/test_workers.py",
    ),
    Fault(
        "14: the backup keeps the weights and forgets the optimiser",
        "utils/workers.py",
        "tf.train.Checkpoint(model=model, optimizer=optimizer)",
        "tf.train.Checkpoint(model=model)",
        "tests/test_workers.py",
    ),
    Fault(
        "14: a worker's gradient is thrown away: equal weights, nothing learned",
        "notebooks/14_bigger.ipynb",
        "optimizer.apply(tape.gradient(loss, weights), weights)",
        "tape.gradient(loss, weights)",
        lesson("14"),
    ),
    Fault(
        "14: labels of the workers' data out of step by one",
        "notebooks/14_bigger.ipynb",
        "labels=y_train[: STEPS * 256])",
        "labels=y_train[1 : STEPS * 256 + 1])",
        lesson("14"),
    ),
    Fault(
        "14: members and strangers exchanged",
        "notebooks/14_bigger.ipynb",
        "is_member = np.repeat([1, 0], 500)",
        "is_member = np.repeat([0, 1], 500)",
        lesson("14"),
    ),
]


def copy_course(target: Path) -> None:
    """Copy what git tracks or would track: no environment, no builds, no data."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    found = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True)
    for name in filter(None, found.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def change(fault: Fault, course: Path) -> str:
    """Return the text of the fault's file in this course with the one place changed.

    Raises:
        LookupError: the right code does not stand there exactly once.
    """
    path = course / fault.file
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        count, text = text.count(fault.right), text.replace(fault.right, fault.wrong)
    else:
        notebook, count = json.loads(text), 0
        for cell in notebook["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "code" and fault.right in source:
                count += source.count(fault.right)
                cell["source"] = source.replace(fault.right, fault.wrong)
        text = json.dumps(notebook)
    if count != 1:
        raise LookupError(f"{fault.name}: {count} places in {fault.file}, expected 1")
    return text


def plant(fault: Fault, course: Path) -> None:
    """Change the one place, there and in what later lessons use of it."""
    path = course / fault.file
    path.write_text(change(fault, course), encoding="utf-8")
    if path.suffix == ".ipynb":
        command = [sys.executable, "-m", "utils", "lessons"]
        subprocess.run(command, cwd=course, check=True, capture_output=True)


def run_tests(tests: str, course: Path) -> tuple[bool, str]:
    """Run a part's tests in the copy; return whether one failed, and which first."""
    paths, _, words = tests.partition(" -k ")
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    command += paths.split() + (["-k", words] if words else [])
    env = os.environ | {"PYTHONPATH": str(course)}
    done = subprocess.run(command, cwd=course, env=env, capture_output=True, text=True)
    if done.returncode not in (0, 1):  # no test was found, or pytest could not run
        raise RuntimeError(f"{' '.join(command)}: {done.stdout[-500:]}")
    first = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    return done.returncode == 1, first[1].rpartition("/")[2] if first else ""


def main(arguments: Sequence[str]) -> int:
    """Plant the faults one by one and print the table; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("words", nargs="*", help="only faults with such a word")
    words = parser.parse_args(arguments).words
    chosen = [f for f in FAULTS if not words or any(w in f.name for w in words)]
    missed = 0
    for number, fault in enumerate(chosen, start=1):
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            copy_course(Path(folder))
            plant(fault, Path(folder))
            caught, test = run_tests(fault.tests, Path(folder))
        missed += not caught
        seconds = time.perf_counter() - began
        verdict = f"caught by {test}" if caught else "NOT CAUGHT"
        print(f"{number:2} {seconds:4.0f} s  {fault.name}: {verdict}", flush=True)
    print(f"{len(chosen) - missed} of {len(chosen)} faults caught")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
