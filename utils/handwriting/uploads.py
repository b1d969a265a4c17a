"""Read what a client of the API sends: a picture, a form with one, or an array in JSON.

Starlette takes forms apart, pydantic checks JSON. All of it stays in memory.
"""

import asyncio
import json
import logging

import numpy as np
from pydantic import ValidationError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers
from starlette.formparsers import MultiPartException, MultiPartParser

from utils.handwriting.schema import BYTES, FORM, JSON, PICTURE, ByteImage, UnitImage

HEADER_BYTES = 2000  # of a Content-Type
PARTS = 20  # of a form, files and fields each: more are refused
logging.getLogger("python_multipart").setLevel(logging.CRITICAL)  # of what is sent
ROWS = (
    '{"image": 28 rows of 28 numbers from 0 to 1} is allowed, or to 255 with "max": 255'
)


class UploadError(ValueError):
    """What is wrong with an upload.

    Args:
        status: the HTTP status that says so: 400, 413, 415 or 422.
        message: a sentence, or two, that name what was received and what is allowed.
    """

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


def media_type(content_type: str | None, content_encoding: str | None = None) -> str:
    """Say what an upload is by its headers, before its body is read.

    Args:
        content_type: the header; none is taken for bytes of any kind.
        content_encoding: the header, if there is one.

    Returns:
        PICTURE, FORM or JSON.

    Raises:
        UploadError: 415, a type, a charset or an encoding that is not allowed.

    Example:
        >>> media_type("image/png"), media_type("application/json; charset=UTF-8")
        ('image/*', 'application/json')
    """
    if content_encoding and content_encoding.strip().lower() != "identity":
        encoding = _short(content_encoding)
        raise UploadError(
            415, f"The Content-Encoding is {encoding}; send the body without one."
        )
    if content_type is None:
        return PICTURE
    media, options = parse_options_header(content_type[:HEADER_BYTES])
    media, charset = media.decode("latin-1"), options.get(b"charset", b"utf-8")
    if len(content_type) <= HEADER_BYTES:
        if media == JSON and charset.lower() not in (b"utf-8", b"utf8", b"us-ascii"):
            charset = _short(charset.decode("latin-1"))
            raise UploadError(415, f"The charset is {charset}; UTF-8 is allowed.")
        if media.startswith("image/") or media == BYTES:
            return PICTURE
        if media in (FORM, JSON):
            return media
    hint = ' With curl, add -H "Content-Type: image/png".' if "form" in media else ""
    raise UploadError(
        415,
        f"The Content-Type is {_short(content_type)}; allowed are {PICTURE}, {BYTES}, "
        f"{FORM} and {JSON}.{hint}",
    )


def read_json(body: bytes) -> np.ndarray:
    """Return the image of a JSON body, a `UnitImage` or a `ByteImage`.

    Args:
        body: UTF-8. Of a key that stands there twice, the last counts.

    Returns:
        float32 (28, 28) in [0, 1].

    Raises:
        UploadError: 400, the body is no JSON; 422, it is something else.

    Example:
        >>> rows = [[0, 51] * 14] * 28
        >>> read_json(json.dumps({"image": rows, "max": 255}).encode())[0, :2]
        array([0. , 0.2], dtype=float32)
    """
    try:
        value = json.loads(
            body.decode("utf-8-sig"),
            parse_int=float,  # which no number is too long for
            parse_constant=_refuse_constant,
        )
    except (ValueError, RecursionError) as error:
        raise UploadError(400, f"The body is no JSON: {error}.") from None
    is_bytes = isinstance(value, dict) and value.get("max") == 255
    try:
        return (ByteImage if is_bytes else UnitImage).model_validate(value).to_array()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
    steps = [f"[{s}]" if isinstance(s, int) else s for s in first["loc"]]
    place = _cut("".join(steps) or "The JSON")
    found = "missing" if first["type"] == "missing" else _short(first["input"])
    raise UploadError(422, f"{place} is {found}; {ROWS}.")


def read_form(content_type: str, body: bytes) -> bytes:
    r"""Return the one file of a form; its other fields do not count.

    Args:
        content_type: multipart/form-data with its boundary.
        body: of the request.

    Returns:
        The file's bytes, as they were sent.

    Raises:
        UploadError: 400, the form is damaged or holds no file, an empty one or several.

    Example:
        >>> file = b'Content-Disposition: form-data; name="file"; filename="7.png"'
        >>> form = b"--x\r\n" + file + b"\r\n\r\nbytes\r\n--x--\r\n"
        >>> read_form("multipart/form-data; boundary=x", form)
        b'bytes'
    """

    async def stream():
        yield body
        if not parser.is_whole:
            raise MultiPartException("it is cut off")

    headers = Headers({"content-type": content_type})
    parser = _FormParser(headers, stream(), max_files=PARTS, max_fields=PARTS)
    parser.spool_max_size = len(body)  # so that no file is written to disk
    try:
        form = asyncio.run(parser.parse())
    except MultiPartException as error:
        reason = error.message.rstrip(".")
        raise UploadError(
            400, f"The form cannot be read ({reason}); send one whole file."
        ) from None
    files = [part.file for _, part in form.multi_items() if not isinstance(part, str)]
    contents = [file.read() for file in files]
    for file in files:
        file.close()
    if len(files) != 1:
        found = len(files) or "no"
        raise UploadError(400, f"The form holds {found} files; one is allowed.")
    if not contents[0]:
        raise UploadError(400, "The file is empty; send a picture of one digit.")
    return contents[0]


class _FormParser(MultiPartParser):
    """Starlette's parser, which says whether the form's end has come."""

    is_whole = False

    def on_end(self) -> None:
        self.is_whole = True


def _refuse_constant(name: str):
    raise ValueError(f"{name} is no number in JSON")


def _short(value) -> str:
    """Name a value in a few characters, as JSON would."""
    if isinstance(value, list | dict):
        kind = "a list" if isinstance(value, list) else "an object"
        return f"{kind} of {len(value)}"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return _cut(f"{value:.9g}" if isinstance(value, float) else f'"{value}"')


def _cut(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
