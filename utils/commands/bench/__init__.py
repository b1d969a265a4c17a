"""What the course costs, side by side with the usual recipes: `make bench`."""

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark as `utils.commands.bench.runner.main` does."""
    # imported here: a kernel that tells its memory imports this package, but not all
    from utils.commands.bench import runner

    return runner.main(arguments)
