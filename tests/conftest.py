"""What all tests share: drawn digits unless the user names others, lessons last."""

import os

import matplotlib

os.environ.setdefault("DIGITS", "drawn")  # no test waits for a network
matplotlib.use("agg")


def pytest_collection_modifyitems(items):
    """Put what is slow last, so that a mistake in a helper shows at once."""
    order = ["test_reading", "test_lessons"]
    items.sort(
        key=lambda item: order.index(item.path.stem) if item.path.stem in order else -1
    )
