"""The benchmark counts, compares and reports as it says; no test asserts a time."""

import json
import math

import keras
import numpy as np
import pytest
from PIL import Image

from utils.commands import bench
from utils.commands.bench import gans, photos, runner
from utils.commands.bench.autoencoders import take_steps
from utils.commands.bench.classifiers import race
from utils.commands.bench.gans import build_gan, kernels, multiply_adds, take_turns
from utils.commands.bench.parts import PARTS, Part
from utils.commands.bench.plot import GRAY, draw
from utils.commands.bench.report import format_growth, format_table, summarize
from utils.commands.bench.several import step_with
from utils.from_lessons import build_conv_discriminator, picture_layers
from utils.plots import BLUE

MACHINE = {"cpu": "a CPU", "tensorflow": "2.20"}


def test_a_step_of_the_gan_is_counted_as_by_hand():
    generator, discriminator = [(2, 3), (3, 4)], [(4, 3), (3, 1)]  # 6 + 12, 12 + 3
    generates = 18 + 18 + 12  # forward; gradients of weights; of the second's inputs
    learns = 2 * (15 + 15 + 3)  # on real and on fake
    passes_on = 15 + 15  # forward, and back to the pixels; its weights stay
    count = generates + learns + passes_on
    assert multiply_adds(generator, discriminator, rows=7) == 7 * count
    penalty = 15 + 15 + 15 + 12  # forward, back, and both directions of the way back
    found = multiply_adds(generator, discriminator, rows=7, penalty_rows=2)
    assert found == 7 * count + 2 * penalty


@pytest.mark.parametrize("penalty", [0.0, 0.5])
def test_the_bound_counts_no_work_that_tensorflow_does_without(penalty):
    """It may leave out what XLA drops of the graph, but must not invent any."""
    import tensorflow as tf

    gan = build_gan(penalty=penalty)
    batch = tf.TensorSpec((32, 784))
    graph = tf.function(gan.train_step).get_concrete_function(batch).graph
    done = 0
    for op in graph.get_operations():
        if op.type == "MatMul":
            a, b = (tensor.shape.as_list() for tensor in op.inputs)
            columns = b[0] if op.get_attr("transpose_b") else b[1]
            done += math.prod(a) * columns
    networks = kernels(gan.generator), kernels(gan.discriminator)
    assert 0.75 < multiply_adds(*networks, 32, 16 if penalty else 0) / done <= 1


@pytest.fixture
def part():
    does = {"baseline": "usual", "course": "ours", "mixed": "on a GPU"}
    cases = {name: (words, dict) for name, words in does.items()}
    goals = [("course", "ratio", "at most", 0.7), ("course", "seconds", "at most", 4)]
    return Part("A part", "seconds", cases, goals)


def runs(baseline, course):
    """Figures as cases return them, of rounds of these seconds."""
    usual = [{"seconds": seconds} for seconds in baseline]
    ours = [{"seconds": s, "epochs": 2, "device": "CPU"} for s in course]
    absent = [{"not measured": "no GPU"}]
    return {"baseline": usual or absent, "course": ours, "mixed": absent}


def test_rows_hold_medians_ratio_and_verdicts(part):
    usual, ours, absent = summarize(part, runs([10, 14, 11], [5, 6, 4]))
    assert (usual.median, usual.values) == (11, [10, 14, 11])
    assert ours.medians == {"seconds": 5, "epochs": 2, "ratio": 5 / 11}
    assert ours.verdicts == ["ratio at most 0.7: reached", "seconds at most 4: MISSED"]
    assert "no GPU" in absent.note and not absent.medians
    _, ours, _ = summarize(part, runs([], [5, 6, 4]))  # without the baseline
    assert "ratio" not in ours.medians and ours.verdicts[0].endswith("not measured")


def test_what_was_not_measured_is_never_a_number(part, tmp_path, monkeypatch):
    monkeypatch.setitem(PARTS, "dense", part)
    parts = {"dense": summarize(part, runs([10], [5]))}
    result = {"machine": MACHINE, "parts": parts, "growth": {}}
    lines = format_table(result).splitlines()
    (line,) = [line for line in lines if "on a GPU" in line]
    assert line.split() == "dense on a GPU not measured: no GPU".split()
    assert any("0.500" in line and "ours" in line for line in lines)
    draw(result, tmp_path / "bench.png")
    image = np.asarray(Image.open(tmp_path / "bench.png").convert("RGB"))
    for color in (GRAY, BLUE):  # a bar of each
        rgb = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
        assert (image == rgb).all(axis=-1).sum() > 1000


def test_growth_is_reported_with_its_slope(tmp_path):
    curve = {"sizes": [10, 100, 1000], "seconds": [1, 10, 100], "memory": [1, 2, 3]}
    growth = {"samples": curve, "gan": {"not measured": "failed: x"}}
    text = format_growth(growth)
    assert "slope 1.00, at the end 1.00" in text and "MB: 1, 2, 3" in text
    assert "not measured: failed: x" in text
    draw({"machine": MACHINE, "parts": {}, "growth": growth}, tmp_path / "bench.png")
    assert (tmp_path / "bench.png").exists()


def test_an_unknown_part_is_named(capsys, tmp_path):
    with pytest.raises(SystemExit, match="2"):
        bench.main(["--only", "gan", "gans", "--build", str(tmp_path / "b")])
    assert "'gans'" in capsys.readouterr().err
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize("seconds", [1.0, runner.LONG_S + 1])
def test_cases_run_in_turns_unless_they_cannot_or_take_long(monkeypatch, part, seconds):
    called = []

    def run(_, case, folder):
        called.append(case)
        times = {"baseline": {"seconds": seconds}, "mixed": {"not measured": "no GPU"}}
        return times.get(case, {"seconds": 1.0})

    monkeypatch.setattr(runner, "call_in_new_process", run)
    found = runner.measure("dense", part, "folder", rounds=2)
    again = ["baseline", "course"] if seconds == 1 else ["course"]
    assert called == ["baseline", "course", "mixed", *again]
    assert [len(figures) for figures in found.values()] == [len(again), 2, 1]


def test_a_failure_is_a_reason_and_not_a_crash(tmp_path):
    found = runner.call_in_new_process("dense", "no_such_case", str(tmp_path))
    assert found == {"not measured": "failed: KeyError: 'no_such_case'"}


def test_without_mnist_there_is_no_transfer(monkeypatch):
    monkeypatch.setenv("DIGITS", "drawn")
    reason = runner.call("transfer", "from_mnist")["not measured"]
    assert "MNIST" in reason and "drawn digits" in reason


def test_the_race_ends_where_the_goal_is_reached():
    figures = race([5.0, 6.0, 7.0], [0.985, 0.9901, 0.9889])
    assert figures["seconds"] == 11 and figures["whole recipe (s)"] == 18
    assert figures["accuracy"] == 0.9889 and not figures["note"]
    missed = race([5.0, 6.0], [0.985, 0.989])
    assert missed["seconds"] == 11 and "99.0%" in missed["note"]


@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights")
@pytest.mark.parametrize("both_learn", [False, True])
def test_the_usual_loop_trains_the_generator_alone_unless_mended(both_learn):
    images = np.random.default_rng(0).random((300, 784), "float32")
    turn, *networks = take_turns(images, both_learn)
    before = [network.get_weights()[0] for network in networks]
    turn()
    pairs = zip(before, networks, strict=True)
    moved = [np.abs(old - new.get_weights()[0]).max() > 1e-5 for old, new in pairs]
    assert moved == [True, both_learn]


@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights")
def test_both_cases_of_the_convolutional_gan_train(monkeypatch):
    images = np.random.default_rng(0).random((300, 28, 28), "float32")
    monkeypatch.setattr(gans, "load_images", lambda: (images, np.zeros(300, int)))
    assert gans.class_course(steps=2)["steps per second"] > 0
    generator = keras.Sequential([keras.Input((100,)), *picture_layers(8)])
    networks = generator, build_conv_discriminator()
    turn, *_ = take_turns(images[..., None], networks=networks)
    before = generator.get_weights()[0]
    turn()
    assert np.abs(before - generator.get_weights()[0]).max() > 1e-5


@pytest.mark.parametrize("compiled", [False, True])
def test_the_usual_step_trains_both_halves_of_the_vae(compiled):
    images = np.random.default_rng(0).random((300, 28, 28), "float32")
    step, vae = take_steps(images, compiled)
    before = [half.get_weights()[0] for half in vae.layers]
    step()
    for old, half in zip(before, vae.layers, strict=True):
        assert np.abs(old - half.get_weights()[0]).max() > 1e-5


def test_two_workers_give_their_steps_per_second(monkeypatch):
    monkeypatch.setenv("DIGITS", "drawn")
    assert step_with(2, steps=3, batch_size=8)["steps per second"] > 0


def test_a_cheap_part_runs_from_end_to_end(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("DIGITS", "drawn")
    options = ["--only", "digits", "--rounds", "1", "--build", str(tmp_path)]
    assert bench.main(options) == 0
    result = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    medians = {row["case"]: row["medians"] for row in result["parts"]["digits"]}
    refused = {case for case, found in medians.items() if not found}
    assert refused == {"npz", "idx"}  # drawn digits are no MNIST
    assert medians["drawn"]["ratio"] > 0
    few, many = (medians[case]["peak memory (MB)"] for case in ("drawn", "all_drawn"))
    assert few < many
    machine = result["machine"]
    assert machine["tensorflow"].startswith("2.") and machine["ram_gb"] > 1
    assert "CPU" in machine["devices"]
    assert "70,000 drawn" in capsys.readouterr().out
    assert (tmp_path / "bench.png").exists()


def test_photos_are_read_at_once_and_in_batches(tmp_path, monkeypatch):
    monkeypatch.setenv("DIGITS", "drawn")
    monkeypatch.setenv("BENCH_FOLDER", str(tmp_path))
    monkeypatch.setattr(photos, "COUNT", 12)
    photos.write_folder()
    for found in (photos.read_whole(), photos.stream(), photos.stream(cached=True)):
        assert found["images per second"] > 0
