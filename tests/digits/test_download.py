"""Downloads end in bounded time and leave nothing half, whatever the network does.

Mirrors are servers on 127.0.0.1.
"""

import contextlib
import gzip
import http.server
import io
import os
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.small_mnist import (
    ARRAYS,
    ONE_LINE,
    expect_arrays,
    idx_bytes,
    npz_bytes,
)

from utils.digits import download, load, load_digits, mnist


class Mirror(http.server.ThreadingHTTPServer):
    """A server that answers as `answer(handler)` does; it lists what was asked."""

    daemon_threads, block_on_close = True, False

    def __init__(self, answer):
        self.asked, self.answered, self.closing = [], [], threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.server.asked.append(self.path)
                with contextlib.suppress(OSError):
                    answer(self)
                self.server.answered.append(self.path)

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, args=[0.01], daemon=True).start()

    def url(self, name):
        return f"http://127.0.0.1:{self.server_port}/{name}"


def send(handler, data, length=None, status=200):
    handler.send_response(status)
    handler.send_header("Content-Length", str(length or len(data)))
    handler.end_headers()
    handler.wfile.write(data)


def whole(handler):
    keys = {f"/{name}.gz": key for key, name in mnist.IDX.items()}
    if handler.path in keys:
        send(handler, gzip.compress(idx_bytes(ARRAYS[keys[handler.path]])))
    else:
        send(handler, npz_bytes())


def hang(handler):
    handler.server.closing.wait(20)


def stall(handler):
    send(handler, npz_bytes()[:500], length=5_000)
    hang(handler)


def trickle(handler):
    send(handler, b"", length=10**6)
    for _ in range(500):
        handler.server.closing.wait(0.02)
        handler.wfile.write(b"x")


def flood(handler):
    send(handler, b"", length=10**12)
    for _ in range(50):
        handler.wfile.write(bytes(10**5))


def missing(handler):
    send(handler, b"no such file", status=404)


FAULTS = {
    "truncated": lambda h: send(h, npz_bytes()[:-99], length=len(npz_bytes())),
    "log-in page": lambda h: send(h, b"<html>Please log in</html>"),
    "missing": missing,
    "hung up": lambda h: h.connection.shutdown(socket.SHUT_RDWR),
    "endless": flood,
    "silent": hang,
    "stalled": stall,
    "trickling": trickle,
}


@pytest.fixture
def serve(monkeypatch):
    """Start mirrors that answer as told, and a download that loses patience soon."""
    servers = []

    def start(*answers):
        servers.extend(Mirror(answer) for answer in answers)
        urls = [[server.url("mnist.npz")] for server in servers]
        monkeypatch.setattr(mnist, "MIRRORS", urls)
        return servers

    monkeypatch.setattr(download, "PATIENCE_S", 1.0)
    monkeypatch.setattr(download, "TICK_S", 0.05)
    monkeypatch.setattr(mnist, "MAX_BYTES", 10**6)
    yield start
    for server in servers:
        server.closing.set()
        server.shutdown()
        server.server_close()


def expect_drawn(capsys):
    assert load_digits().name == "drawn digits"
    out, err = capsys.readouterr()
    assert "make digits" in out and "data/.no-network" in out
    assert out.count("\n") == 1 and str(load.DATA.parent) not in out and not err


def test_a_download_is_kept_and_said_in_one_line(serve, monkeypatch, capsys):
    [server] = serve(whole)
    files = [f"{name}.gz" for name in mnist.IDX.values()]
    monkeypatch.setattr(mnist, "MIRRORS", [[server.url(name) for name in files]])
    got = load_digits()
    expect_arrays(got)
    assert (got.source, server.asked) == ("a download", [f"/{name}" for name in files])
    assert os.listdir(load.DATA) == ["mnist.npz"]
    assert load_digits().source == "data/"
    assert len(server.asked) == 4
    assert capsys.readouterr() == (2 * ONE_LINE, "")


@pytest.mark.parametrize("answer", FAULTS.values(), ids=FAULTS)
def test_the_next_mirror_helps_out(serve, capsys, answer):
    bad, good = serve(answer, whole)
    expect_arrays(load_digits())
    assert len(bad.asked) == len(good.asked) == 1
    assert os.listdir(load.DATA) == ["mnist.npz"]
    assert capsys.readouterr() == (ONE_LINE, "")


@pytest.mark.parametrize("answer", [missing, trickle])
def test_bad_mirrors_are_tried_once_and_not_waited_for(serve, capsys, answer):
    servers = serve(answer, answer)
    expect_drawn(capsys)
    if answer is trickle:
        assert [server.answered for server in servers] == [[], []]
    assert sorted(os.listdir(load.DATA)) == [".no-network", "drawn.npz"]
    expect_drawn(capsys)
    assert [len(server.asked) for server in servers] == [1, 1]


def test_a_hanging_name_look_up_is_not_waited_for(serve, monkeypatch, capsys):
    asked, answered, end = [], [], threading.Event()

    def look_up(*_, **__):
        asked.append(1)
        end.wait(20)
        answered.append(1)
        raise socket.gaierror

    serve()
    monkeypatch.setattr(mnist, "MIRRORS", [["http://mirror.invalid/a"]] * 2)
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    expect_drawn(capsys)
    expect_drawn(capsys)
    assert (len(asked), len(answered)) == (2, 0)
    end.set()


class Script:
    """A fetch under a clock of its own: the bytes that arrive in each tick."""

    left_behind = False

    def __init__(self, arriving, clock):
        self.arriving, self.clock, self.files = list(arriving), clock, [b""]

    def start(self):
        pass

    def is_alive(self):
        return bool(self.arriving)

    def join(self, seconds):
        self.clock[0] += seconds
        self.files = [self.files[0] + bytes(self.arriving.pop(0))]


@pytest.mark.parametrize(
    "arriving, ticks",
    [([0] * 99, 18), ([9_000] * 99, 18), ([11_000] * 99, 99), ([11_000, 0] * 40, 36)],
    ids=["silent", "too slow", "slow", "now and then"],
)
def test_only_idle_seconds_count(monkeypatch, arriving, ticks):
    clock = [0.0]
    monkeypatch.setattr(download.time, "monotonic", lambda: clock[0])
    fetch = Script(arriving, clock)
    idle = download.wait(fetch, 0.0, download.PATIENCE_S)
    assert clock[0] == ticks * download.TICK_S
    assert idle <= download.PATIENCE_S <= 15 - 2 * download.TICK_S
    assert fetch.left_behind


@pytest.mark.parametrize("left_behind, most", [(True, 0), (False, 10**6)])
def test_a_fetch_ends_when_it_is_left_behind_or_too_large(serve, left_behind, most):
    [server] = serve(flood)
    fetch = download.Fetch([server.url("mnist.npz")])
    fetch.left_behind = left_behind
    fetch.run()
    assert most < len(fetch.files[0]) <= most + download.CHUNK and not fetch.complete


def test_progress_is_shown_to_a_person_only(serve, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    serve(whole)
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    load_digits()
    shown = screen.getvalue()
    assert "\rDownloading: 0.0 MB\r" in shown
    assert shown.endswith(" \r" + ONE_LINE) and shown.count("\n") == 1


def test_an_interrupted_download_leaves_nothing(serve, monkeypatch):
    def interrupt(self, timeout=None):
        if self.files:
            raise KeyboardInterrupt
        time.sleep(0.01)

    serve(stall)
    monkeypatch.setattr(download.Fetch, "join", interrupt)
    with pytest.raises(KeyboardInterrupt):
        load_digits()
    assert not load.DATA.exists()


def test_a_file_that_came_meanwhile_stays(serve):
    def slow(handler):
        load.DATA.mkdir()
        (load.DATA / "mnist.npz").write_bytes(b"the user's")
        whole(handler)

    serve(slow)
    expect_arrays(load_digits())
    assert (load.DATA / "mnist.npz").read_bytes() == b"the user's"


@pytest.mark.parametrize("answer", [whole, missing])
def test_two_who_start_at_once_do_not_meet(serve, answer):
    both_asked = threading.Barrier(2)

    def together(handler):
        both_asked.wait(30)
        answer(handler)

    serve(together)
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: load_digits(), range(2))
    files = ["mnist.npz"] if answer is whole else [".no-network", "drawn.npz"]
    assert sorted(os.listdir(load.DATA)) == files
    for digits in (second, load_digits()):
        expect_arrays(digits, {key: getattr(first, key) for key in ARRAYS})
