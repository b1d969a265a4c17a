"""Requests made from the API's own schema, right and wrong ones, break nothing.

Schemathesis makes them, and reads this file for pictures to put where the schema asks
for one: else every picture would be noise, rightly refused. All its checks are on. They
ask for: no status from 500, status, type and body of every answer as the schema says,
what is right accepted and what is wrong refused, 405 with Allow for other methods.
"""

import os
import subprocess
import sys

import schemathesis
from hypothesis import given, settings, strategies
from support import odd_uploads

from utils import ROOT
from utils.digits.drawing import draw_digits
from utils.handwriting import uploads

EXAMPLES = 60  # of each operation
PICTURES = [
    odd_uploads.save(odd_uploads.draw(image, 100), kind)
    for image in draw_digits(10, 2)[0]
    for kind in ("png", "jpg", "webp", "bmp")
]
for media_type in ("image/*", "application/octet-stream"):
    pictures = strategies.sampled_from(PICTURES)
    schemathesis.openapi.media_type(media_type, pictures)


def test_what_the_schema_says_holds(url, tmp_path):
    start = "from schemathesis.cli import schemathesis; schemathesis()"
    command = [sys.executable, "-c", start, "run", f"{url}/openapi.json"]
    command += ["--checks=all", f"--max-examples={EXAMPLES}", "--seed=1", "--no-color"]
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "SCHEMATHESIS_HOOKS": __file__, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-9000:]
    assert "Selected: 2/2" in done.stdout and "Tested: 2" in done.stdout
    assert "No issues found" in done.stdout


text = strategies.text(strategies.characters(max_codepoint=255), max_size=40)
of_forms = b"--x -- : ; \" filename= %FF'' filename*0*= \\"
of_json = b'[ { "image": 0 , ] } 1e9 null \xff - "max":'
ends = [b"Content-Disposition: form-data", b"\r\n", b"\r\n--x", b"--x--\r\n", b"\n"]
piece = strategies.sampled_from([*ends, *of_forms.split(), *of_json.split()])
body = strategies.lists(piece | strategies.binary(max_size=5)).map(b"".join)
media_type = text | text.map("multipart/form-data; boundary=x; ".__add__)


@settings(max_examples=500, deadline=None)
@given(media_type, body)
def test_no_header_and_no_body_break_what_reads_them(media_type, body):
    for read in (
        lambda: uploads.media_type(media_type, media_type[:9]),
        lambda: uploads.media_type("application/json; " + media_type),
        lambda: uploads.read_form(media_type, body),
        lambda: uploads.read_form("multipart/form-data; boundary=x", body),
        lambda: uploads.read_json(body),
    ):
        try:
            read()
        except uploads.UploadError as error:
            assert error.status in (400, 415, 422)
            assert 10 < len(str(error)) < 400
