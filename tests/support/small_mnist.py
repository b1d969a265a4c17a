"""A small set of digits with MNIST's layout, which plays MNIST, and its files."""

import gzip
import io

import numpy as np

from utils.digits import mnist

SHAPES = {
    "x_train": (6, 28, 28),
    "y_train": (6,),
    "x_test": (2, 28, 28),
    "y_test": (2,),
}
ONE_LINE = "MNIST: 6 training and 2 test images.\n"


def make_arrays(seed=0):
    rng = np.random.default_rng(seed)
    tops = {"x": 256, "y": 10}
    return {
        key: rng.integers(tops[key[0]], size=shape).astype(np.uint8)
        for key, shape in SHAPES.items()
    }


ARRAYS = make_arrays()
OTHER_ARRAYS = make_arrays(seed=1)
PICKLED = ARRAYS | {"y_test": np.array([1, None], object)}


def npz_bytes(arrays=ARRAYS, save=np.savez_compressed):
    file = io.BytesIO()
    save(file, **arrays)
    return file.getvalue()


def put_npz(path, data=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(npz_bytes() if data is None else data)
    return path


def idx_bytes(array):
    header = [0x0800 + array.ndim, *array.shape]
    return np.array(header, ">u4").tobytes() + array.tobytes()


def put_idx(folder, end="", pack=bytes, arrays=ARRAYS):
    """Write the four IDX files, their names ending in `end`, their bytes packed."""
    folder.mkdir(exist_ok=True, parents=True)
    for key, array in arrays.items():
        (folder / f"{mnist.IDX[key]}{end}").write_bytes(pack(idx_bytes(array)))
    return folder


def put_gzipped_idx(folder, arrays=ARRAYS):
    return put_idx(folder, ".gz", lambda data: gzip.compress(data, 1), arrays)


def expect_arrays(digits, expected=ARRAYS):
    for key, array in expected.items():
        found = getattr(digits, key)
        np.testing.assert_array_equal(found, array)
        assert found.dtype == np.uint8 and found.flags.writeable
