"""Measure a network by itself, and a server that many clients ask at once."""

import contextlib
import http.client
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from utils.checks import require


@dataclass(frozen=True)
class Load:
    """How a server answered; `print` shows it in one line.

    Attributes:
        clients: that asked side by side.
        p50: ms of latency that half of the answers stay below.
        p99: ms that 99 of 100 stay below.
        per_second: answers per second, all clients together.
        client_cores: how many cores of the processor the clients used on average.
        server_cores: how many the processes used that this one has started.
    """

    clients: int
    p50: float
    p99: float
    per_second: float
    client_cores: float
    server_cores: float

    def __str__(self) -> str:
        return (
            f"{self.clients:2} clients: p50 {self.p50:6.1f} ms, p99 {self.p99:6.1f} ms,"
            f" {self.per_second:4.0f} per second"
        )


def measure_load(
    url: str, body: bytes, clients: int, count: int, headers: dict | None = None
) -> Load:
    """Let clients post the same body, each over a connection that stays open.

    The clients are threads of this process, and the server is taken to be its children:
    what else they compute meanwhile is counted, too.

    Args:
        url: where to post, such as "http://127.0.0.1:8000/api/recognize".
        body: what to post.
        clients: that ask side by side, 1 to 1000; each waits for its answer.
        count: of answers in all, at least one for each client.
        headers: of each request, such as {"Content-Type": "application/json"}.

    Returns:
        What was measured.

    Raises:
        ValueError: a number out of range.
        RuntimeError: an answer with another status than 200.
    """
    require(clients=(clients, 1, 1000), count=(count, clients, 10**9))
    _, _, host, path = url.split("/", 3)
    shares = [len(part) for part in np.array_split(np.arange(count), clients)]

    def ask(share: int) -> list[float]:
        times = []
        with contextlib.closing(http.client.HTTPConnection(host, timeout=120)) as one:
            for _ in range(share):
                begin = time.perf_counter()
                one.request("POST", f"/{path}", body, headers or {})
                reply = one.getresponse()
                text = reply.read()
                if reply.status != 200:
                    raise RuntimeError(f"status {reply.status}: {text[:200]!r}")
                times.append(1000 * (time.perf_counter() - begin))
        return times

    begin, used, server = time.perf_counter(), time.process_time(), _children_seconds()
    with ThreadPoolExecutor(clients) as pool:
        times = np.concatenate(list(pool.map(ask, shares)))
    seconds = time.perf_counter() - begin
    cores = (time.process_time() - used) / seconds
    server_cores = (_children_seconds() - server) / seconds
    p50, p99 = np.percentile(times, [50, 99]).tolist()
    return Load(clients, p50, p99, count / seconds, cores, server_cores)


def _children_seconds() -> float:
    """Return the processor time of the processes that this one has started, so far."""
    import psutil

    children = psutil.Process().children(recursive=True)
    return sum(sum(child.cpu_times()[:2]) for child in children)


def ms_per_image(function: Callable, images: np.ndarray, calls: int = 20) -> float:
    """Measure how long a network takes, by calling it again and again.

    Args:
        function: from images to logits; the first call, which may compile, is not
            counted.
        images: as the function takes them, (n, ...).
        calls: to measure, 1 or more.

    Returns:
        Milliseconds for each of the images.
    """
    function(images)
    begin = time.perf_counter()
    for _ in range(calls):
        function(images)
    return 1000 * (time.perf_counter() - begin) / calls / len(images)
