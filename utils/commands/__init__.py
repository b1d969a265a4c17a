"""The commands behind `make`; no lesson imports them."""
