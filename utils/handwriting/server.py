"""Serve a recognizer on this machine: a page to draw on, and an API for programs.

``make serve`` starts it. It listens on 127.0.0.1 alone, answers to that name alone,
keeps nothing, logs no content, and its page loads nothing from anywhere else.
"""

import argparse
import asyncio
import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.requests import ClientDisconnect

from utils import ROOT
from utils.handwriting import uploads
from utils.handwriting.schema import REQUEST, Health, Reply, describe_problems
from utils.handwriting.uploads import UploadError

HOST, PORT = "127.0.0.1", 8000
HOSTS = ("127.0.0.1", "localhost", "[::1]")  # other names may be an attack from a page
PAGE = Path(__file__).with_name("page")
TYPES = {  # not asked of the system: on Windows it may call a script plain text
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
PREPARERS = min(4, os.cpu_count() or 2)  # threads that prepare pictures
BATCH = 32  # images that the model sees at once, at most
UNREADABLE = "This picture cannot be read; save it as PNG and send that."
START_S, STOP_S = 120, 10  # seconds that `serving` waits for its server
UNTOLD = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}


@dataclass(frozen=True)
class Limits:
    """What the server takes from a client.

    Args:
        body_bytes: of a request with a picture.
        json_bytes: of a request with JSON: 784 long numbers and room.
        upload_s: seconds until the whole body must be here.
        answer_s: seconds until the answer, waiting included.
        requests: worked on at the same time; others wait.
    """

    body_bytes: int = 10_000_000
    json_bytes: int = 64_000
    upload_s: float = 15
    answer_s: float = 30
    requests: int = 64


def create_app(
    recognizer, limits: Limits = Limits(), hosts: Sequence[str] = HOSTS
) -> FastAPI:
    """Make the web application around a recognizer.

    Args:
        recognizer: a `utils.handwriting.recognizer.Recognizer`.
        limits: what it takes from clients.
        hosts: names that a client may call it by.

    Returns:
        The application, for uvicorn: GET / is the page, GET /api/health says that it is
        up, POST /api/recognize recognises, GET /openapi.json holds the schema. Whatever
        goes wrong is answered by JSON {"error": a sentence}.
    """
    desk = _Desk(recognizer, limits)
    app = FastAPI(
        title="Handwritten digits",
        description="Reads one handwritten digit on a picture.",
        version="1.0",
        docs_url=None,  # they load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        lifespan=desk.open,
        telemetry=UNTOLD,
    )
    app.add_middleware(_Guard, hosts=hosts)
    app.add_exception_handler(AnyHTTPException, _tell)
    model = {"name": recognizer.name, "digits": recognizer.digits}
    files = {p.name: p for p in PAGE.glob("*") if p.suffix in TYPES}
    look = ["GET", "HEAD"]

    @app.api_route("/", methods=look, include_in_schema=False)
    @app.api_route("/page/{name}", methods=look, include_in_schema=False)
    async def page(name: str = "index.html") -> Response:
        if name not in files or not files[name].is_file():
            raise HTTPException(404)
        content = files[name].read_bytes()
        return Response(content, media_type=TYPES[files[name].suffix])

    @app.get("/api/health", responses=describe_problems(400))
    async def health() -> Health:
        """Say that the server is up, and with which model."""
        return Health(status="ok", model=model)

    @app.post(
        "/api/recognize",
        responses=describe_problems(400, 408, 413, 415, 422, 503),
        openapi_extra={"requestBody": REQUEST},
    )
    async def recognize(request: Request) -> Reply:
        """Recognise one handwritten digit on a picture."""
        return await desk.serve(request)

    return app


class _Desk:
    """Takes requests in, has pictures prepared, and asks the model in batches."""

    def __init__(self, recognizer, limits: Limits):
        self.recognizer, self.limits = recognizer, limits

    @contextlib.asynccontextmanager
    async def open(self, app):
        """Start what needs an event loop; stop it at the end."""
        self.slots = asyncio.Semaphore(self.limits.requests)
        self.waiting: asyncio.Queue = asyncio.Queue()
        self.preparers = ThreadPoolExecutor(PREPARERS, "prepare")
        self.modeller = ThreadPoolExecutor(1, "model")
        batches = asyncio.create_task(self.run_batches())
        try:
            yield
        finally:
            batches.cancel()
            for pool in (self.preparers, self.modeller):
                pool.shutdown(wait=False, cancel_futures=True)

    async def serve(self, request: Request) -> dict:
        """Answer one request, or raise an HTTPException."""
        try:
            headers = request.headers
            content_type = headers.get("content-type")
            kind = uploads.read_kind(content_type, headers.get("content-encoding"))
            async with asyncio.timeout(self.limits.answer_s), self.slots:
                body = await _receive(request, kind, self.limits)
                work = self.preparers, _see, kind, content_type, body
                loop = asyncio.get_running_loop()
                image, problem = await loop.run_in_executor(*work)
                found = None if problem else await self.ask(image)
        except UploadError as error:
            raise HTTPException(error.status, str(error)) from None
        except TimeoutError:
            sentence = "The server is busy; ask again in a moment."
            raise HTTPException(503, sentence, {"Retry-After": "1"}) from None
        return self.recognizer.answer(image, problem, found).as_dict()

    async def ask(self, image: np.ndarray) -> np.ndarray:
        """Return the probabilities (10,) of one image, asked with what else waits."""
        answer = asyncio.get_running_loop().create_future()
        self.waiting.put_nowait((image, answer))
        return await answer

    async def run_batches(self) -> None:
        """Take what waits, up to BATCH, and have the model see it; again and again."""
        loop = asyncio.get_running_loop()
        while True:
            batch = [await self.waiting.get()]
            while len(batch) < BATCH and not self.waiting.empty():
                batch.append(self.waiting.get_nowait())
            images = np.stack([image for image, _ in batch])
            try:
                found = await loop.run_in_executor(
                    self.modeller, self.recognizer.probabilities, images
                )
            except Exception as error:  # noqa: BLE001 - theirs, who wait for it
                found = [error] * len(batch)
            for (_, answer), one in zip(batch, found, strict=True):
                if answer.done():  # the client has gone
                    continue
                if isinstance(one, Exception):
                    answer.set_exception(one)
                else:
                    answer.set_result(one)


async def _receive(request: Request, kind: str, limits: Limits) -> bytes:
    """Return the body, or raise an UploadError: too large, too slow, empty."""
    limit = limits.json_bytes if kind == uploads.JSON else limits.body_bytes
    what = "JSON of an image" if kind == uploads.JSON else "a picture"
    too_large = UploadError(
        413, f"The body is too large; {limit:,} bytes are allowed for {what}."
    )
    length = request.headers.get("content-length", "")
    if length.isdecimal() and (len(length) > 15 or int(length) > limit):
        raise too_large
    chunks, size = [], 0
    try:
        async with asyncio.timeout(limits.upload_s):
            async for chunk in request.stream():
                chunks.append(chunk)
                size += len(chunk)
                if size > limit:
                    raise too_large
    except TimeoutError:
        sentence = f"The body took over {limits.upload_s:g} seconds; send it faster."
        raise HTTPException(408, sentence, {"Connection": "close"}) from None
    except ClientDisconnect:
        raise UploadError(400, "The body ended early.") from None
    if not size:
        raise UploadError(400, "The body is empty; send a picture of one digit.")
    return b"".join(chunks)


def _see(kind: str, content_type: str, body: bytes) -> tuple[np.ndarray, str]:
    """Return the image that a body holds, and the problem with it; in a thread."""
    from utils.handwriting.preparation import ImageError
    from utils.handwriting.recognizer import look, see

    if kind == uploads.JSON:
        return look(uploads.read_json(body))
    picture = uploads.read_form(content_type, body) if kind == uploads.FORM else body
    try:
        return see(picture)
    except ImageError as error:
        raise UploadError(422, str(error)) from None
    except Exception as error:  # noqa: BLE001 - a damaged picture that nobody foresaw
        _log(error)
        raise UploadError(422, UNREADABLE) from None


class _Guard:
    """Turns away who asks by another name, adds HEADERS, and catches what fails."""

    def __init__(self, app, hosts: Sequence[str]):
        self.app, self.hosts = app, hosts

    async def __call__(self, scope, receive, send: Callable[[dict], Awaitable]) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        started = False

        async def send_guarded(message: dict) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [
                    *message.get("headers", []),
                    *((k.lower().encode(), v.encode()) for k, v in HEADERS.items()),
                ]
            await send(message)

        try:
            host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
            if re.sub(r":\d+$", "", host).lower() in self.hosts:
                return await self.app(scope, receive, send_guarded)
            allowed = ", ".join(self.hosts)
            response = _problem(400, f"The host {host[:60]!r} is not one of {allowed}.")
        except Exception as error:  # noqa: BLE001 - a mistake of this program
            _log(error)
            response = _problem(500, "This server has a mistake; its log says where.")
        if not started:
            await response(scope, receive, send_guarded)


def _log(error: Exception) -> None:
    """Print where an error arose; its message may quote what a client sent."""
    where = "".join(traceback.format_tb(error.__traceback__))
    print(f"{where}{type(error).__name__}", file=sys.stderr, flush=True)


async def _tell(request: Request, error: AnyHTTPException) -> Response:
    """Answer an HTTPException as JSON, in a sentence."""
    sentence, headers = error.detail, error.headers
    path = request.url.path[:100]
    if error.status_code == 404:
        sentence = (
            f"There is nothing at {path}; there are / and /openapi.json, "
            "GET /api/health and POST /api/recognize."
        )
    elif error.status_code == 405:
        allowed = (headers or {}).get("Allow", "")
        sentence = f"{request.method[:20]} is not allowed at {path}; use {allowed}."
    return _problem(error.status_code, sentence, headers)


def _problem(status: int, sentence: str, headers: dict | None = None) -> Response:
    sentence = sentence.encode("utf-8", "replace").decode()  # half characters of JSON
    content = json.dumps({"error": sentence})
    return Response(content, status, headers, media_type="application/json")


@contextlib.contextmanager
def serving(
    model: str | Path | None = None, digits: str | None = None, port: int = 0
) -> Iterator[str]:
    """Run the server beside this program for as long as a ``with`` block lasts.

    It is a process of its own, and ends with this one, however that ends.

    Args:
        model: a .keras file; None for the best that is saved.
        digits: what it learned from: "MNIST" or "drawn digits".
        port: 0 for one that is free.

    Yields:
        Its address, such as "http://127.0.0.1:8000".

    Raises:
        RuntimeError: it did not start; the message holds what it said last.
    """
    command = [
        sys.executable,
        "-m",
        "utils.handwriting.server",
        f"--port={port}",
        "--until-eof",
    ]
    command += [f"--model={Path(model).resolve()}"] if model else []
    command += [f"--digits={digits}"] if digits else []
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        try:
            address = _address(process)
            reader = threading.Thread(target=process.stdout.read, daemon=True)
            reader.start()  # else it stops once the pipe is full
            yield address
        finally:
            with contextlib.suppress(OSError):
                process.stdin.close()  # the server ends when its input does
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _address(process: subprocess.Popen) -> str:
    """Read what the server prints, up to its address."""
    killer = threading.Timer(START_S, process.kill)
    killer.start()
    line = ""
    try:
        for line in process.stdout:
            if found := re.search(rf"http://{re.escape(HOST)}:\d+", line):
                return found[0]
    finally:
        killer.cancel()
    raise RuntimeError(f"the server did not start: {line.strip() or 'no word'}")


def _listen(port: int) -> socket.socket:
    """Open the port, or exit with a line that says which one is taken."""
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


def _load(options: argparse.Namespace):
    """Load the recognizer; small as it is, one thread of the CPU answers soonest."""
    from utils.handwriting.recognizer import load_recognizer

    with _quiet():
        import tensorflow as tf

        tf.config.set_visible_devices([], "GPU")
        tf.config.threading.set_intra_op_parallelism_threads(1)
        try:
            recognizer = load_recognizer(options.digits, options.model)
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


def server_of(app: FastAPI):
    """Return uvicorn's server of an application: HTTP only, and no log of requests."""
    import uvicorn

    return uvicorn.Server(
        uvicorn.Config(
            app,
            http="h11",
            ws="none",
            lifespan="on",
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=3,
        )
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C; return the exit status.

    Raises:
        SystemExit: with a line that says why it cannot start.
    """
    parser = argparse.ArgumentParser(
        prog="python -m utils.handwriting.server", description=__doc__
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
        _listen(options.port).close()  # say so before the model is loaded
        recognizer = _load(options)
        server = server_of(create_app(recognizer))
        if options.until_eof:
            threading.Thread(target=_stop_at_eof, args=[server], daemon=True).start()
        with _listen(options.port) as listener:
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


def _stop_at_eof(server) -> None:
    while os.read(0, 1024):
        pass
    server.should_exit = True


if __name__ == "__main__":
    sys.exit(main())
