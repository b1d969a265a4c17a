"""Folders of photos: what is written, what is read, and what is left out by name."""

import numpy as np
import pytest
from PIL import Image

from utils.handwriting import photo_folders as folders


@pytest.fixture
def digit():
    image = np.zeros((28, 28), np.float32)
    image[4:24, 12:16] = 1
    return image


def test_photos_have_colors_and_one_seed_gives_the_same(digit):
    a, b = (folders.take_photos(digit, np.random.default_rng(3)) for _ in range(2))
    assert a.shape == (1, 224, 224, 3) and a.dtype == np.uint8
    np.testing.assert_array_equal(a, b)
    assert (a.max(axis=(1, 2)) != a.max()).any()  # not gray


def test_shots_of_a_burst_are_nearer_to_each_other_than_scenes_are(digit):
    rng = np.random.default_rng(1)
    bursts = [folders.take_photos(digit, rng, shots=3) for _ in range(6)]
    tiny = [folders.tiny_and_gray(burst.astype(np.float32)) for burst in bursts]
    within = max(np.abs(burst[0] - burst[1:]).mean(axis=(1, 2)).max() for burst in tiny)
    across = [np.abs(tiny[0][0] - other[0]).mean() for other in tiny[1:]]
    assert 0 < within < np.median(across)


def test_folders_are_the_labels(digit, tmp_path):
    images = np.stack([digit] * 3)
    folders.write_photos(tmp_path, images, [7, 2, 2], np.random.default_rng(0))
    photos, labels, paths = folders.load(tmp_path, 32)
    assert photos.shape == (3, 32, 32, 3) and photos.max() > 1
    assert labels.tolist() == [0, 0, 1]  # folders "2" and "7"
    names = [path.replace("\\", "/").split("/", -1)[-2:] for path in paths]
    assert names == [
        ["2", "scene00001_0.jpg"],
        ["2", "scene00002_0.jpg"],
        ["7", "scene00000_0.jpg"],
    ]


def test_signs_differ_and_none_is_a_digit():
    assert not set(folders.SIGNS) & set("0123456789OIlSoisz|")
    assert len(set(folders.SIGNS)) == 37
    images, names = folders.draw_signs(74, np.random.default_rng(0))
    assert images.shape == (74, 28, 28) and images.dtype == np.float32
    assert 0 <= images.min() and images.max() <= 1
    assert (images.sum(axis=(1, 2)) > 10).all()  # none is empty
    assert names[:37] == names[37:] and len(set(names)) == 37
    assert (images[:37] != images[37:]).any(axis=(1, 2)).all()


def test_odd_files_are_read_or_named_and_none_is_lost(tmp_path):
    folders.write_odd_files(tmp_path / "odd" / "7")
    left_out = folders.copy_photos(tmp_path / "odd", tmp_path / "clean")
    copies = sorted((tmp_path / "clean" / "7").iterdir())
    assert [line.split(":")[0] for line in left_out] == ["7/cut.jpg", "7/notes.jpg"]
    assert len(copies) + len(left_out) == len(list((tmp_path / "odd/7").iterdir()))
    photos = np.stack([np.asarray(Image.open(copy), np.float32) for copy in copies])
    assert photos.shape == (5, 224, 224, 3)
    tiny = dict(
        zip([c.name for c in copies], folders.tiny_and_gray(photos), strict=True)
    )
    plain = tiny["plain.jpg.jpg"]
    lying = np.abs(np.rot90(plain) - plain).mean()
    for name, picture in tiny.items():  # EXIF's turn is undone
        assert np.abs(picture - plain).mean() < lying / 4, name


@pytest.mark.parametrize("files", [[], ["photo.jpg"], ["7/notes.txt"]])
def test_a_folder_without_pictures_is_explained(tmp_path, files):
    for file in files:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("x", encoding="utf-8")
    with pytest.raises(FileNotFoundError, match="cat/1.jpg"):
        folders.copy_photos(tmp_path, tmp_path / "copies")


def test_each_class_gives_as_many_rows():
    labels = np.repeat([3, 5], [50, 4])
    rows = folders.some_of_each(labels, 10, np.random.default_rng(0))
    assert np.bincount(labels[rows])[[3, 5]].tolist() == [10, 4]
    assert len(set(rows.tolist())) == 14
