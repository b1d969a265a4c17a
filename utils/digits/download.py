"""Download from mirrors over a network that may hang anywhere, in bounded time."""

import contextlib
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import requests

from utils.digits import mnist

PATIENCE_S = 9  # seconds that all mirrors together may spend without useful progress
TICK_S = 0.5  # seconds between two looks at a download
MIN_RATE = 20_000  # bytes per second that count as useful progress
CHUNK = 1024  # bytes; small, so that a slow download is seen to go on


def download(mirrors: list[list[str]], parse: Callable[[dict[str, bytes]], Any]) -> Any:
    """Return what `parse` makes of the first mirror's files that it accepts.

    Idle mirrors share PATIENCE_S: one that hangs leaves time for the next, and None
    comes back in little more than PATIENCE_S. A slow download goes on. While a person
    watches (never in a notebook, whose output is kept), a line shows the progress.

    Args:
        mirrors: for each mirror, the URLs of its files.
        parse: takes {url: bytes}; raises ValueError for files that it rejects.

    Returns:
        What `parse` returned; None if no mirror has files that it accepts.

    Example:
        >>> download([], dict) is None
        True
    """
    idle = 0.0
    for turn, urls in enumerate(mirrors, start=1):
        fetch = Fetch(urls)
        idle = wait(fetch, idle, limit=PATIENCE_S * turn / len(mirrors))
        if fetch.complete:
            with contextlib.suppress(ValueError):  # a log-in page instead of the files
                return parse(dict(zip(urls, map(bytes, fetch.files), strict=True)))
    return None


class Fetch(threading.Thread):
    """One mirror's files, fetched by a thread that can be left behind if it hangs.

    Attributes:
        files: what has arrived of each file so far, as bytearrays.
        complete: whether all files have arrived whole.
        left_behind: set it to True to let the thread end with its next bytes.
    """

    def __init__(self, urls: list[str]):
        super().__init__(daemon=True)
        self.urls, self.files = urls, []
        self.complete = self.left_behind = False

    def run(self):
        """Fetch the files one after the other; whatever fails ends it."""
        with contextlib.suppress(Exception):
            for url in self.urls:
                self.files.append(bytearray())
                self._fetch(url)
            self.complete = True

    def _fetch(self, url: str):
        with requests.get(url, stream=True, timeout=PATIENCE_S) as response:
            response.raise_for_status()
            for chunk in response.iter_content(CHUNK):
                self.files[-1] += chunk
                if self.left_behind or len(self.files[-1]) > mnist.MAX_BYTES:
                    raise OSError("nobody waits for this download")


def wait(fetch: Fetch, idle: float, limit: float) -> float:
    """Run a fetch until it ends or the idle seconds reach a limit; return the seconds.

    Nothing else stops every kind of hanging: a name look-up has no timeout, and that
    of a read starts again with every byte.

    Args:
        fetch: not started yet.
        idle: seconds that earlier fetches spent without useful progress.
        limit: idle seconds, of all fetches together, after which this one is left.

    Returns:
        The idle seconds of the earlier fetches and of this one.
    """
    watched, received = sys.stdout.isatty(), 0
    fetch.start()
    try:
        while fetch.is_alive() and idle < limit:
            start, before = time.monotonic(), received
            fetch.join(TICK_S)
            seconds = time.monotonic() - start
            received = sum(map(len, fetch.files))
            if received - before < MIN_RATE * seconds:
                idle += seconds
            if watched:
                print(f"\rDownloading: {received / 1e6:.1f} MB", end="", flush=True)
    finally:
        fetch.left_behind = True
        if watched:
            print(end="\r" + " " * 30 + "\r", flush=True)
    return idle
