"""Setting up says in one line what is wrong, and starts under any Python."""

import ast
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from utils.commands import install

LEARNER, GPU, TEST = install.LISTS
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A folder with the lists, in which nothing is installed; the commands it runs."""
    for name in install.LISTS:
        (tmp_path / name).write_text(f"# {name}\n")
    python = tmp_path / ".venv" / "bin" / "python"
    commands = []

    def run(command, task):
        commands.append([task, *(Path(c).name for c in command if c.endswith(".txt"))])
        if not python.exists():
            python.parent.mkdir(parents=True)
            python.symlink_to(sys.executable)

    monkeypatch.setattr(install, "run", run)
    monkeypatch.setattr(install, "ROOT", str(tmp_path))
    monkeypatch.setattr(install, "has_nvidia_card", lambda: False)
    monkeypatch.setattr(install.shutil, "disk_usage", lambda path: Usage(0, 0, 1e11))
    return tmp_path, commands


def one_line(capsys):
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and lines[0].startswith("make: "), lines
    return lines[0]


def test_old_pythons_can_read_it():
    source = Path(install.__file__).read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 4))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]


def test_an_unsupported_python_is_named(monkeypatch, capsys):
    monkeypatch.setattr(install, "version_of", lambda python: None)
    monkeypatch.setattr(install.sys, "version_info", (3, 10, 0))
    assert install.main([]) == 1
    line = one_line(capsys)
    assert all(version in line for version in ["3.11", "3.12", "3.13", "3.10"])


def test_another_python_on_the_path_is_taken(monkeypatch):
    found = {"python3.12": "3.12", "python3.13": None, "python3.11": "3.11"}
    monkeypatch.setattr(install, "version_of", found.get)
    monkeypatch.setattr(install.sys, "version_info", (3, 9, 0))
    assert install.find_python() == "python3.12"


def test_a_python_that_does_not_start_has_no_version(tmp_path):
    assert install.version_of(str(tmp_path / "none")) is None
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 127\n")
    broken.chmod(0o755)
    assert install.version_of(str(broken)) is None
    assert install.version_of(sys.executable) == "{}.{}".format(*sys.version_info)


def test_each_list_is_installed_once_and_again_when_it_changes(course, monkeypatch):
    folder, commands = course
    assert install.main([]) == install.main([]) == 0
    assert commands == [["python -m venv"], ["pip install", LEARNER]]
    assert install.main(["test"]) == install.main(["test"]) == install.main([]) == 0
    assert commands[2:] == [["pip install", TEST]]
    (folder / LEARNER).write_text("numpy==2.4.6")
    assert install.main(["test"]) == 0
    assert commands[3:] == [["pip install", LEARNER]]  # a .venv that works is kept
    monkeypatch.setattr(install, "has_nvidia_card", lambda: True)
    assert install.main([]) == install.main(["test"]) == 0
    assert commands[4:] == [["pip install", GPU]]


def test_a_list_that_failed_to_install_is_tried_again(course, monkeypatch, capsys):
    folder, commands = course
    record = install.run

    def fail(command, task):
        record(command, task)
        if task == "pip install":
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(install, "run", fail)
    assert install.main([]) == 1
    assert "No space left on device" in one_line(capsys)
    monkeypatch.setattr(install, "run", record)
    assert install.main([]) == 0
    assert commands[2:] == [["pip install", LEARNER]]


@pytest.mark.parametrize("fault", ["full", "read-only"])
def test_a_disk_that_cannot_be_used_is_one_line(course, monkeypatch, capsys, fault):
    if fault == "full":
        monkeypatch.setattr(install.shutil, "disk_usage", lambda path: Usage(9, 9, 1e8))
        words = ["0.1 GB", "3.5 GB"]
    else:
        monkeypatch.setattr(install.os, "access", lambda path, mode: False)
        words = [str(course[0])]
    assert install.main(["test"]) == 1
    line = one_line(capsys)
    assert all(word in line for word in words) and course[1] == []


@pytest.mark.parametrize(
    "printed, shown",
    [
        ("Collecting x\nERROR: no such package\nbye", "pip install failed: ERROR: no"),
        ("... ensurepip is not\navailable ...\n", "apt install python3.*-venv"),
        ("", "pip install failed"),
    ],
)
def test_a_command_that_fails_shows_why(printed, shown):
    code = f"print({printed!r}); raise SystemExit(1)"
    with pytest.raises(install.SetupError, match=shown):
        install.run([sys.executable, "-c", code], "pip install")


def test_a_card_is_seen_by_its_driver(tmp_path, monkeypatch):
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'GPU 0: NVIDIA H200'\n")
    tool.chmod(0o755)
    monkeypatch.setattr(install.sys, "platform", "linux")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert install.has_nvidia_card()
    tool.write_text("#!/bin/sh\nexit 9\n")  # a driver that does not answer
    assert not install.has_nvidia_card()
    tool.unlink()
    assert not install.has_nvidia_card()
