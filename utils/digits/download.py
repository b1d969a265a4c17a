"""Download from mirrors over a network that may hang anywhere, in bounded time."""

import contextlib
import sys
import threading
import time
import warnings
from collections.abc import Callable
from typing import Any

PATIENCE_S = 9  # seconds that all mirrors together may spend without useful progress
TICK_S = 0.5  # seconds between two looks at a download
MIN_RATE = 20_000  # bytes per second that count as useful progress
LIMIT = 100_000_000  # bytes a file may have


def download(mirrors: list[list[str]], parse: Callable[[dict[str, bytes]], Any]) -> Any:
    """Return what `parse` makes of the first mirror's files that it accepts, or None.

    Idle mirrors share PATIENCE_S: one that hangs leaves time for the next, and None
    comes back in little more than PATIENCE_S. A slow download goes on. While a person
    watches (never in a notebook, whose output is kept), a line shows the progress.

    Args:
        mirrors: for each mirror, the URLs of its files.
        parse: takes {url: bytes}; raises ValueError for files that it rejects.

    Example:
        >>> download([], dict) is None
        True
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tqdm, which pooch imports, may miss widgets
        import pooch
    import requests  # noqa: F401 - or pooch would, while patience runs out

    idle = 0.0
    for turn, urls in enumerate(mirrors, start=1):
        fetch = _Fetch(urls, pooch.HTTPDownloader(timeout=PATIENCE_S))
        idle = _wait(fetch, idle, limit=PATIENCE_S * turn / len(mirrors))
        if fetch.complete:
            with contextlib.suppress(ValueError):  # a log-in page instead of the files
                return parse(dict(zip(urls, map(bytes, fetch.files), strict=True)))
    return None


class _Fetch(threading.Thread):
    """One mirror's files, fetched by a thread that can be left behind if it hangs."""

    def __init__(self, urls: list[str], downloader: Callable):
        super().__init__(daemon=True)
        self.urls, self.downloader, self.files = urls, downloader, []
        self.complete = self.left_behind = False

    def run(self):
        with contextlib.suppress(Exception):  # whatever fails, the next mirror is tried
            for url in self.urls:
                self.files.append(bytearray())
                self.downloader(url, self, None)  # which writes to self as to a file
            self.complete = True

    def write(self, chunk: bytes):
        if self.left_behind or len(self.files[-1]) > LIMIT:
            raise OSError("nobody waits for this download")
        self.files[-1] += chunk

    def flush(self):
        """Do nothing; files have this method."""


def _wait(fetch: _Fetch, idle: float, limit: float) -> float:
    """Run a fetch until it ends or the idle seconds reach the limit; return them.

    Nothing else stops every kind of hanging: a name look-up has no timeout, and that
    of a read starts again with every byte.
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
