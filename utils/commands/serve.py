"""Serve a page and an API that read handwritten digits, on this machine alone."""

import argparse
import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator, Sequence

import numpy as np

HOST, PORT = "127.0.0.1", 8000
STOP_S = 10  # seconds that a server whose input ended has to end by itself


def main(arguments: Sequence[str]) -> int:
    """Serve until Ctrl-C; return the exit status.

    Args:
        arguments: of the command line.

    Raises:
        SystemExit: with a line that says why it cannot start.
    """
    parser = argparse.ArgumentParser(
        prog="python -m utils serve", description=__doc__.strip()
    )
    parser.add_argument("--port", type=int, default=PORT, help="0: any that is free")
    parser.add_argument("--model", help="a .keras file; by default the best saved one")
    parser.add_argument("--digits", help='what it learned from, such as "MNIST"')
    parser.add_argument(
        "--until-eof", action="store_true", help="stop when standard input ends"
    )
    options = parser.parse_args(arguments)
    if not 0 <= options.port <= 65535:
        parser.error(f"--port is {options.port}; 0 to 65535 is allowed")
    try:
        listen(options.port).close()  # say so before the model is loaded
        recognizer = _load(options.digits, options.model)
        from utils.handwriting.server import create_app

        server = make_server(create_app(recognizer))
        if options.until_eof:
            threading.Thread(target=_stop_at_eof, args=[server], daemon=True).start()
        with listen(options.port) as listener:
            address = f"http://{HOST}:{listener.getsockname()[1]}"
            print(
                f"{address} reads digits with {recognizer.name}, trained on "
                f"{recognizer.digits}. To stop: Ctrl-C",
                flush=True,
            )
            server.run(sockets=[listener])
    except KeyboardInterrupt:
        pass
    return 0


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


def make_server(app):
    """Return uvicorn's server of an application: HTTP only, and no log of requests."""
    import uvicorn

    return uvicorn.Server(
        uvicorn.Config(
            app,
            http="h11",
            ws="none",
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


def _stop_at_eof(server) -> None:
    """Stop the server when standard input ends, in any case soon."""
    while os.read(0, 1024):
        pass
    server.should_exit = True
    time.sleep(STOP_S)
    os._exit(1)
