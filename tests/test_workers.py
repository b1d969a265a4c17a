"""Several workers train as one: same weights, all end, and a killed one comes back.

The waits are generous, because a worker imports TensorFlow, and no time is asserted.
"""

import numpy as np
import pytest

from utils import workers
from utils.digits import load_digits

STEPS, BATCH = 24, 48


@pytest.fixture
def folder(tmp_path):
    digits = load_digits()
    images = digits.x_train[: STEPS * BATCH, ..., None].astype("float32") / 255
    labels = digits.y_train[: STEPS * BATCH]
    np.savez(tmp_path / "data.npz", images=images, labels=labels)
    return tmp_path


def differ(a, b):
    return max(np.abs(p - q).max() for p, q in zip(a, b, strict=True))


def test_two_train_as_one_and_a_killed_one_comes_back(folder):
    options = dict(steps=STEPS, batch_size=BATCH)
    alone = workers.train(folder, workers=1, **options)
    killed = workers.train(folder, save_every=5, kill_at=13, **options)
    assert all(killed.codes), f"both must end, one by the kill: {killed}"
    assert "Unavailable" in killed.said[0], killed.said
    assert not any(killed.weights) and np.isnan(killed.seconds)
    names = [path.name for path in (folder / "backup").glob("*.index")]
    assert names == ["ckpt-10.index"], names
    pair = workers.train(folder, save_every=5, **options)  # goes on from step 10
    assert pair.codes == [0, 0] and pair.said == ["", ""], pair.said
    assert differ(*pair.weights) == 0
    assert differ(alone.weights[0], pair.weights[0]) < 1e-3
    assert alone.seconds > 0 and pair.seconds > 0
    ports = alone.ports + killed.ports + pair.ports
    assert [port for port in ports if workers.is_open(port)] == []
    assert np.abs(alone.weights[0][-1]).max() > 1e-3  # biases begin at 0


def test_a_failure_is_told_in_the_worker_s_own_words(folder):
    (folder / "data.npz").unlink()
    with pytest.raises(workers.WorkerError, match="FileNotFoundError.*data.npz"):
        workers.train(folder, workers=1, steps=1)


@pytest.mark.parametrize(
    "wrong, said",
    [
        ({"workers": 3}, "256 for 3 workers"),
        ({"workers": 0}, "workers is 0"),
        ({"steps": 9, "kill_at": 9}, "kill_at is 9"),
    ],
)
def test_numbers_that_do_not_fit_are_named(tmp_path, wrong, said):
    with pytest.raises(ValueError, match=said):
        workers.train(tmp_path, **wrong)


def test_a_port_that_is_in_use_is_open():
    import socket

    with socket.create_server((workers.HOST, 0)) as server:
        assert workers.is_open(server.getsockname()[1])
