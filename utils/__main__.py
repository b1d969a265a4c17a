"""One door to the course's commands: `python -m utils run`, as `make run` does."""

import importlib
import sys
from collections.abc import Sequence

COMMANDS = {
    "lab": "open the course in JupyterLab",
    "run": "run lessons from start to end",
    "site": "make pages of the lessons, to read without Python",
    "serve": "serve a page and an API that read handwriting",
    "bench": "time the lessons beside the usual recipes",
    "digits": "fetch the digits, and say which there are",
    "lessons": "gather what lessons save into utils/from_lessons.py",
    "sample_photos": "draw the pictures that ship in data/",
}


def main(arguments: Sequence[str]) -> int:
    """Run a command with its own arguments and return its exit status.

    Args:
        arguments: the command's name, then its own; none, or `--help`, lists them.
    """
    if not arguments or arguments[0] not in COMMANDS:
        print("usage: python -m utils COMMAND [OPTION ...]")
        for name, purpose in COMMANDS.items():
            print(f"  {name:14} {purpose}")
        print("`python -m utils COMMAND --help` tells more.")
        return 0 if arguments in (["--help"], ["-h"]) else 2
    command = importlib.import_module(f"utils.commands.{arguments[0]}")
    return command.main(arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
