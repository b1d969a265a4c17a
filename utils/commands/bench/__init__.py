"""What the course costs, side by side with the usual recipes: `make bench`."""


class NotMeasured(Exception):
    """A contestant cannot run here; the message says why, for the table."""
