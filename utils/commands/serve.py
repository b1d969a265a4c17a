"""Serve a page and an API that read handwritten digits, on this machine alone."""

import argparse
import contextlib
import functools
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait

import numpy as np

HOST, PORT = "127.0.0.1", 8000
MOST_WORKERS = 16  # each takes some hundred MB
STOP_S = 10  # seconds that a server whose input ended has to end by itself
QUEUE = 2048  # connections that may wait for a worker


def main(arguments: Sequence[str]) -> int:
    """Serve until Ctrl-C; return the exit status.

    Args:
        arguments: of the command line.

    Raises:
        SystemExit: with a line that says why it cannot start, or had to stop.
    """
    parser = argparse.ArgumentParser(
        prog="python -m utils serve", description=__doc__.strip()
    )
    parser.add_argument("--port", type=int, default=PORT, help="0: any that is free")
    parser.add_argument("--model", help="a .keras file; by default the best saved one")
    parser.add_argument("--digits", help='what it learned from, such as "MNIST"')
    parser.add_argument(
        "--workers", type=int, default=1, help="processes that answer, 1 by default"
    )
    parser.add_argument(
        "--until-eof", action="store_true", help="stop when standard input ends"
    )
    options = parser.parse_args(arguments)
    if not 0 <= options.port <= 65535:
        parser.error(f"--port is {options.port}; 0 to 65535 is allowed")
    if not 1 <= options.workers <= MOST_WORKERS:
        parser.error(f"--workers is {options.workers}; 1 to {MOST_WORKERS} is allowed")
    with contextlib.suppress(KeyboardInterrupt):
        listen(options.port).close()  # say so before the model is loaded
        serve = _serve_alone if options.workers == 1 else _serve_together
        serve(options)
    return 0


def _serve_alone(options: argparse.Namespace) -> None:
    """Load the model and answer, in this process."""
    recognizer = _load(options.digits, options.model)
    from utils.handwriting.server import create_app

    server = make_server(create_app(recognizer))
    if options.until_eof:
        _watch(_wait_for_eof, server)
    with listen(options.port) as listener:
        _announce(listener, _described(recognizer), options.workers)
        server.run(sockets=[listener])


def _serve_together(options: argparse.Namespace) -> None:
    """Let several processes answer, and wait for their end.

    They share one listening socket, and each loads the model once. A pipe leads to
    each of them: it says when the worker is ready, and the worker stops when the pipe
    closes, however this process ends.
    """
    spawn = multiprocessing.get_context("spawn")  # the same on every system
    pipes, processes = [], []
    with listen(options.port) as listener, _closed_at_the_end(pipes, processes):
        for _ in range(options.workers):
            ours, theirs = spawn.Pipe()
            arguments = (listener, options, theirs)
            process = spawn.Process(target=_work, args=arguments, daemon=True)
            process.start()
            theirs.close()  # so that ours ends when the process does
            pipes.append(ours)
            processes.append(process)
        described = [_hear_from(pipe) for pipe in pipes]
        _announce(listener, described[0], options.workers)
        if options.until_eof:
            threading.Thread(target=_close_at_eof, args=[pipes], daemon=True).start()
        ended = wait([process.sentinel for process in processes])
        first = next(process for process in processes if process.sentinel in ended)
        first.join()
        if first.exitcode != 0:
            raise SystemExit("make serve: a worker ended unasked; start again")


@contextlib.contextmanager
def _closed_at_the_end(pipes: list, processes: list) -> Iterator[None]:
    """Stop the workers at the end of a ``with`` block, whatever ends it."""
    try:
        yield
    finally:
        for pipe in pipes:
            pipe.close()
        for process in processes:
            process.join(STOP_S)
            process.kill()  # does nothing to one that has ended


def _close_at_eof(pipes: list[Connection]) -> None:
    """Tell the workers to stop when standard input ends."""
    _wait_for_eof()
    for pipe in pipes:
        pipe.close()


def _hear_from(pipe: Connection) -> str:
    """Wait until a worker is ready, and return what it answers with."""
    try:
        described, problem = pipe.recv()
    except EOFError:
        raise SystemExit("make serve: a worker did not start") from None
    if problem:
        raise SystemExit(problem)
    return described


def _work(listener: socket.socket, options: argparse.Namespace, pipe) -> None:
    """Answer requests in a process of its own, until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who holds the pipe
    with contextlib.suppress(BrokenPipeError):
        try:
            recognizer = _load(options.digits, options.model)
        except SystemExit as error:
            pipe.send(("", str(error)))
            return
        from utils.handwriting.server import THREADS, create_app

        threads = max(1, THREADS // options.workers)
        server = make_server(create_app(recognizer, threads=threads), options.workers)
        pipe.send((_described(recognizer), ""))
        _watch(functools.partial(pipe.poll, None), server)
        server.run(sockets=[listener])


def _described(recognizer) -> str:
    return f"{recognizer.name}, trained on {recognizer.digits}"


def _announce(listener: socket.socket, described: str, workers: int) -> None:
    """Print the one line that says where the server is, and what it reads with."""
    address = f"http://{HOST}:{listener.getsockname()[1]}"
    by = f" {workers} workers answer." if workers > 1 else ""
    print(f"{address} reads digits with {described}.{by} To stop: Ctrl-C", flush=True)


def listen(port: int) -> socket.socket:
    """Open a port of this machine.

    Args:
        port: 0 to 65535; 0 for one that is free.

    Returns:
        The socket, listening.

    Raises:
        SystemExit: with a line that says why not, and which other port to try.
    """
    try:
        listener = socket.create_server((HOST, port))
    except OSError as error:
        reason = "is in use" if error.errno != 13 else "is not for you"
        other = PORT if port != PORT else PORT + 1
        raise SystemExit(
            f"make serve: port {port} {reason}; choose another: make serve PORT={other}"
        ) from None
    # send at once: asyncio does not see that this socket is TCP, and Nagle's algorithm
    # with the client's delayed acknowledgement would cost 40 ms an answer
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def make_server(app, workers: int = 1):
    """Return uvicorn's server of an application: HTTP only, and no log of requests.

    Args:
        app: the application.
        workers: how many processes answer at the same socket, this one included.
    """
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets=None) -> None:
            await super().startup(sockets)
            for listener in sockets or []:
                listener.listen(QUEUE)

        def capture_signals(self):
            # a worker stops by its pipe; a Ctrl-C beside that would be a second one, to
            # which uvicorn ends in haste and with a traceback
            alone = workers == 1
            return super().capture_signals() if alone else contextlib.nullcontext()

    return Server(
        uvicorn.Config(
            app,
            http="h11",
            ws="none",
            workers=workers,
            backlog=1,  # take one connection at a time: the next may be another's
            log_config=None,  # warnings go to standard error, nothing else
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=3,
        )
    )


def _load(digits: str | None, path: str | None):
    """Load the recognizer; small as it is, one thread of the CPU answers soonest."""
    with _quiet():
        import tensorflow as tf

        from utils.handwriting.recognizer import load_recognizer

        tf.config.set_visible_devices([], "GPU")
        tf.config.threading.set_intra_op_parallelism_threads(1)
        try:
            recognizer = load_recognizer(digits, path)
        except (OSError, ValueError) as error:
            raise SystemExit(f"make serve: {error}") from None
    stroke = np.full((280, 280), 255, np.uint8)
    stroke[60:220, 130:150] = 0
    recognizer.recognize(stroke)  # the first is slow
    return recognizer


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Drop the start-up lines that TensorFlow writes past Python to standard error."""
    terminal = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)


def _wait_for_eof() -> None:
    """Wait until standard input ends."""
    while os.read(0, 1024):
        pass


def _watch(wait_for_end: Callable, server) -> None:
    """Stop the server after a wait in a thread beside it, in any case soon."""

    def stop() -> None:
        wait_for_end()
        server.should_exit = True
        time.sleep(STOP_S)
        os._exit(1)

    threading.Thread(target=stop, daemon=True).start()
