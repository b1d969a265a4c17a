"""What clients may send that is bad or odd, made in code, and what each must give.

Each of MAKERS takes a clean 28 x 28 image of a digit, uint8, and returns uploads by
their names. Good pictures, as `draw` makes them of it, must be read as its digit.
"""

import io
import json
import struct
import zlib
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageOps

NAMES = {"jpg": "JPEG", "tif": "TIFF"}
KINDS = ("png", "jpg", "webp", "gif", "bmp", "tif")
ORIENTATION = 0x0112  # EXIF's tag
FILE = 'name="file"; filename="7.png"'
FORM = "multipart/form-data; boundary=x"
JSON = "application/json"


@dataclass
class Upload:
    """A request and what it must give.

    Attributes:
        body: bytes, or chunks of them to be sent one by one.
        type: Content-Type, or None for no such header.
        status: expected.
        answer: expected where the status is 200; None for the digit that was drawn.
        says: part of the expected error.
        headers: others.
    """

    body: bytes | list[bytes]
    type: str | None = "image/png"
    status: int = 200
    answer: str | None = None
    says: str = ""
    headers: dict = field(default_factory=dict)


def each(bodies: dict, *expected, **more) -> dict[str, Upload]:
    """Make an upload of each body, text as UTF-8, all with the same expectations."""
    bodies = {n: b.encode() if isinstance(b, str) else b for n, b in bodies.items()}
    return {name: Upload(body, *expected, **more) for name, body in bodies.items()}


def draw(image: np.ndarray, side: int = 280) -> Image.Image:
    """Enlarge a 28 x 28 image, uint8 with bright ink, to dark ink on white paper."""
    bright = Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)
    return ImageOps.invert(bright)


def save(picture: Image.Image | np.ndarray, kind: str = "png", **options) -> bytes:
    file = io.BytesIO()
    picture = Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture
    picture.save(file, NAMES.get(kind, kind.upper()), **options)
    return file.getvalue()


def form(*parts: tuple[str, bytes]) -> bytes:
    """A form with the boundary x; a part is its Content-Disposition and its bytes."""
    start = b"--x\r\nContent-Disposition: form-data; "
    made = [start + h.encode() + b"\r\n\r\n" + data + b"\r\n" for h, data in parts]
    return b"".join([*made, b"--x--\r\n"])


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG file."""
    crc = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def png(width: int, height: int, data: bytes, *, bits: int = 8, extra: bytes = b""):
    """A gray PNG file, its pixels compressed already."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0))
    end = chunk(b"IDAT", data) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + extra + end


def zeros(count: int) -> bytes:
    return zlib.compress(bytes(count), 1)


def good_pictures(image: np.ndarray) -> dict[str, Upload]:
    """Pictures that are read as the digit on `image`."""
    gray = draw(image)
    ink = ImageOps.invert(gray)
    color = ImageOps.colorize(gray, (40, 30, 120), (250, 235, 190))
    wide = np.asarray(gray).astype(np.uint16)
    few = gray.quantize(8)
    few.info.pop("transparency", None)
    paper = few.getpixel((0, 0))
    dark, light = (
        Image.merge("LA", [Image.new("L", gray.size, tone), ink]) for tone in (0, 255)
    )
    turned, nonsense = Image.Exif(), Image.Exif()
    turned[ORIENTATION], nonsense[ORIENTATION] = 6, 99
    on_its_side = gray.transpose(Image.Transpose.ROTATE_90)
    files = {
        "1 bit": save(gray.convert("1")),
        "colored palette": save(color.convert("P")),
        "16 bits, dim": save(wide * 20 + 20_000),
        "16-bit tif": save(wide * 257, "tif"),
        "float tif": save(gray.convert("F").point(lambda v: v / 255), "tif"),
        "dark ink on nothing": save(dark),
        "light ink on nothing": save(light.convert("RGBA")),
        "webp of ink on nothing": save(dark.convert("RGBA"), "webp", lossless=True),
        "palette with clear paper": save(few, transparency=paper),
        "gif with clear paper": save(few, "gif", transparency=paper),
        "cmyk jpg": save(color.convert("CMYK"), "jpg"),
        "cmyk tif": save(color.convert("CMYK"), "tif"),
        "jpg that EXIF turns": save(on_its_side, "jpg", exif=turned, quality=95),
        "EXIF of nonsense": save(gray, "jpg", exif=nonsense),
        "progressive jpg": save(color, "jpg", progressive=True),
        "png and more after it": save(gray) + bytes(1000),
        "12 megapixels": save(draw(image, 3464), "jpg"),
    }
    for kind in KINDS:
        files |= {f"gray {kind}": save(gray, kind), f"color {kind}": save(color, kind)}
    for packing in ("tiff_lzw", "tiff_adobe_deflate", "packbits"):
        files[packing] = save(gray, "tif", compression=packing)
    return each(files)


def good_requests(image: np.ndarray) -> dict[str, Upload]:
    """Ways to send a picture or an array."""
    file, comment = save(draw(image)), ('name="comment"', b"a seven")
    whole = form((FILE, file))
    quoted = 'multipart/form-data; charset=utf-8; BOUNDARY="x"'
    plain = {"Content-Encoding": "identity"}
    uploads = {
        "png in chunks": Upload([file[i : i + 999] for i in range(0, len(file), 999)]),
        "identity encoding": Upload(file, headers=plain),
        "form with a quoted boundary": Upload(whole, quoted),
    }
    binary = "image/png; charset=binary"
    for mime in ("image/jpeg", "IMAGE/PNG", binary, "application/octet-stream", None):
        uploads[f"png as {mime}"] = Upload(file, mime)
    forms = {
        "with a text beside": form(comment, (FILE, file), comment),
        "with an epilogue": whole + b"Bye",
        "with what is like a boundary": form((FILE, file + b"\n--x--\r--x\r\n-x")),
        "with small letters": whole.replace(b"Content-D", b"content-d"),
        "larger than 1 MB": form((FILE, file + bytes(2**21))),
    }
    for head in (
        FILE,
        'name="picture"; filename="七.png"',
        'name="file"; filename="../../etc/passwd"',
        "name=file; filename=7.png",
        'name="file"; filename="a\\"b;c.png"',
        FILE + "\r\nContent-Type: text/plain",
    ):
        forms[f"form, {head}"] = form((head, file))
    unit = {"image": (image / 255).tolist()}
    text = json.dumps({"image": image.tolist(), "max": 255})
    arrays = {
        "to 1": json.dumps(unit),
        "to 1, as max says": json.dumps(unit | {"max": 1}),
        "exponents": text.replace("255", "2.55E+2"),
        "escaped key": text.replace("im", "\\u0069m"),
        "byte order mark": "\ufeff" + text,
        "minus zero": text.replace("[0,", "[-0.0,"),
        "tiny": text.replace("[0,", "[1e-999,"),
        "space around": " \n" + text + "\r\n\t ",
    }
    for mime in (JSON, "Application/JSON", f"{JSON};charset=utf8"):
        uploads[f"JSON as {mime}"] = Upload(text.encode(), mime)
    return uploads | each(forms, FORM) | each(arrays, JSON)


def without_answer(image: np.ndarray) -> dict[str, Upload]:
    """Pictures and arrays that hold no digit, or two."""
    two = Image.new("L", (640, 320), 255)
    for column in (20, 340):
        two.paste(draw(image), (column, 20))
    blank = {
        "all white": save(Image.new("L", (200, 300), 255)),
        "all clear": save(Image.new("RGBA", (200, 200))),
        "png of few rows": png(100, 100, zeros(303)),
    }
    half = json.dumps({"image": [[0.5] * 28] * 28})
    return {
        **each(blank, answer="no digit"),
        "JSON, all 0.5": Upload(half.encode(), JSON, answer="no digit"),
        "two digits": Upload(save(two), answer="more than one digit"),
    }


def damaged(image: np.ndarray) -> dict[str, Upload]:
    """Pictures cut off or damaged, and what is no picture: all 422."""
    gray = draw(image)
    file = save(gray)
    at = file.index(b"IDAT") + 20
    mixed = np.asarray(gray).astype(np.float32)
    mixed[0, 0] = np.inf
    files = {
        "wrong checksum": file[:at] + b"\0\0\0" + file[at + 3 :],
        "no pixels": png(0, 0, zlib.compress(b"")),
        "no width": png(0, 100, zeros(100)),
        "no data": png(100, 100, b""),
        "garbage for data": png(100, 100, b"garbage" * 9),
        "one pixel": png(1, 1, zeros(2)),
        "tif with inf": save(mixed, "tif"),
        "noise": np.random.default_rng(0).bytes(5000),
        "one byte": b"\0",
        "xml bomb": '<!DOCTYPE a [<!ENTITY b "b"><!ENTITY c "&b;&b;">]><svg>&c;</svg>',
        "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n",
        "avif": b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + bytes(100),
        "ppm": b"P6 2 2 255 " + bytes(12),
        "ico": save(gray.resize((32, 32)), "ico"),
    }
    for kind in KINDS:
        file = save(gray, kind)
        half, most = len(file) // 2, len(file) * 9 // 10
        for end in (1, 4, 8, 12, 20, 33, 40, 45, 60, 100, 150, half, most):
            files[f"{kind}, {end} bytes"] = file[:end]
    return each(files, status=422)


def too_much(image: np.ndarray) -> dict[str, Upload]:
    """Bombs: small files that hold far more, or say so."""
    pixels = zeros(10_100)
    text = b"a\0\0" + zeros(10**8)
    files = {
        "png of 30000 x 30000": png(30_000, 30_000, zeros(30_000 * 3751), bits=1),
        "png of 10000 x 10000": png(10_000, 10_000, zeros(10_000 * 10_001)),
        "png of 2**31 x 2**31": png(2**31 - 1, 2**31 - 1, zlib.compress(b"")),
        "png, 1 row of a million": png(1_000_000, 1, zeros(1_000_001)),
        "100 MB of text": png(100, 100, pixels, extra=chunk(b"zTXt", text)),
        "a profile of 100 MB": png(100, 100, pixels, extra=chunk(b"iCCP", text)),
    }
    jpg_size = save(draw(image), "jpg").index(b"\xff\xc0") + 5
    for kind, at, layout, side in (
        ("gif", 6, "<HH", 65_535),
        ("bmp", 18, "<ii", 100_000),
        ("jpg", jpg_size, ">HH", 65_500),
    ):
        file = bytearray(save(draw(image), kind))
        struct.pack_into(layout, file, at, side, side)
        files[f"{kind} of {side} x {side}"] = bytes(file)
    return each(files, status=422)


def bad_forms(image: np.ndarray) -> dict[str, Upload]:
    """Forms that are broken, or hold no file, or several: all 400."""
    file = save(draw(image))
    whole = form((FILE, file))
    forms = {
        "two files": form((FILE, file), (FILE, file)),
        "no parts": form(),
        "a text alone": form(('name="file"', file)),
        "no file chosen": form(('name="file"; filename=""', b"")),
        "no end": whole.replace(b"--x--", b""),
        "cut off": whole[:200],
        "only its start": b"--x\r\n",
        "no blank line": whole.replace(b"\r\n\r\n", b"\r\n", 1),
        "30 parts": form(*[('name="a"', b"")] * 30, (FILE, file)),
        "a million boundaries": b"--x\r\n" * 10**6,
        "a long header": form((FILE + "; a=" + "b" * 5000, file)),
        "no header": b"--x\r\n\r\n" + file + b"\r\n--x--\r\n",
        "another boundary": whole.replace(b"--x", b"--y"),
        "the file alone": file,
        "line feeds alone": form(('name="a"', b"b")).replace(b"\r\n", b"\n"),
        "no name": form(('filename="7.png"', file)),
        "an encoded file name alone": form(("name=file; filename*=UTF-8''7", file)),
        "a preamble": b"Hello\r\n" + whole,
        "a form inside": form(('name="file"', whole.replace(b"x", b"y"))),
    }
    uploads = each(forms, FORM, 400)
    for boundary in ("", "; boundary=", "; boundary=" + "x" * 300, "; boundary=\xe9"):
        upload = Upload(whole, "multipart/form-data" + boundary, 400, says="form")
        uploads[f"boundary {boundary}"] = upload
    return uploads | {"a text as file": Upload(form((FILE, b"seven")), FORM, 422)}


def with_cell(cell: str, most: str = "255") -> str:
    """JSON of an image whose row 3 has this text in column 5, and zeros elsewhere."""
    rows = [["0"] * 28 for _ in range(28)]
    rows[3][5] = cell
    rows = ",".join(f"[{','.join(row)}]" for row in rows)
    return f'{{"image": [{rows}], "max": {most}}}'


def no_json(image: np.ndarray) -> dict[str, Upload]:
    """Bodies said to be JSON that are none: all 400."""
    good = with_cell("0")
    bodies = {
        "a space": " ",
        "words": "seven",
        "cut off": good[:100],
        "a second value": good + good,
        "a comma too many": good.replace("]]", "],]"),
        "NaN": with_cell("NaN"),
        "-Infinity": with_cell("-Infinity"),
        "a leading zero": with_cell("007"),
        "UTF-16": good.encode("utf-16"),
        "UTF-16 without mark": good.encode("utf-16-le"),
        "half a character": b'{"image": "\xed\xa0\x80"}',
        "30000 nested lists": "[" * 30_000 + "]" * 30_000,
        "10000 nested objects": '{"a":' * 10_000,
    }
    return each(bodies, JSON, 400)


def other_json(image: np.ndarray) -> dict[str, Upload]:
    """JSON of something else than an image: all 422."""
    row = [0] * 28
    rows = [row] * 28
    images = [None, "iVBORw0KGgo=", {"0": row}, [], [row] * 27, [row] * 29, [0] * 784]
    images += [[row[1:]] * 28, [*rows[1:], [0]], ["0" * 28] * 28, [rows]]
    values = [None, "seven", rows, {}, {"max": 255}, {"picture": rows}]
    values += [{"image": rows, "digit": 7}, dict.fromkeys(range(5000), 0)]
    values += [{"image": image} for image in images]
    values += [{"image": rows, "max": most} for most in (True, "255", 256, 0, None)]
    texts = enumerate(map(json.dumps, values))
    uploads = each({f"{i}: {text[:60]}": text for i, text in texts}, JSON, 422)
    deep, long = "[" * 500 + "]" * 500, f'"{"x" * 5000}"'
    for cell in (
        *("true", "null", '"7"', '""', "[]", "[0]", "-1e-9", "256", "255.001", deep),
        *("1e400", "-1e400", "9" * 5000, '"\\ud800"', '"\\u0000"', long),
    ):
        upload = Upload(with_cell(cell).encode(), JSON, 422, says="image[3][5] is ")
        uploads[f"a cell of {cell[:12]}"] = upload
    for cell in ("1.0000001", "255", "-0.0000001"):
        says = f'image[3][5] is {float(cell):.9g}; {{"image": 28 rows'
        no_max = with_cell(cell).replace(', "max": 255', "")
        bodies = {f"{cell} of 1": with_cell(cell, most="1"), f"{cell}, no max": no_max}
        uploads |= each(bodies, JSON, 422, says=says)
    twice = with_cell("0")[:-1] + ', "image": 7}'  # the last one counts
    return uploads | each({"a key twice": twice}, JSON, 422, says="image is 7")


def bad_headers(image: np.ndarray) -> dict[str, Upload]:
    """Types, encodings and sizes that are not allowed."""
    file, large = save(draw(image)), bytes(10_000_001)
    uploads = {
        "nothing in chunks": Upload([], status=400, says="empty"),
        "10 MB and a byte": Upload(large, status=413, says="10,000,000 bytes"),
        "10 MB of JSON": Upload(large, JSON, 413, says="64,000 bytes"),
        "10 MB of a form": Upload(large, FORM, 413),
    }
    types = "text/plain application/x-www-form-urlencoded multipart/mixed ;;; image */*"
    types += " multipart/form-data-x application/jsonl image\\png"
    for mime in (*types.split(), "", "image/" + "x" * 3000):
        uploads[f"type {mime}"] = Upload(file, mime, 415, says="Content-Type")
    for charset in ("utf-16", "nonsense", "'utf-8"):
        mime = f"{JSON}; charset={charset}"
        uploads[mime] = Upload(with_cell("0").encode(), mime, 415, says="charset")
    for encoding in ("gzip", "gzip, identity"):
        headers = {"Content-Encoding": encoding}
        uploads[encoding] = Upload(file, status=415, headers=headers)
    for mime in ("image/png", FORM, JSON):
        uploads[f"nothing as {mime}"] = Upload(b"", mime, 400, says="empty")
    return uploads


MAKERS = (good_pictures, good_requests, without_answer, damaged, too_much)
MAKERS += (bad_forms, no_json, other_json, bad_headers)
