"""Fetch the digits before a class, and say which there are: `make digits`."""

import argparse
import contextlib
import sys
from collections.abc import Sequence

from utils import DATA
from utils.digits import DigitsError, load_digits


def main(arguments: Sequence[str] = ()) -> int:
    """Fetch MNIST if it is not here, even if that failed lately; return a status."""
    parser = argparse.ArgumentParser(
        prog="python -m utils digits", description=__doc__.partition(":")[0]
    )
    parser.parse_args(arguments)
    with contextlib.suppress(OSError):
        (DATA / ".no-network").unlink()
    try:
        print(f"They come from {load_digits().source}.")
    except DigitsError as error:
        print(error, file=sys.stderr)
        return 1
    return 0
