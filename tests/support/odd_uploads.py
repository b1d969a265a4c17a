"""What clients may send that is bad or odd, made in code, and what each must give.

An `Upload` is a body, its Content-Type and what is expected. Pictures show the digit
that `draw` makes of a clean 28 x 28 image; good ones must be read as that digit.
"""

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, PngImagePlugin

NAMES = {"jpg": "JPEG", "tif": "TIFF"}
RGB_INK, RGB_PAPER = (40, 30, 120), (250, 235, 190)
ORIENTATION = 0x0112  # EXIF's tag
UNDO = {  # how a camera stored what each EXIF orientation turns back
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


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


def draw(image: np.ndarray, side: int = 280) -> Image.Image:
    """Enlarge a 28 x 28 image, uint8 with bright ink, to dark ink on white paper."""
    bright = Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)
    return bright.point(lambda value: 255 - value)


def save(picture: Image.Image, kind: str = "png", **options) -> bytes:
    file = io.BytesIO()
    picture.save(file, NAMES.get(kind, kind.upper()), **options)
    return file.getvalue()


def form(*parts: tuple[str, bytes]) -> bytes:
    """A form with the boundary x; a part is its Content-Disposition and its bytes."""
    start = b"--x\r\nContent-Disposition: form-data; "
    made = [start + h.encode() + b"\r\n\r\n" + data + b"\r\n" for h, data in parts]
    return b"".join([*made, b"--x--\r\n"])


FILE = 'name="file"; filename="7.png"'
FORM = "multipart/form-data; boundary=x"
JSON = "application/json"


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG file."""
    crc = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def png(width: int, height: int, data: bytes, *, bits: int = 8, extra: bytes = b""):
    """A greyscale PNG file, its pixels compressed already."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0))
    end = chunk(b"IDAT", data) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + extra + end


def zeros(count: int) -> bytes:
    """So many zeros, compressed without having them all."""
    packer, block = zlib.compressobj(1), bytes(1_000_000)
    parts = [packer.compress(block) for _ in range(count // len(block))]
    parts.append(packer.compress(bytes(count % len(block))))
    return b"".join([*parts, packer.flush()])


def good_pictures(image: np.ndarray) -> Iterator[tuple[str, Upload]]:
    """Pictures that are read as the digit on `image`."""
    grey = draw(image)
    ink = Image.fromarray(255 - np.asarray(grey))
    paints = (Image.new("RGB", grey.size, c) for c in (RGB_INK, RGB_PAPER))
    colour = Image.composite(*paints, ink)
    for kind in ("png", "jpg", "webp", "gif", "bmp", "tif"):
        mime = f"image/{NAMES.get(kind, kind).lower()}"
        yield f"grey {kind}", Upload(save(grey, kind), mime)
        yield f"colour {kind}", Upload(save(colour, kind), mime)
    for mode in ("1", "P", "LA", "RGBA", "I;16"):
        yield f"{mode} png", Upload(save(_in_mode(grey, mode)))
    sixteen = np.asarray(grey).astype(np.uint16)
    yield "16-bit png, dim", Upload(save(Image.fromarray(sixteen * 20 + 20_000)))
    full = save(Image.fromarray(sixteen * 257), "tif")
    yield "16-bit tif", Upload(full, "image/tiff")
    yield "float tif", Upload(save(grey.convert("F").point(lambda v: v / 255), "tif"))
    for name, tone in {"dark": 0, "light": 255}.items():
        clear = Image.new("LA", grey.size, (tone, 0))
        clear.putalpha(ink)
        yield f"{name} ink on nothing, LA", Upload(save(clear))
        yield f"{name} ink on nothing, RGBA", Upload(save(clear.convert("RGBA")))
        webp = save(clear.convert("RGBA"), "webp", lossless=True)
        yield f"{name} ink on nothing, webp", Upload(webp, "image/webp")
    few = grey.quantize(8)
    few.info.pop("transparency", None)
    paper = int(np.asarray(few)[0, 0])
    yield "palette with clear paper", Upload(save(few, transparency=paper))
    yield "gif with clear paper", Upload(save(few, "gif", transparency=paper))
    yield "cmyk jpg", Upload(save(colour.convert("CMYK"), "jpg"), "image/jpeg")
    yield "cmyk tif", Upload(save(colour.convert("CMYK"), "tif"), "image/tiff")
    yield "light on dark", Upload(save(ink))
    for number, undo in UNDO.items():
        exif = Image.Exif()
        exif[ORIENTATION] = number
        turned = save(grey.transpose(undo), "jpg", exif=exif, quality=95)
        yield f"jpg that EXIF turns, {number}", Upload(turned, "image/jpeg")
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    yield "png that EXIF turns", Upload(save(grey.transpose(UNDO[6]), exif=exif))
    exif[ORIENTATION] = 99
    yield "EXIF of nonsense", Upload(save(grey, "jpg", exif=exif), "image/jpeg")
    broken = b"Exif\0\0" + b"\xff" * 40
    yield "damaged EXIF", Upload(save(grey, "jpg", exif=broken), "image/jpeg")
    mpo = save(grey, "mpo", save_all=True, append_images=[grey.rotate(90)])
    yield "mpo, two pictures", Upload(mpo, "image/jpeg")
    yield "progressive jpg", Upload(save(colour, "jpg", progressive=True), "image/jpeg")
    yield "poor jpg", Upload(save(grey, "jpg", quality=20), "image/jpeg")
    for packing in ("tiff_lzw", "tiff_adobe_deflate", "packbits"):
        packed = save(grey, "tif", compression=packing)
        yield f"tif, {packing}", Upload(packed, "image/tiff")
    yield "bmp, 1 bit", Upload(save(grey.convert("1"), "bmp"), "image/bmp")
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "seven " * 100, zip=True)
    yield "png with text", Upload(save(grey, pnginfo=text))
    yield "png and more after it", Upload(save(grey) + bytes(1000))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.txt", "text")
    yield "png that is a zip too", Upload(save(grey) + archive.getvalue())
    for size in ((280, 900), (900, 280)):
        wide = Image.new("L", size, 255)
        wide.paste(grey, (0, 0))
        yield f"{size[0]} x {size[1]}", Upload(save(wide))
    yield "as small as MNIST", Upload(save(draw(image, 28)))
    yield "12 megapixels", Upload(save(draw(image, 3464), "jpg"), "image/jpeg")


def good_requests(image: np.ndarray) -> Iterator[tuple[str, Upload]]:
    """Ways to send a picture or an array."""
    file = save(draw(image))
    binary = "image/png; charset=binary"
    for mime in ("image/jpeg", "IMAGE/PNG", binary, "image/*", None):
        yield f"png as {mime}", Upload(file, mime)
    yield "png as bytes", Upload(file, "application/octet-stream")
    parts = [file[i : i + 999] for i in range(0, len(file), 999)]
    yield "png in chunks", Upload(parts)
    plain = {"Content-Encoding": "identity"}
    yield "identity encoding", Upload(file, headers=plain)
    yield "form", Upload(form((FILE, file)), FORM)
    for name, head in {
        "other field": 'name="picture"; filename="x"',
        "Chinese name": 'name="file"; filename="七.png"',
        "path as name": 'name="file"; filename="../../etc/passwd"',
        "name without quotes": "name=file; filename=7.png",
        "quote in the name": 'name="file"; filename="a\\"b;c.png"',
        "with a type": FILE + "\r\nContent-Type: text/plain",
    }.items():
        yield f"form, {name}", Upload(form((head, file)), FORM)
    text = 'name="comment"', b"a seven"
    yield "form with a text beside", Upload(form(text, (FILE, file), text), FORM)
    yield "form with an epilogue", Upload(form((FILE, file)) + b"Bye", FORM)
    quoted = 'multipart/form-data; charset=utf-8; BOUNDARY="x"'
    yield "form with a quoted boundary", Upload(form((FILE, file)), quoted)
    like = file + b"\n--x--\r--x\r\n-x"
    yield "form with what is like a boundary", Upload(form((FILE, like)), FORM)
    small = form((FILE, file)).replace(b"Content-D", b"content-d")
    yield "form with small letters", Upload(small, FORM)
    yield "form, larger than 1 MB", Upload(form((FILE, file + bytes(2**21))), FORM)
    unit = {"image": (image / 255).tolist()}
    text = json.dumps({"image": image.tolist(), "max": 255})
    floats = {"image": image.astype(float).tolist(), "max": 255.0}
    for name, body in {
        "to 255": text,
        "to 255, max first": json.dumps({"max": 255, "image": image.tolist()}),
        "to 1": json.dumps(unit),
        "to 1, as max says": json.dumps(unit | {"max": 1}),
        "of 0 and 1": json.dumps({"image": (image > 99).astype(int).tolist()}),
        "on many lines": json.dumps(unit, indent=2),
        "floats to 255": json.dumps(floats),
        "exponents": text.replace("255", "2.55E+2"),
        "escaped key": text.replace("im", "\\u0069m"),
        "byte order mark": "\ufeff" + text,
        "minus zero": text.replace("[0,", "[-0.0,"),
        "tiny": text.replace("[0,", "[1e-999,"),
        "space around": " \n" + text + "\r\n\t ",
    }.items():
        yield f"JSON {name}", Upload(body.encode(), JSON)
    body = text.encode()
    for mime in (f"{JSON}; charset=UTF-8", "Application/JSON", f"{JSON};charset=utf8"):
        yield f"JSON as {mime}", Upload(body, mime)


def without_answer(image: np.ndarray) -> Iterator[tuple[str, Upload]]:
    """Pictures and arrays that hold no digit, or two."""
    grey = draw(image)
    for name, value in {"white": 255, "black": 0, "grey": 128}.items():
        blank = Image.new("L", (200, 300), value)
        yield f"all {name}", Upload(save(blank), answer="no digit")
    clear = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    yield "all clear", Upload(save(clear), answer="no digit")
    sixteen = Image.fromarray(np.full((200, 200), 40_000, np.uint16))
    yield "all 40000 of 16 bits", Upload(save(sixteen), answer="no digit")
    for number in (0, 1, 100, 255, 0.5):
        most = 1 if number <= 1 else 255
        body = json.dumps({"image": [[number] * 28] * 28, "max": most}).encode()
        yield f"JSON, all {number}", Upload(body, JSON, answer="no digit")
    few = png(100, 100, zlib.compress(bytes(303)))
    yield "png of few rows", Upload(few, answer="no digit")
    two = Image.new("L", (640, 320), 255)
    two.paste(grey, (20, 20))
    two.paste(grey, (340, 20))
    yield "two digits", Upload(save(two), answer="more than one digit")


def damaged(image: np.ndarray) -> Iterator[tuple[str, Upload]]:
    """Pictures cut off or damaged, and what is no picture: all 422."""
    grey = draw(image)
    cut = {"png": (1, 4, 8, 12, 20, 33, 40, 45, 60, 100), "jpg": (1, 2, 3, 20, 150)}
    for kind in ("png", "jpg", "gif", "webp", "bmp", "tif"):
        file = save(grey, kind)
        for end in (*cut.get(kind, (6, 20)), len(file) // 2, len(file) * 9 // 10):
            yield f"{kind}, {end} bytes", Upload(file[:end], "image/png", 422)
    file = save(grey)
    at = file.index(b"IDAT") + 20
    yield "wrong checksum", Upload(file[:at] + b"\0\0\0" + file[at + 3 :], status=422)
    for name, body in {
        "no pixels": png(0, 0, zlib.compress(b"")),
        "no width": png(0, 100, zlib.compress(bytes(100))),
        "no data": png(100, 100, b""),
        "garbage for data": png(100, 100, b"garbage" * 9),
        "one pixel": png(1, 1, zlib.compress(bytes(2))),
        "a line": png(10_000, 1, zlib.compress(bytes(10_001))),
        "a signature": b"\x89PNG\r\n\x1a\n",
    }.items():
        yield f"png, {name}", Upload(body, status=422)
    nan = np.full((100, 100), np.nan, np.float32)
    yield "tif of NaN", Upload(save(Image.fromarray(nan), "tif"), "image/tiff", 422)
    mixed = np.asarray(grey).astype(np.float32)
    mixed[0, 0] = np.inf
    yield "tif with inf", Upload(save(Image.fromarray(mixed), "tif"), "image/tiff", 422)
    rng = np.random.default_rng(0)
    for name, body in {
        "noise": rng.bytes(5000),
        "zeros": bytes(5000),
        "one byte": b"\0",
        "text": b"Seven is a number.",
        "html": b"<!doctype html><html><body>7</body></html>",
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><text>7</text></svg>',
        "xml bomb": b'<!DOCTYPE a [<!ENTITY b "b"><!ENTITY c "&b;&b;">]><svg>&c;</svg>',
        "pdf": b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF",
        "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n",
        "zip": b"PK\x05\x06" + bytes(18),
        "gzip": b"\x1f\x8b\x08" + bytes(30),
        "heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100),
        "avif": b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + bytes(100),
        "wav": b"RIFF\x24\0\0\0WAVEfmt " + bytes(28),
        "psd": b"8BPS\0\1" + bytes(100),
        "program": b"\x7fELF\2\1\1" + bytes(100),
        "base64": b"data:image/png;base64,iVBORw0KGgo=",
        "JSON": b'{"image": []}',
        "ppm": b"P6 2 2 255 " + bytes(12),
        "ico": save(grey.resize((32, 32)), "ico"),
        "icns": b"icns\0\0\0\x10ic07\0\0\0\x08",
        "dds": b"DDS |\0\0\0" + bytes(120),
        "fits": b"SIMPLE  =                    T" + b" " * 50 + b"END" + b" " * 77,
        "pickle": b"\x80\x04\x95\x0b\0\0\0\0\0\0\0\x8c\x07picture\x94.",
    }.items():
        yield f"{name} for a picture", Upload(body, "image/png", 422)


def too_much(image: np.ndarray) -> Iterator[tuple[str, Upload]]:
    """Bombs, animations and pages: small files that hold far more."""
    grey = draw(image)
    rows, wide = 30_000, 30_000 // 8 + 1
    pixels, text = zlib.compress(bytes(10_100)), b"a\0\0" + zeros(10**8)
    gif = b"GIF89a\xff\xff\xff\xff\x80\0\0" + bytes(6) + b",\0\0\0\0\xff\xff\xff\xff"
    gif += b"\0\2\x16" + b"\x8c" * 22 + b"\0;"
    bmp = (100, 0, 54, 40, 10**5, 10**5, 1, 24)
    for name, body in {
        "png of 30000 x 30000": png(30_000, 30_000, zeros(rows * wide), bits=1),
        "png of 10000 x 10000": png(10_000, 10_000, zeros(10_000 * 10_001)),
        "png of 2**31 x 2**31": png(2**31 - 1, 2**31 - 1, zlib.compress(b"")),
        "png, 1 row of a million": png(1_000_000, 1, zeros(1_000_001)),
        "png with 100 MB of text": png(100, 100, pixels, extra=chunk(b"zTXt", text)),
        "png with a profile of 100 MB": png(
            100, 100, pixels, extra=chunk(b"iCCP", text)
        ),
        "gif of 65535 x 65535": gif,
        "jpg of 65500 x 65500": _with_jpg_size(save(grey, "jpg"), 65_500),
        "bmp of 100000 x 100000": b"BM" + struct.pack("<IIIIiiHH", *bmp) + bytes(100),
        "tif of 100000 x 100000": _tif(100_000, 100_000),
    }.items():
        yield name, Upload(body, status=422)
    turned = grey.rotate(90)
    for kind in ("png", "gif", "webp", "tif"):
        body = save(grey, kind, save_all=True, append_images=[turned, grey])
        yield f"{kind} of three pictures", Upload(body, status=422, says="one")


def bad_forms(image: np.ndarray) -> Iterator[tuple[str, Upload]]:
    """Forms that are broken, or hold no file, or several: all 400."""
    file = save(draw(image))
    whole, text = form((FILE, file)), ('name="file"', file)
    empty = 'name="file"; filename=""'
    for name, body in {
        "two files": form((FILE, file), (FILE, file)),
        "no parts": form(),
        "a text alone": form(text),
        "an empty file": form((FILE, b"")),
        "no file chosen": form((empty, b"")),
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
        "a form inside": form(('name="file"', form((FILE, file)).replace(b"x", b"y"))),
        "nothing": b"",
    }.items():
        yield f"form, {name}", Upload(body, FORM, 400)
    for name, mime in {
        "no boundary": "multipart/form-data",
        "an empty boundary": "multipart/form-data; boundary=",
        "a long boundary": "multipart/form-data; boundary=" + "x" * 300,
        "a boundary beyond ASCII": "multipart/form-data; boundary=\xe9",
    }.items():
        yield f"form, {name}", Upload(whole, mime, 400, says="form")
    yield "form, a text as picture", Upload(form((FILE, b"seven")), FORM, 422)


def bad_json(image: np.ndarray) -> Iterator[tuple[str, Upload]]:
    """JSON that is none: 400. JSON of something else: 422."""

    def image_of(cell: str, most: str = "255") -> str:
        rows = [["0"] * 28 for _ in range(28)]
        rows[3][5] = cell
        rows = ",".join(f"[{','.join(row)}]" for row in rows)
        return f'{{"image": [{rows}], "max": {most}}}'

    good, row = image_of("0"), [0] * 28
    for name, body in {
        "nothing": b"",
        "a space": b" ",
        "words": b"seven",
        "cut off": good[:100].encode(),
        "a second value": (good + good).encode(),
        "a comma too many": good.replace("]]", "],]").encode(),
        "single quotes": good.replace('"', "'").encode(),
        "a comment": b"// seven\n" + good.encode(),
        "NaN": image_of("NaN").encode(),
        "Infinity": image_of("Infinity").encode(),
        "-Infinity": image_of("-Infinity").encode(),
        "hex": image_of("0xff").encode(),
        "a leading zero": image_of("007").encode(),
        "UTF-16": good.encode("utf-16"),
        "UTF-16 without mark": good.encode("utf-16-le"),
        "UTF-32": good.encode("utf-32"),
        "bytes of Latin-1": '{"image": "é"}'.encode("latin-1"),
        "half a character": b'{"image": "\xed\xa0\x80"}',
        "zero bytes": bytes(100),
        "a png": save(Image.new("L", (100, 100))),
        "30000 brackets": b"[" * 30_000,
        "30000 nested lists": b"[" * 30_000 + b"]" * 30_000,
        "10000 nested objects": b'{"a":' * 10_000,
    }.items():
        yield f"JSON, {name}", Upload(body, JSON, 400)
    for name, value in {
        "null": None,
        "a number": 7,
        "a text": "seven",
        "true": True,
        "a list": [row] * 28,
        "an empty object": {},
        "an empty list": [],
        "another key": {"picture": [row] * 28},
        "a key beside": {"image": [row] * 28, "digit": 7},
        "image null": {"image": None},
        "image a text": {"image": "iVBORw0KGgo="},
        "image a number": {"image": 7},
        "image an object": {"image": {"0": row}},
        "no rows": {"image": []},
        "27 rows": {"image": [row] * 27},
        "29 rows": {"image": [row] * 29},
        "27 columns": {"image": [row[:27]] * 28},
        "ragged rows": {"image": [row] * 27 + [row[:3]]},
        "one long row": {"image": [0] * 784},
        "rows of text": {"image": ["0" * 28] * 28},
        "rows of null": {"image": [None] * 28},
        "three dimensions": {"image": [[[0]] * 28] * 28},
        "a batch": {"image": [[row] * 28]},
        "nested twice": {"image": {"image": [row] * 28}},
        "max alone": {"max": 255},
        "max true": {"image": [row] * 28, "max": True},
        "max a text": {"image": [row] * 28, "max": "255"},
        "max 256": {"image": [row] * 28, "max": 256},
        "max 0": {"image": [row] * 28, "max": 0},
        "max null": {"image": [row] * 28, "max": None},
    }.items():
        yield f"JSON, {name}", Upload(json.dumps(value).encode(), JSON, 422)
    for cell in (
        *("true", "false", "null", '"7"', '""', "[]", "{}", "[0]", "-1", "-1e-9"),
        *("256", "255.001", "1e400", "-1e400", "9" * 5000, "1" + "0" * 400),
        *(
            '"\\ud800"',
            '"' + "x" * 5000 + '"',
            '"\\u0000"',
            '"<script>alert(1)</script>"',
        ),
    ):
        body = image_of(cell).encode()
        says = "" if cell == "{}" else "image[3][5] is "
        yield f"JSON with {cell[:12]}", Upload(body, JSON, 422, says=says)
    for cell in ("1.0000001", "2", "255", "-0.0000001"):
        for name, body in {
            "max 1": image_of(cell, most="1"),
            "no max": image_of(cell).replace(', "max": 255', ""),
        }.items():
            says = f'image[3][5] is {float(cell):.9g}; {{"image": 28 rows'
            upload = Upload(body.encode(), JSON, 422, says=says)
            yield f"JSON with {cell}, {name}", upload
    twice = good[:-1] + ', "image": 7}'  # the last one counts
    yield "JSON, a key twice", Upload(twice.encode(), JSON, 422, says="image is 7")
    deep = image_of("[" * 500 + "]" * 500)
    yield "JSON, deep in a cell", Upload(deep.encode(), JSON, 422)
    keys = "{" + ",".join(f'"{i}":0' for i in range(6000)) + "}"
    yield "JSON, 6000 keys", Upload(keys.encode(), JSON, 422)
    long = '{"image": [' + " " * 70_000 + "]}"
    yield "JSON, too long", Upload(long.encode(), JSON, 413, says="64,000 bytes")


def bad_headers(image: np.ndarray) -> Iterator[tuple[str, Upload]]:
    """Types, encodings and sizes that are not allowed."""
    file = save(draw(image))
    body = json.dumps({"image": image.tolist()}).encode()
    for mime in (
        *("text/plain", "text/html", "application/xml", "application/pdf", "video/mp4"),
        *("audio/wav", "application/x-www-form-urlencoded", "multipart/mixed", "image"),
        *("multipart/form-data-x", "application/jsonl", "text/json", "*/*", "", ";;;"),
        *("png", "image\\png", "application/zip", "application/x-python-pickle"),
    ):
        yield f"type {mime!r}", Upload(file, mime, 415, says="Content-Type")
    yield "type of 3000 letters", Upload(file, "image/" + "x" * 3000, 415)
    for charset in ("utf-16", "latin-1", "nonsense", "'utf-8"):
        mime = f"{JSON}; charset={charset}"
        yield f"charset {charset}", Upload(body, mime, 415, says="charset")
    for encoding in ("gzip", "deflate", "br", "x-gzip", "gzip, identity", "nonsense"):
        headers = {"Content-Encoding": encoding}
        yield f"encoding {encoding}", Upload(file, status=415, headers=headers)
    for mime in ("image/png", "application/octet-stream", FORM, JSON, None):
        yield f"nothing as {mime}", Upload(b"", mime, 400, says="empty")
    yield "nothing in chunks", Upload([], status=400, says="empty")
    large = bytes(10_000_001)
    yield "10 MB and a byte", Upload(large, status=413, says="10,000,000 bytes")
    yield "10 MB in chunks", Upload([large[: 10**6]] * 11, status=413)
    yield "10 MB of JSON", Upload(large, JSON, 413, says="64,000 bytes")
    yield "10 MB of a form", Upload(large, FORM, 413)
    yield "10 MB of zeros", Upload(large[:-1], status=422)


MAKERS = (good_pictures, good_requests, without_answer, damaged, too_much)
MAKERS += (bad_forms, bad_json, bad_headers)


def _in_mode(grey: Image.Image, mode: str) -> Image.Image:
    if mode == "I;16":
        return Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    return grey.convert("RGB").convert("P") if mode == "P" else grey.convert(mode)


def _with_jpg_size(file: bytes, side: int) -> bytes:
    at = file.index(b"\xff\xc0") + 5
    return file[:at] + struct.pack(">HH", side, side) + file[at + 4 :]


def _tif(width: int, height: int) -> bytes:
    """A TIFF file that claims a size and holds next to nothing."""
    tags = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1}
    tags |= {278: height, 279: 100}
    entries = b"".join(struct.pack("<HHII", t, 4, 1, v) for t, v in tags.items())
    start = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(tags))
    return start + entries + bytes(104)
