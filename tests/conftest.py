"""What all tests share: drawn digits unless the user names others, lessons last."""

import os
from pathlib import Path

import matplotlib
import pytest
from filelock import FileLock

os.environ.setdefault("DIGITS", "drawn")  # no test waits for a network
matplotlib.use("agg")


def pytest_collection_modifyitems(items):
    """Put what is slow last, so that a mistake in a helper shows at once."""
    order = ["test_reading", "test_lessons"]
    items.sort(
        key=lambda item: order.index(item.path.stem) if item.path.stem in order else -1
    )


@pytest.fixture(scope="session")
def models(tmp_path_factory, worker_id) -> Path:
    """A folder for COURSE_MODELS with a small drawn/cnn.keras, trained once for all."""
    from support import small_model

    shared = tmp_path_factory.getbasetemp()
    if worker_id != "master":  # a worker of pytest-xdist: the folder above is shared
        shared = shared.parent
    path = shared / "small_models" / "drawn" / "cnn.keras"
    with FileLock(shared / "small_models.lock"):
        if not path.exists():
            small_model.train(path)
    return path.parent.parent


@pytest.fixture(scope="session")
def trained(models) -> Path:
    """The small model's file."""
    return models / "drawn" / "cnn.keras"


@pytest.fixture(scope="session")
def recognizer(trained):
    """The small model as a recognizer."""
    from utils.handwriting.recognizer import load_recognizer

    return load_recognizer(path=trained)


@pytest.fixture(scope="session")
def images(recognizer):
    """Ten images, uint8 (10, 28, 28), that the small model surely reads as 0 to 9."""
    from support import small_model

    return small_model.clear_digits(recognizer)


@pytest.fixture(scope="session")
def url(recognizer):
    """The address of a server with the small model, in a thread of this process."""
    from support import small_model

    from utils.handwriting.server import create_app

    with small_model.running(create_app(recognizer)) as address:
        yield address
