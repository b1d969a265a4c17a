"""The GAN that later lessons use is lesson 04's, trains, and resumes."""

import ast

import numpy as np
import pytest
from support.lessons import code_cells, read

from utils import gan
from utils.commands.lessons import find_lessons
from utils.digits import Digits
from utils.saved_models import model_path

# Keras asks an array for a copy in an old way when it saves; notebooks do not show it
saves = pytest.mark.filterwarnings("ignore:__array__ implementation")
SAME = ["build_generator", "build_discriminator", "discriminator_loss"]
SAME += ["generator_loss", "gradient_penalty", "Players", "GAN", "averaged"]
SAME += ["LATENT_DIM", "CURVES", "bce"]


@pytest.fixture(autouse=True)
def no_models(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_MODELS", str(tmp_path / "models"))


@pytest.fixture
def digits():
    images = np.random.default_rng(0).integers(0, 256, (600, 28, 28), np.uint8)
    labels = np.zeros(600, np.uint8)
    return Digits(images, labels, images[:9], labels[:9], "drawn digits", "noise")


def definitions(source):
    """Functions, classes and values by name, without their docstrings."""
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign):
            found[ast.unparse(node.targets[0])] = ast.dump(node.value)
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            for inner in ast.walk(node):
                if isinstance(inner, ast.FunctionDef | ast.ClassDef):
                    if ast.get_docstring(inner) is not None:
                        del inner.body[0]
            found[node.name] = ast.dump(node)
    return found


@pytest.mark.parametrize("name", SAME)
def test_it_is_what_the_lesson_writes_out(name):
    cells = code_cells(read(find_lessons(["04"])[0]))
    written = definitions("\n\n".join(cell.source for cell in cells))
    with open(gan.__file__, encoding="utf-8") as file:
        kept = definitions(file.read())
    assert kept[name] == written[name]


def made(seed=0, **options):
    gan.keras.utils.set_random_seed(seed)
    model = gan.GAN(gan.build_generator(), gan.build_discriminator(), **options)
    model.compile(a_call=2)
    return model


def fit(model, digits, epochs, callbacks=()):
    images = (digits.x_train.reshape(-1, 784) / 127.5 - 1).astype("float32")
    batches = gan.tf.data.Dataset.from_tensor_slices(images).repeat().batch(32)
    model.fit(
        batches,
        epochs=epochs,
        steps_per_epoch=2,
        callbacks=list(callbacks),
        shuffle=False,
        verbose=0,
    )
    return model


def weights(model):
    return [w.numpy() for w in model.variables]


@pytest.mark.parametrize("penalty", [0.0, 0.5])
def test_a_step_moves_both_players(digits, penalty):
    model = made(penalty=penalty)
    before = [player.get_weights() for player in (model.maker, model.judge)]
    fit(model, digits, 1)
    for old, player in zip(before, (model.maker, model.judge), strict=True):
        changes = [
            np.abs(a - b).max() for a, b in zip(old, player.get_weights(), strict=True)
        ]
        assert max(changes) > 1e-4


def test_the_generators_step_leaves_the_discriminator_alone(digits):
    """Each player's optimiser knows its own weights, and no others."""
    model = fit(made(), digits, 1)
    assert len(model.optimizer.variables) > 3 * len(model.maker.trainable_variables)
    names = {v.path for v in model.judge_optimizer.variables}
    assert len(names) == 2 + 2 * len(model.judge.trainable_variables)


@saves
def test_a_resumed_training_takes_up_all_that_the_backup_holds(digits, tmp_path):
    backup = gan.keras.callbacks.BackupAndRestore(tmp_path / "backup")

    class Stop(gan.keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    first = made()
    with pytest.raises(KeyboardInterrupt):
        fit(first, digits, 4, [backup, Stop()])
    seen = {}

    class Look(gan.keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            seen.setdefault(epoch, weights(self.model))

    second = made(seed=9)
    again = gan.keras.callbacks.BackupAndRestore(tmp_path / "backup")
    fit(second, digits, 4, [again, Look()])
    assert list(seen) == [2, 3]
    for old, new in zip(weights(first), seen[2], strict=True):
        np.testing.assert_array_equal(old, new)
    assert second.optimizer.iterations == second.judge_optimizer.iterations == 8


def test_the_average_lies_between_and_changes_nothing(digits):
    model = fit(made(), digits, 3)
    before = model.maker.get_weights()
    mean = gan.averaged(model)
    for old, new in zip(before, model.maker.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    z = np.zeros((4, gan.LATENT_DIM), "float32")
    assert np.abs(mean(z) - model.maker(z)).max() > 0
    np.testing.assert_array_equal(mean(z), gan.averaged(model)(z))


def test_generators_are_trained_where_none_were_saved(digits, capsys):
    found = gan.load_generators(digits, share=0.005)
    assert "training short ones" in capsys.readouterr().out
    assert list(found.along) == [5, 10, 20, 35]
    for generator in (found.plain, found.tuned, *found.along.values()):
        pictures = np.array(generator(np.zeros((3, 100), "float32")))
        assert pictures.shape == (3, 784) and np.abs(pictures).max() <= 1


@saves
def test_saved_generators_are_loaded(digits, capsys):
    names = ["generator", "generator_plain"]
    for name in names + [f"generator_{step}" for step in gan.ALONG]:
        gan.build_generator().save(model_path(name, digits.name))
    found = gan.load_generators(digits)
    assert capsys.readouterr().out == "" and found.note == "as lesson 04 saved them"
    assert list(found.along) == [1000, 2000, 4000, 7000]


@saves
def test_a_file_with_another_network_is_named(digits):
    for name in [
        "generator",
        "generator_plain",
        *(f"generator_{n}" for n in gan.ALONG),
    ]:
        gan.build_discriminator().save(model_path(name, digits.name))
    with pytest.raises(ValueError, match=r"generator_plain.keras: shapes .* lesson 04"):
        gan.load_generators(digits)


def test_short_trainings_take_whole_calls():
    """Keras takes `steps_per_execution` steps a call, whatever is asked for."""
    model = made()
    model.compile(a_call=gan.A_CALL)
    images = gan.tf.zeros((gan.BATCH_SIZE, 784))
    batches = gan.tf.data.Dataset.from_tensors(images).repeat()
    model.fit(batches, steps_per_epoch=7, shuffle=False, verbose=0)
    assert model.optimizer.iterations == 10 and gan.A_CALL == 5


@pytest.mark.parametrize("share", [0, 0.001, 1.5])
def test_a_share_out_of_range_is_named(digits, share):
    with pytest.raises(ValueError, match=f"share is {share}; 0.005 to 1 is allowed"):
        gan.load_generators(digits, share=share)
