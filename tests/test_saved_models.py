"""Tests of utils.saved_models."""

import pytest

from utils import saved_models as models


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    monkeypatch.delenv("COURSE_MODELS", raising=False)
    monkeypatch.setattr(models, "DATA", tmp_path / "data")
    return tmp_path / "data"


@pytest.mark.parametrize("digits, folder", models.FOLDERS.items())
def test_each_kind_of_digits_has_its_folder(data, digits, folder):
    path = models.model_path("02_classifier", digits)
    assert path == data / "models" / folder / "02_classifier.keras"
    assert path.parent.is_dir() and not path.exists()
    assert models.model_path("02_classifier", digits) == path


def test_variable_replaces_the_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_MODELS", str(tmp_path / "quick"))
    expected = tmp_path / "quick" / "mnist" / "a.keras"
    assert models.model_path("a", "MNIST") == expected
    monkeypatch.setattr(models, "ROOT", tmp_path / "course")
    monkeypatch.setenv("COURSE_MODELS", "build/models")
    expected = tmp_path / "course" / "build" / "models" / "mnist" / "a.keras"
    assert models.model_path("a", "MNIST") == expected


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "C:a", "../a", "a b"])
def test_names_that_leave_the_folder_are_refused(data, name):
    with pytest.raises(ValueError, match="use letters, digits"):
        models.model_path(name, "MNIST")
    assert not data.exists()


@pytest.mark.parametrize("digits", ["mnist", "", "Fashion"])
def test_unknown_digits_are_refused(data, digits):
    with pytest.raises(ValueError, match="allowed are .*MNIST.*drawn digits"):
        models.model_path("a", digits)
    assert not data.exists()
