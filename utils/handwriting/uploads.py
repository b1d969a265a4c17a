"""Read what a client of the API sends: a picture, a form with one, or an array in JSON.

All of it stays in memory: the usual form parsers write files above 1 MB to disk.
"""

import json
from email.message import Message

import numpy as np

SIDE = 28
HEADER_BYTES = 2000  # of a Content-Type, and of the header of one part of a form
PARTS = 20  # of a form: more are refused
BOUNDARY_BYTES = 200  # RFC 2046 allows 70
PICTURE, FORM, JSON = "image/*", "multipart/form-data", "application/json"
BYTES = "application/octet-stream"
TYPES = f"{PICTURE}, {BYTES}, {FORM} and {JSON}"
ROWS = f"{SIDE} rows of {SIDE} numbers from 0 to 255"


class UploadError(ValueError):
    """What is wrong with an upload.

    Args:
        status: the HTTP status that says so: 400, 415 or 422.
        message: a sentence, or two, that name what was received and what is allowed.
    """

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


def read_kind(content_type: str | None, content_encoding: str | None = None) -> str:
    """Say what an upload is by its headers, before its body is read.

    Args:
        content_type: the header; none is taken for bytes of any kind.
        content_encoding: the header, if there is one.

    Returns:
        PICTURE, FORM or JSON.

    Raises:
        UploadError: 415, a type, a charset or an encoding that is not allowed.

    Example:
        >>> read_kind("image/png"), read_kind("application/json; charset=UTF-8")
        ('image/*', 'application/json')
    """
    if content_encoding and content_encoding.strip().lower() != "identity":
        raise UploadError(
            415,
            f"The Content-Encoding is {_short(content_encoding)}; send the body "
            "as it is, without Content-Encoding.",
        )
    if content_type is None:
        return PICTURE
    header = _header("content-type", content_type, 415)
    media = content_type.partition(";")[0].strip().lower()
    if media == JSON:
        charset = str(header.get_param("charset", "utf-8")).lower()
        if charset not in ("utf-8", "utf8", "us-ascii"):
            raise UploadError(
                415, f"The charset is {_short(charset)}; JSON in UTF-8 is allowed."
            )
    if media.startswith("image/") or media == BYTES:
        return PICTURE
    if media in (FORM, JSON):
        return media
    hint = ' With curl, add -H "Content-Type: image/png".' if "form" in media else ""
    raise UploadError(
        415, f"The Content-Type is {_short(content_type)}; allowed are {TYPES}.{hint}"
    )


def read_json(body: bytes) -> np.ndarray:
    """Return the image of a JSON body {"image": 28 rows of 28 numbers}.

    Args:
        body: UTF-8. Numbers are 0 (paper) to 1, or to 255 if one of them is above 1.

    Returns:
        float32 (28, 28) in [0, 1].

    Raises:
        UploadError: 400, the body is no JSON; 422, it is something else.

    Example:
        >>> read_json(json.dumps({"image": [[0, 51] * 14] * 28}).encode())[0, :2]
        array([0. , 0.2], dtype=float32)
    """
    try:
        value = json.loads(
            body.decode("utf-8-sig"),
            parse_int=float,  # so that no number is too long, and no number is a bool
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique,
        )
    except UploadError:
        raise
    except UnicodeDecodeError as error:
        raise UploadError(
            400, f"The JSON is not UTF-8: byte {error.start} is wrong."
        ) from None
    except RecursionError:
        raise UploadError(400, "The JSON is nested too deeply.") from None
    except ValueError as error:
        raise UploadError(400, f"The body is no JSON: {error}.") from None
    if not isinstance(value, dict) or list(value) != ["image"]:
        found = f"keys {list(value)}" if isinstance(value, dict) else _short(value)
        raise UploadError(
            422, f'The JSON holds {_cut(found)}; {{"image": {ROWS}}} is allowed.'
        )
    return _image(value["image"])


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
    boundary = _header("content-type", content_type, 400).get_boundary()
    if not boundary or len(boundary) > BOUNDARY_BYTES:
        raise UploadError(400, "The form's Content-Type has no boundary that is one.")
    mark = b"\r\n--" + boundary.encode("latin-1", "replace")
    parts = (b"\r\n" + body).split(mark, PARTS + 2)
    if len(parts) < 3 or not parts[-1].startswith(b"--"):
        why = "is cut off" if len(parts) <= PARTS + 2 else f"has over {PARTS} parts"
        raise UploadError(400, f"The form {why}; send one whole file.")
    files = [data for part in parts[1:-1] for data in _file(part)]
    if len(files) != 1:
        raise UploadError(
            400, f"The form holds {len(files) or 'no'} files; one is allowed."
        )
    if not files[0]:
        raise UploadError(400, "The file is empty; send a picture of one digit.")
    return files[0]


def _file(part: bytes) -> list[bytes]:
    """What a part holds if it is a file, or nothing."""
    start, _, rest = part.partition(b"\r\n")  # what is left of the boundary's line
    head, blank, data = rest.partition(b"\r\n\r\n")
    if start.strip() or not blank or len(head) > HEADER_BYTES:
        raise UploadError(400, "A part of the form has no header that can be read.")
    for line in head.decode("latin-1").split("\r\n"):
        name, _, value = line.partition(":")
        if name.strip().lower() == "content-disposition":
            header = _header(name.strip(), value.strip(), 400)
            if header.get_param("filename", None, header=name.strip()) is not None:
                return [data]
    return []


def _header(name: str, value: str, status: int) -> Message:
    """A header in the form that the standard library takes apart."""
    if len(value) > HEADER_BYTES:
        limit = f"{HEADER_BYTES:,} characters"
        raise UploadError(
            status, f"The {name} has {len(value):,}; {limit} are allowed."
        )
    header = Message()
    header[name] = value
    return header


def _image(rows) -> np.ndarray:
    """Rows from JSON as float32 (28, 28) in [0, 1], or an UploadError."""
    if not isinstance(rows, list):
        raise UploadError(422, f"image is {_short(rows)}; {ROWS} are allowed.")
    if len(rows) != SIDE:
        raise UploadError(422, f"image has {len(rows)} rows; {ROWS} are allowed.")
    for y, row in enumerate(rows):
        if not isinstance(row, list):
            raise UploadError(422, f"image[{y}] is {_short(row)}; {ROWS} are allowed.")
        if len(row) != SIDE:
            found = f"image[{y}] has {len(row)} numbers"
            raise UploadError(422, f"{found}; {ROWS} are allowed.")
        for x, value in enumerate(row):
            if type(value) is not float or not 0 <= value <= 255:
                found = f"image[{y}][{x}] is {_short(value)}"
                raise UploadError(422, f"{found}; a number from 0 to 255 is allowed.")
    image = np.array(rows)
    return (image / 255 if image.max() > 1 else image).astype(np.float32)


def _unique(pairs: list[tuple]) -> dict:
    found = {}
    for key, value in pairs:
        if key in found:
            raise UploadError(422, f"The JSON holds the key {_short(key)} twice.")
        found[key] = value
    return found


def _refuse_constant(name: str):
    raise ValueError(f"{name} is no number in JSON")


def _short(value) -> str:
    """Name a value in a few characters, as JSON would."""
    if isinstance(value, list | dict):
        kind = "a list" if isinstance(value, list) else "an object"
        return f"{kind} of {len(value)}"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return _cut(f"{value:g}" if isinstance(value, float) else f'"{value}"')


def _cut(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
