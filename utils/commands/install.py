"""Set up .venv with everything the course needs; `make` calls this.

It must start under any Python, to say in one line which one is needed: no f-strings,
no imports beyond the standard library.
"""

from __future__ import print_function

import hashlib
import os
import platform
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
VENV_PYTHON = os.path.join(VENV, "bin", "python")
READY = os.path.join(VENV, "ready")  # what was installed: written last
ALLOWED = ("3.11", "3.12", "3.13")
GIGABYTES = {"requirements.txt": 3, "requirements-gpu.txt": 9}  # room that it takes


class SetupError(Exception):
    """What stops the set-up, in one line for the user."""


def version_of(python):
    """Return "3.12" for a Python that runs, None for one that does not."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        with open(os.devnull, "w") as silence:
            out = subprocess.check_output([python, "-c", code], stderr=silence)
    except (OSError, subprocess.CalledProcessError):
        return None
    return out.decode().strip()


def find_python():
    """Return a Python the course supports: this one, or another on the PATH."""
    if "%d.%d" % sys.version_info[:2] in ALLOWED:
        return sys.executable
    for python in ["python3.13", "python3.12", "python3.11"]:
        if version_of(python) in ALLOWED:
            return python
    raise SetupError(
        "this course needs Python 3.11, 3.12 or 3.13, and found Python %d.%d; install "
        "one of them, or name it: make PYTHON=/path/to/python3.12"
        % sys.version_info[:2]
    )


def choose_requirements():
    """Return the list to install; with an NVIDIA card, it holds CUDA's libraries."""
    if sys.platform.startswith("linux"):
        try:
            with open(os.devnull, "w") as silence:
                cards = subprocess.check_output(
                    ["nvidia-smi", "-L"], stderr=silence, timeout=20
                )
            if b"GPU" in cards:
                return "requirements-gpu.txt"
        except (OSError, subprocess.SubprocessError):
            pass
    return "requirements.txt"


def fingerprint(requirements):
    """Return a text that changes when the list or the place of .venv does."""
    with open(os.path.join(ROOT, requirements), "rb") as file:
        return hashlib.sha256(file.read() + VENV.encode()).hexdigest()


def check_disk(requirements):
    """Stop early where the disk is read-only or too full."""
    if not os.access(ROOT, os.W_OK):
        raise SetupError("cannot write to %s: it is read-only" % ROOT)
    free, needed = shutil.disk_usage(ROOT).free, GIGABYTES[requirements]
    if free < needed * 1e9:
        raise SetupError(
            "the disk is too full: %.1f GB are free, .venv takes about %d GB"
            % (free / 1e9, needed)
        )


def run(command, task):
    """Run a command; on failure show the end of what it printed."""
    lines, terminal = [], sys.stdout.isatty()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=ROOT
    ) as process:
        for line in process.stdout:
            lines.append(line.decode("utf-8", "replace").rstrip())
            if terminal and lines[-1].startswith(("Collecting", "Downloading", "Inst")):
                print("\r\033[K  %s" % lines[-1][:70], end="", flush=True)
    if terminal:
        print("\r\033[K", end="")
    lines = [text for text in lines if text.strip()]
    if any("ensurepip is not" in text for text in lines):
        raise SetupError(
            "this Python cannot make a .venv; on Debian or Ubuntu: sudo apt install "
            "python%d.%d-venv" % sys.version_info[:2]
        )
    if process.returncode:
        errors = [text for text in lines if text.lower().startswith("error")]
        reason = (errors or lines or ["no reason given"])[-1]
        raise SetupError("%s failed: %s" % (task, reason))


def install():
    """Make .venv with this Python, or leave it alone if it is up to date."""
    if sys.platform == "darwin" and platform.machine() == "x86_64":
        raise SetupError("TensorFlow no longer supports Macs with Intel processors")
    requirements = choose_requirements()
    wanted = fingerprint(requirements)
    works = version_of(VENV_PYTHON) in ALLOWED
    if works and os.path.exists(READY):
        with open(READY) as file:  # a driver that fails today takes nothing away
            if file.read() in (wanted, fingerprint("requirements-gpu.txt")):
                return
    check_disk(requirements)
    print("Setting up .venv from %s; the first time takes minutes" % requirements)
    sys.stdout.flush()
    if not works:  # one that works is brought up to date instead
        run([sys.executable, "-m", "venv", "--clear", VENV], "python -m venv")
    run(
        [VENV_PYTHON, "-m", "pip", "install", "--disable-pip-version-check"]
        + ["--require-hashes", "-r", requirements],
        "pip install",
    )
    with open(READY, "w") as file:
        file.write(wanted)


def main():
    """Return 0 when .venv is ready, else print one line and return 1."""
    try:
        python = find_python()
        if python != sys.executable:  # the rest wants a modern one
            return subprocess.call([python, os.path.abspath(__file__)])
        install()
    except SetupError as error:
        print("make: %s" % error, file=sys.stderr)
    except OSError as error:
        print("make: set-up failed: %s" % error, file=sys.stderr)
    except KeyboardInterrupt:
        print("\nmake: set-up interrupted; run it again to go on", file=sys.stderr)
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
