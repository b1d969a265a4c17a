"""Setting up says in one line what is wrong, and starts under any Python."""

import ast
import subprocess
import sys
from collections import namedtuple

import pytest

from utils import ROOT
from utils.commands import install

SCRIPT = ROOT / "utils" / "install.py"
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def empty_folder(tmp_path, monkeypatch):
    """A folder with the two lists and nothing installed."""
    for name in install.GIGABYTES:
        (tmp_path / name).write_text(f"# {name}\n")
    venv = tmp_path / ".venv"
    monkeypatch.setattr(install, "ROOT", str(tmp_path))
    monkeypatch.setattr(install, "VENV", str(venv))
    monkeypatch.setattr(install, "VENV_PYTHON", str(venv / "bin" / "python"))
    monkeypatch.setattr(install, "READY", str(venv / "ready"))
    monkeypatch.setattr(install, "choose_requirements", lambda: "requirements.txt")
    return tmp_path


def one_line(capsys):
    out = capsys.readouterr()
    lines = out.err.splitlines()
    assert len(lines) == 1 and lines[0].startswith("make: "), out
    return lines[0]


def test_it_is_read_by_old_pythons():
    source = SCRIPT.read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 4))
    assert not [
        n for n in ast.walk(tree) if isinstance(n, ast.JoinedStr | ast.NamedExpr)
    ]


@pytest.mark.parametrize("version", [(3, 10), (2, 7), (3, 14)])
def test_an_unsupported_python_is_named(version, monkeypatch, capsys):
    monkeypatch.setattr(install, "version_of", lambda python: None)
    monkeypatch.setattr(install.sys, "version_info", (*version, 0))
    assert install.main() == 1
    line = one_line(capsys)
    assert "needs Python 3.11, 3.12 or 3.13" in line
    assert "found Python {}.{}".format(*version) in line


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


def test_a_full_disk_is_one_line(empty_folder, monkeypatch, capsys):
    monkeypatch.setattr(install.shutil, "disk_usage", lambda path: Usage(9, 9, 1e8))
    assert install.main() == 1
    assert "too full: 0.1 GB are free, .venv takes about 3 GB" in one_line(capsys)
    assert not (empty_folder / ".venv").exists()


def test_a_read_only_disk_is_one_line(empty_folder, monkeypatch, capsys):
    monkeypatch.setattr(install.os, "access", lambda path, mode: False)
    assert install.main() == 1
    assert "read-only" in one_line(capsys)


def test_a_disk_that_fills_up_on_the_way_is_one_line(empty_folder, monkeypatch, capsys):
    def fail(command, task):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(install, "run", fail)
    assert install.main() == 1
    assert "No space left on device" in one_line(capsys)


def test_a_command_that_fails_shows_its_error(capsys):
    code = "print('Collecting x'); print('ERROR: no such package'); raise SystemExit(1)"
    with pytest.raises(install.SetupError, match="pip install failed: ERROR: no such"):
        install.run([sys.executable, "-c", code], "pip install")


def test_what_is_ready_is_left_alone(empty_folder, monkeypatch):
    calls = []

    def fake_run(command, task):
        calls.append(task)
        (empty_folder / ".venv" / "bin").mkdir(parents=True, exist_ok=True)
        target = empty_folder / ".venv" / "bin" / "python"
        if not target.exists():
            target.symlink_to(sys.executable)

    monkeypatch.setattr(install, "run", fake_run)
    monkeypatch.setattr(install, "check_disk", lambda requirements: None)
    assert install.main() == install.main() == 0
    assert calls == ["python -m venv", "pip install"]
    (empty_folder / "requirements.txt").write_text("numpy==2.4.6")
    assert install.main() == 0
    assert calls[2:] == ["pip install"], "a .venv that works is kept"


def test_a_graphics_driver_that_fails_takes_nothing_away(empty_folder, monkeypatch):
    (empty_folder / "requirements-gpu.txt").write_text("nvidia-cublas-cu12==12.9")
    (empty_folder / ".venv" / "bin").mkdir(parents=True)
    (empty_folder / ".venv" / "bin" / "python").symlink_to(sys.executable)
    ready = empty_folder / ".venv" / "ready"
    ready.write_text(install.fingerprint("requirements-gpu.txt"))
    monkeypatch.setattr(install, "run", lambda *_: pytest.fail("nothing to install"))
    assert install.main() == 0


def test_debians_python_without_venv_says_what_to_install():
    code = "print('... ensurepip is not\\navailable ...\\n'); raise SystemExit(1)"
    with pytest.raises(install.SetupError, match="apt install python3.*-venv"):
        install.run([sys.executable, "-c", code], "python -m venv")


def test_cuda_is_chosen_where_there_is_a_card(tmp_path, monkeypatch):
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'GPU 0: NVIDIA H200'\n")
    tool.chmod(0o755)
    monkeypatch.setattr(install.sys, "platform", "linux")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert install.choose_requirements() == "requirements-gpu.txt"
    tool.write_text("#!/bin/sh\nexit 9\n")  # a driver that does not answer
    assert install.choose_requirements() == "requirements.txt"
    tool.unlink()
    assert install.choose_requirements() == "requirements.txt"


def test_make_names_a_lesson_that_does_not_exist():
    answer = subprocess.run(
        [sys.executable, "-m", "utils.commands.run", "99"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 2
    assert answer.stderr.count("\n") == 1
    assert "there is no lesson '99'; these are: 01, 02" in answer.stderr
