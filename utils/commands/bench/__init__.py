"""What the course costs, side by side with the usual recipes: `make bench`."""

from utils.commands.bench.runner import main

__all__ = ["main"]
