"""Set up .venv with what the course needs; `make` calls this.

    python utils/commands/install.py         what lessons and commands need
    python utils/commands/install.py test    what the tests need, too

It must start under any Python, to say in one line which one is needed: no f-strings,
no imports beyond the standard library.
"""

from __future__ import print_function

import filecmp
import os
import platform
import shutil
import subprocess
import sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
ALLOWED = ("3.11", "3.12", "3.13")
LISTS = {  # each with the GB that it takes
    "requirements.txt": 3,
    "requirements-gpu.txt": 6,
    "requirements-test.txt": 0.5,
}


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


def has_nvidia_card():
    """Return whether TensorFlow could use CUDA's libraries here."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        with open(os.devnull, "w") as silence:
            cards = subprocess.check_output(
                ["nvidia-smi", "-L"], stderr=silence, timeout=20
            )
    except (OSError, subprocess.SubprocessError):
        return False
    return b"GPU" in cards


def check_disk(root, needed):
    """Stop early where the disk is read-only, or has less than so many GB free."""
    if not os.access(root, os.W_OK):
        raise SetupError("cannot write to %s: it is read-only" % root)
    free = shutil.disk_usage(root).free / 1e9
    if free < needed:
        raise SetupError(
            "the disk is too full: %.1f GB are free, .venv takes about %g GB more"
            % (free, needed)
        )


def run(command, task):
    """Run a command, its newest line on the terminal; on failure show its error."""
    lines, terminal = ["no reason given"], sys.stdout.isatty()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        for line in process.stdout:
            lines.append(line.decode("utf-8", "replace").strip() or lines[-1])
            if terminal:
                print("\r\033[K%s" % lines[-1][:70], end="", flush=True)
    if terminal:
        print("\r\033[K", end="")
    if any("ensurepip is not" in text for text in lines):
        raise SetupError(
            "this Python cannot make a .venv; on Debian or Ubuntu: sudo apt install "
            "python%d.%d-venv" % sys.version_info[:2]
        )
    if process.returncode:
        errors = [text for text in lines if text.lower().startswith("error")]
        raise SetupError("%s failed: %s" % (task, (errors or lines)[-1]))


def install(names, root):
    """Make .venv with this Python, or bring it up to date with these lists."""
    if sys.platform == "darwin" and platform.machine() == "x86_64":
        raise SetupError("TensorFlow no longer supports Macs with Intel processors")
    venv = os.path.join(root, ".venv")
    python = os.path.join(venv, "bin", "python")
    works = version_of(python) in ALLOWED
    missing = [name for name in names if not (works and is_installed(name, root))]
    if not missing:
        return
    check_disk(root, sum(LISTS[name] for name in missing))
    lists = " and ".join(missing)
    print("Setting up .venv from %s; the first time takes minutes" % lists)
    sys.stdout.flush()
    if not works:  # one that works is brought up to date instead
        run([sys.executable, "-m", "venv", "--clear", venv], "python -m venv")
    command = [python, "-m", "pip", "install", "--disable-pip-version-check"]
    command.append("--require-hashes")
    for name in missing:
        command += ["-r", os.path.join(root, name)]
    run(command, "pip install")
    for name in missing:  # so that the next time knows; last, for this may be stopped
        shutil.copy(os.path.join(root, name), venv)


def is_installed(name, root):
    """Return whether .venv holds a copy of this list, put there when it was done."""
    done = os.path.join(root, ".venv", name)
    return os.path.exists(done) and filecmp.cmp(os.path.join(root, name), done, False)


def main(arguments):
    """Return 0 when .venv is ready, else print one line and return 1.

    Args:
        arguments: ["test"] to install what the tests need, too; or nothing.
    """
    try:
        python = find_python()
        if python != sys.executable:  # the rest wants a modern one
            return subprocess.call([python, os.path.abspath(__file__)] + arguments)
        names = ["requirements.txt"]
        if has_nvidia_card():
            names.append("requirements-gpu.txt")
        if "test" in arguments:
            names.append("requirements-test.txt")
        install(names, ROOT)
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
    sys.exit(main(sys.argv[1:]))
