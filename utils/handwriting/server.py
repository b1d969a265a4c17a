"""An application around a recognizer: a page to draw on, and an API for programs.

``make serve`` runs it. It answers to this machine's own names alone, keeps nothing,
logs no content, and its page loads nothing from anywhere else.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.requests import ClientDisconnect

from utils import ROOT
from utils.handwriting.image_files import ImageError
from utils.handwriting.preparation import prepare
from utils.handwriting.recognizer import Prediction
from utils.handwriting.schema import (
    FORM,
    JSON,
    Health,
    Reply,
    describe_problems,
    describe_request,
)
from utils.handwriting.uploads import UploadError, media_type, read_form, read_json

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
THREADS = min(4, os.cpu_count() or 2)  # that prepare and recognise pictures
UNREADABLE = "This picture cannot be read; save it as PNG and send that."
START_S = 120  # seconds that `Server` waits for its process
NO_TELEMETRY = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "auto_configure": False,
}


@dataclass(frozen=True)
class Limits:
    """What the server takes from a client.

    Attributes:
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
    recognizer, limits: Limits = Limits(), threads: int = THREADS
) -> FastAPI:
    """Make the web application around a recognizer.

    Args:
        recognizer: a `utils.handwriting.recognizer.Recognizer`.
        limits: what it takes from clients.
        threads: that prepare and recognise pictures, at the same time.

    Returns:
        The application, for uvicorn: GET / is the page, GET /api/health says that it is
        up, POST /api/recognize recognises, GET /openapi.json holds the schema. Whatever
        goes wrong is answered by JSON {"error": a sentence}.
    """
    app = FastAPI(
        title="Handwritten digits",
        description="Reads one handwritten digit on a picture.",
        version="1.0",
        docs_url=None,  # they load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        telemetry=NO_TELEMETRY,
    )
    app.add_exception_handler(AnyHTTPException, _explain)
    app.add_middleware(_Protection)
    _add_page(app)
    _add_api(app, recognizer, limits, threads)
    return app


class _Protection:
    """Turns away who asks by another name, adds HEADERS, and catches what fails."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def send_protected(message: dict) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        host = Headers(scope=scope).get("host", "")
        try:
            if re.sub(r":\d+$", "", host).lower() in HOSTS:
                return await self.app(scope, receive, send_protected)
            allowed = ", ".join(HOSTS)
            response = _problem(400, f"The host {host[:60]!r} is not one of {allowed}.")
        except Exception as error:  # noqa: BLE001 - a mistake of this program
            _log(error)
            response = _problem(500, "This server has a mistake; its log says where.")
        await response(scope, receive, send_protected)


def _add_page(app: FastAPI) -> None:
    """Serve the files of PAGE, and index.html at /."""
    files = {path.name: path for path in PAGE.iterdir() if path.suffix in TYPES}
    methods = ["GET", "HEAD"]

    @app.api_route("/", methods=methods, include_in_schema=False)
    @app.api_route("/page/{name}", methods=methods, include_in_schema=False)
    async def page(name: str = "index.html") -> Response:
        if name not in files:
            raise HTTPException(404)
        path = files[name]
        return Response(path.read_bytes(), media_type=TYPES[path.suffix])


def _add_api(app: FastAPI, recognizer, limits: Limits, threads: int) -> None:
    """Answer at /api/health and /api/recognize."""
    model = {"name": recognizer.name, "digits": recognizer.digits}
    slots = asyncio.Semaphore(limits.requests)
    pool = ThreadPoolExecutor(threads, "recognize")

    @app.get("/api/health", responses=describe_problems(400))
    async def health() -> Health:
        """Say that the server is up, and with which model."""
        return Health(status="ok", model=model)

    @app.post(
        "/api/recognize",
        response_model=Reply,
        responses=describe_problems(400, 408, 413, 415, 422, 503),
        openapi_extra={"requestBody": describe_request()},
    )
    async def recognize(request: Request) -> dict:
        """Recognise one handwritten digit on a picture."""
        content_type = request.headers.get("content-type")
        loop = asyncio.get_running_loop()
        try:
            kind = media_type(content_type, request.headers.get("content-encoding"))
            async with asyncio.timeout(limits.answer_s), slots:
                body = await _receive(request, kind, limits)
                upload = kind, content_type, body
                found = await loop.run_in_executor(pool, _read, recognizer, *upload)
        except UploadError as error:
            raise HTTPException(error.status, str(error)) from None
        except TimeoutError:
            sentence = "The server is busy; ask again in a moment."
            raise HTTPException(503, sentence, {"Retry-After": "1"}) from None
        return found.as_dict()


async def _receive(request: Request, kind: str, limits: Limits) -> bytes:
    """Return the body, or raise an error: too large, too slow, empty."""
    limit = limits.json_bytes if kind == JSON else limits.body_bytes
    what = "JSON of an image" if kind == JSON else "a picture"
    too_large = UploadError(
        413, f"The body is too large; {limit:,} bytes are allowed for {what}."
    )
    length = request.headers.get("content-length", "")
    if length.isdecimal() and (len(length) > 15 or int(length) > limit):
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(limits.upload_s):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise too_large
    except TimeoutError:
        sentence = f"The body took over {limits.upload_s:g} seconds; send it faster."
        raise HTTPException(408, sentence, {"Connection": "close"}) from None
    except ClientDisconnect:
        raise UploadError(400, "The body ended early.") from None
    if not body:
        raise UploadError(400, "The body is empty; send a picture of one digit.")
    return bytes(body)


def _read(recognizer, kind: str, content_type: str, body: bytes) -> Prediction:
    """Recognise the digit that a body holds; called in a thread."""
    if kind == JSON:
        return recognizer.recognize_image(read_json(body))
    picture = read_form(content_type, body) if kind == FORM else body
    try:
        prepared = prepare(picture)
    except ImageError as error:
        raise UploadError(422, str(error)) from None
    except Exception as error:  # noqa: BLE001 - a damaged picture that nobody foresaw
        _log(error)
        raise UploadError(422, UNREADABLE) from None
    return recognizer.recognize_prepared(prepared)


def _log(error: Exception) -> None:
    """Print where an error arose; its message may quote what a client sent."""
    where = "".join(traceback.format_tb(error.__traceback__))
    print(f"{where}{type(error).__name__}", file=sys.stderr, flush=True)


async def _explain(request: Request, error: AnyHTTPException) -> Response:
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


def start_beside(app) -> str:
    """Serve an application in a thread of this program, until the program ends.

    Args:
        app: a FastAPI application, or another that uvicorn can serve.

    Returns:
        Its address, such as "http://127.0.0.1:50123"; the port is one that was free.
    """
    import uvicorn

    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while thread.is_alive() and not server.started:
        time.sleep(0.02)
    return f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"


class Server:
    """The course's server beside this program, in a process of its own, or several.

    It ends with this program, however that ends.

    Args:
        model: a .keras file; None for the best that is saved.
        digits: what it learned from: "MNIST" or "drawn digits".
        port: 0 for one that is free.
        workers: processes that answer; each loads the model.

    Attributes:
        url: its address, such as "http://127.0.0.1:8000".

    Raises:
        RuntimeError: it did not start; the message holds what it said last.
    """

    def __init__(
        self,
        model: str | Path | None = None,
        digits: str | None = None,
        port: int = 0,
        workers: int = 1,
    ):
        command = [sys.executable, "-m", "utils", "serve", f"--port={port}"]
        command += ["--until-eof", f"--workers={workers}"]
        command += [f"--model={Path(model).resolve()}"] if model else []
        command += [f"--digits={digits}"] if digits else []
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        pipes |= {"stderr": subprocess.STDOUT, "text": True, "errors": "replace"}
        self._process = subprocess.Popen(command, cwd=ROOT, **pipes)
        # else the server would stop once the pipe is full
        output = self._process.stdout
        self._reader = threading.Thread(target=output.read, daemon=True)
        try:
            self.url = self._wait_for_address()
        finally:
            self._reader.start()
            if not hasattr(self, "url"):
                self.stop()

    def _wait_for_address(self) -> str:
        too_late = threading.Timer(START_S, self._process.kill)
        too_late.start()
        line = ""
        try:
            for line in self._process.stdout:
                if address := re.search(r"http://127\.0\.0\.1:\d+", line):
                    return address[0]
        finally:
            too_late.cancel()
        raise RuntimeError(f"the server did not start: {line.strip() or 'no word'}")

    def memory_per_worker(self) -> float:
        """Return how much memory the largest of its processes holds, in GB."""
        import psutil

        process = psutil.Process(self._process.pid)
        processes = [process, *process.children(recursive=True)]
        return max(one.memory_info().rss for one in processes) / 1e9

    def stop(self) -> None:
        """End it, and wait for that; once is enough."""
        self._process.stdin.close()  # the server ends when its input does
        self._process.wait()
        self._reader.join()
        self._process.stdout.close()
