"""The benchmark counts, compares and reports as it says; no test asserts a time."""

import json
import sys

import numpy as np
import pytest
from PIL import Image

from utils.commands.bench import NotMeasured, trainings
from utils.commands.bench import __main__ as command
from utils.commands.bench.growth import SIZES, slope
from utils.commands.bench.machine import (
    Product,
    backward,
    bound,
    dense_layers,
    describe,
    forward,
    gan_step,
    multiply_adds,
    peak_mb,
    seconds_for,
)
from utils.commands.bench.parts import GROWTH, PARTS, Part
from utils.commands.bench.report import draw, format_growth, format_table, summarise
from utils.plots import BLUE

LAYERS = [(3, 4), (4, 2)]  # 12 and 8 multiply-adds an image
MACHINE = {"cpu": "a CPU", "cores": 2, "ram_gb": 8.0, "os": "an OS", "python": "3.11"}
MACHINE |= {"tensorflow": "2.20", "torch": None, "date": "today"}


@pytest.fixture(autouse=True)
def drawn(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_MODELS", str(tmp_path / "models"))


def test_passes_are_counted_as_by_hand():
    assert multiply_adds(forward(LAYERS, 5)) == 5 * (12 + 8)
    assert multiply_adds(backward(LAYERS, 5)) == 5 * (12 + 8 + 8)
    assert multiply_adds(backward(LAYERS, 5, weights=False)) == 5 * 8
    assert multiply_adds(backward(LAYERS, 5, pictures=True)) == 5 * (12 + 8) * 2


def test_a_step_of_the_gan_is_counted_as_by_hand():
    maker, judge = [(2, 3), (3, 4)], [(4, 3), (3, 1)]  # 6 + 12 and 12 + 3
    makes = 18 + 18 + 12  # forward; slopes of weights; of the second layer's inputs
    learns = 2 * (15 + 15 + 3)  # on real and on fake
    passes_on = 15 + 15  # forward, and back to the pixels; its weights stay
    count = makes + learns + passes_on
    assert multiply_adds(gan_step(maker, judge, rows=7)) == 7 * count
    penalty = 15 + 15 + 15 + 12  # forward, back, and both directions of the way back
    products = gan_step(maker, judge, rows=7, penalty=2)
    assert multiply_adds(products) == 7 * count + 2 * penalty


def test_the_count_comes_near_the_lessons_own():
    """Lesson 04 leaves out smaller products, about 3 % in all, and says so."""
    from utils import gan

    maker, judge = map(dense_layers, (gan.build_generator(), gan.build_discriminator()))
    assert maker == [(100, 256), (256, 512), (512, 1024), (1024, 784)]
    assert judge == [(784, 512), (512, 256), (256, 1)]
    lesson = 128 * (3 * multiply_adds(forward(maker, 1)))
    lesson += 128 * (6 * multiply_adds(forward(judge, 1)))
    assert 1 < multiply_adds(gan_step(maker, judge, 128)) / lesson < 1.04


def test_the_penalty_counts_no_product_that_tensorflow_does_without():
    """A bound may leave work out, but must not invent any."""
    import tensorflow as tf

    from utils import gan

    judge = gan.build_discriminator()

    @tf.function
    def slopes(images):
        with tf.GradientTape() as tape:
            penalty = gan.gradient_penalty(judge, images)
        kernels = [w for w in judge.trainable_variables if w.name == "kernel"]
        return tape.gradient(penalty, kernels)

    graph = slopes.get_concrete_function(tf.TensorSpec((16, 784))).graph
    products = [op for op in graph.get_operations() if op.type == "MatMul"]
    layers = dense_layers(judge)
    plain = len(gan_step([], layers, 128))
    counted = len(gan_step([], layers, 128, penalty=16)) - plain
    assert counted <= len(products)


def test_all_products_are_timed():
    small, large = Product(8, 64, 64, "out"), Product(256, 512, 512, "weights")
    several = [small, large, Product(256, 512, 512, "inputs")] * 2
    assert 0 < seconds_for([small], least=0.01) < seconds_for(several, least=0.01)
    least, own = bound([small, large])
    assert least > 0 and own > 0


def test_the_machine_is_described():
    found = describe()
    assert found["cores"] >= 1 and found["tensorflow"].startswith("2.")
    assert {"cpu", "ram_gb", "os", "python", "keras", "torch", "date"} <= found.keys()
    if sys.platform != "win32":
        assert 10 < peak_mb() < 100_000


@pytest.mark.parametrize("power", [0, 1, 2])
def test_the_slope_is_the_power(power):
    sizes = np.array([10, 30, 500])
    assert slope(sizes, 3.0 * sizes**power) == pytest.approx(power)


def runs(**values):
    part = {name: [{"seconds": v} for v in found] for name, found in values.items()}
    return part | {"c": [{"not measured": "no GPU"}]}


@pytest.fixture
def part():
    does = {"a": "usual", "b_lesson": "ours", "c": "on a GPU"}
    goals = {"b_lesson": [("at most", "ratio", 0.7), ("at most", "seconds", 4)]}
    return Part("A part", "seconds", "nowhere", does, ("a",), goals=goals)


def test_rows_hold_medians_spread_ratio_and_verdicts(part):
    usual, ours, absent = summarise(part, runs(a=[10, 14, 11], b_lesson=[5, 6, 4]))
    assert (usual["median"], usual["low"], usual["high"]) == (11, 10, 14)
    assert ours["ratio"] == pytest.approx(5 / 11)
    assert ours["verdicts"] == [
        "ratio at most 0.7: reached",
        "seconds at most 4: MISSED",
    ]
    assert absent["not measured"] == "no GPU" and "median" not in absent


def test_without_the_usual_recipe_there_is_no_ratio(part):
    found = runs(b_lesson=[5, 6, 4]) | {"a": [{"not measured": "failed: x"}]}
    _, ours, _ = summarise(part, found)
    assert "ratio" not in ours and ours["verdicts"][0].endswith("not measured")


def test_what_was_not_measured_is_never_a_number(part, tmp_path, monkeypatch):
    monkeypatch.setitem(PARTS, "dense", part)
    rows = summarise(part, runs(a=[10], b_lesson=[5]))
    result = {"machine": MACHINE, "parts": {"dense": {"rows": rows}}, "growth": {}}
    lines = format_table(result).splitlines()
    (line,) = [line for line in lines if "on a GPU" in line]
    assert line.split() == "dense on a GPU not measured: no GPU".split()
    assert any("0.500" in line and "ours" in line for line in lines)
    draw(result, tmp_path / "bench.png")
    picture = np.asarray(Image.open(tmp_path / "bench.png").convert("RGB"))
    for color in ("#999999", BLUE):  # a bar of each
        rgb = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
        assert (picture == rgb).all(axis=-1).sum() > 1000


def test_growth_is_reported_with_its_slope(tmp_path):
    curve = {"sizes": [10, 100, 1000], "seconds": [1, 10, 100], "memory": [1, 2, 3]}
    growth = {"images": curve, "gan": {"not measured": "failed: x"}}
    text = format_growth(growth)
    assert "slope 1.00, at the end 1.00" in text and "not measured: failed: x" in text
    draw({"machine": MACHINE, "parts": {}, "growth": growth}, tmp_path / "bench.png")
    assert (tmp_path / "bench.png").exists()


def test_an_unknown_part_is_named(capsys, tmp_path):
    assert command.main(["--only", "gan", "gans", "--build", str(tmp_path / "b")]) == 2
    said = capsys.readouterr().err
    assert said == (
        "make bench: there is no part 'gans'; these are: "
        "dense, cnn, gan, digits, run, start, growth\n"
    )
    assert not (tmp_path / "b").exists()


def test_every_contestant_exists():
    from utils.commands.bench import growth, waiting

    modules = {"trainings": trainings, "waiting": waiting}
    for part in PARTS.values():
        for name in [*part.contestants, part.prepare]:
            assert not name or callable(getattr(modules[part.module], name))
        assert part.goals.keys() | set(part.others) <= part.contestants.keys()
    assert GROWTH.keys() == SIZES.keys()
    assert all(callable(getattr(growth, name)) for name in GROWTH)


def test_contestants_run_in_turns_and_who_cannot_runs_once(monkeypatch, part):
    called = []

    def run(module, name, folder):
        called.append(name)
        return {"not measured": "no GPU"} if name == "c" else {"seconds": 1.0}

    monkeypatch.setattr(command, "in_its_own_process", run)
    found = command.measure(part, "folder", rounds=2)
    assert called == ["a", "b_lesson", "c", "a", "b_lesson"]
    assert [len(figures) for figures in found.values()] == [2, 2, 1]


def test_who_takes_long_runs_once(monkeypatch, part):
    seconds = {"a": command.LONG_S + 1, "b_lesson": 1.0, "c": 1.0}
    monkeypatch.setattr(
        command, "in_its_own_process", lambda _, name, __: {"seconds": seconds[name]}
    )
    found = command.measure(part, "folder", rounds=2)
    assert [len(figures) for figures in found.values()] == [1, 2, 2]


def test_a_failure_is_a_reason_and_not_a_crash(tmp_path):
    found = command.in_its_own_process("trainings", "no_such_thing", str(tmp_path))
    assert found["not measured"].startswith("failed: AttributeError: module")


def test_what_cannot_run_here_says_why(monkeypatch):
    def absent():
        raise NotMeasured("PyTorch is not installed")

    monkeypatch.setattr(trainings, "cnn_torch", absent)
    assert command.call("trainings", "cnn_torch") == {
        "not measured": "PyTorch is not installed"
    }


def test_lessons_give_their_own_code():
    build, train = trainings.from_lesson("03", ["build_lean", "train"], BATCH_SIZE=8)
    assert build.__code__.co_argcount == 4 and callable(train)
    with pytest.raises(LookupError, match="02_first.* defines no build_modal"):
        trainings.from_lesson("02", ["build_modal"])


def test_the_race_ends_where_the_goal_is_reached():
    seen = [(5.0, 0.985), (10.0, 0.9901), (15.0, 0.9889)]
    figures = trainings._race(seen)
    assert figures["seconds"] == 10 and figures["whole recipe (s)"] == 15
    assert figures["accuracy"] == 0.9889 and not figures["note"]
    missed = trainings._race(seen[:1])
    assert missed["seconds"] == 5 and "99.0% not reached" in missed["note"]


@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights")
def test_both_players_learn_in_the_correct_loop():
    rng = np.random.default_rng(0)
    turn = trainings.correct_turns(rng.random((300, 784), "float32"))
    before = [player.get_weights() for player in turn.players]
    turn()
    for old, player in zip(before, turn.players, strict=True):
        pairs = zip(old, player.get_weights(), strict=True)
        assert max(np.abs(a - b).max() for a, b in pairs) > 1e-5


def test_a_cheap_part_runs_from_end_to_end(tmp_path, capsys):
    options = ["--only", "digits", "--rounds", "1", "--build", str(tmp_path)]
    assert command.main(options) == 0
    result = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    rows = result["parts"]["digits"]["rows"]
    assert [row["contestant"] for row in rows] == list(PARTS["digits"].contestants)
    for row in rows:  # drawn digits are no MNIST: those who check say so
        checks = row["contestant"] in ("digits_npz", "digits_idx")
        assert checks == ("no MNIST here" in row.get("not measured", ""))
        assert checks or (row["median"] > 0 and row["ratio"] > 0)
    drawn, all_drawn = rows[-2:]
    assert drawn["peak memory (MB)"] < all_drawn["peak memory (MB)"]
    assert result["machine"]["devices"][0].startswith("CPU")
    said = capsys.readouterr().out
    assert "70,000 drawn" in said and "took" in said
    assert (tmp_path / "bench.png").exists()
