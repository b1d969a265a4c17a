"""What the course costs, side by side with the usual recipes: `make bench`."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from utils import ROOT


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, measure, and return the exit status.

    Args:
        arguments: the options; those of this process by default.

    Returns:
        0 if all was measured or named as not measured, 2 if it could not start or
        write, 130 if it was interrupted.
    """
    from utils.commands.bench import runner  # here, as it imports this package

    parser = argparse.ArgumentParser(
        prog="python -m utils bench", description=runner.__doc__.partition("\n\n")[0]
    )
    names = ", ".join(runner.NAMES)
    usual = ", ".join(runner.DEFAULT)
    parser.add_argument(
        "--only", nargs="+", default=runner.DEFAULT, help=f"{names}; usually {usual}"
    )
    parser.add_argument(
        "--rounds", type=int, default=runner.ROUNDS, help="of each case"
    )
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="output")
    parser.add_argument("--call", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.call:
        print(f"\n{runner.MARK}{json.dumps(runner.call(*options.call))}")
        return 0
    try:
        runner.bench(options.only, options.build, options.rounds)
    except (ValueError, OSError) as error:
        print(f"make bench: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("make bench: interrupted", file=sys.stderr)
        return 130
    where = os.path.relpath(options.build)
    print(f"\nThe table is in {where}/bench.json, its plot in {where}/bench.png")
    return 0
