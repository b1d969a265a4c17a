"""The server answers what is asked, whatever is sent, and does not mix it up."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import MagicMock
from urllib.parse import urlsplit

import numpy as np
import psutil
import pytest
import requests
from support import odd_uploads, small_model
from support.odd_uploads import JSON, Upload, draw, save

from utils import ROOT
from utils.commands import serve
from utils.handwriting import server
from utils.handwriting.load_test import measure_load
from utils.handwriting.recognizer import CONFIDENCE_THRESHOLD, Prediction

DIGIT = 2  # mirrored or turned it is another, or none
POST = b"POST /api/recognize HTTP/1.1\r\nHost: localhost\r\n"


class Slow:
    """A recognizer that takes its time, fails if told to, and always reads a 3."""

    name, digits = "slow", "none"

    def __init__(self, seconds=0.0, error=None):
        self.seconds, self.error = seconds, error

    def recognize_image(self, image):
        time.sleep(self.seconds)
        if self.error:
            raise self.error
        model = {"name": self.name, "digits": self.digits}
        return Prediction("3", 3, np.eye(10)[3], image, model)


def body_of(image):
    """JSON of an image, uint8."""
    return json.dumps({"image": image.tolist(), "max": 255}).encode()


BLANK = body_of(np.zeros((28, 28), np.uint8))


def ask(url, upload, session=requests):
    headers = {"Content-Type": upload.type} if upload.type is not None else {}
    body = upload.body
    body = iter(body) if isinstance(body, list) else body
    headers |= upload.headers
    return session.post(f"{url}/api/recognize", body, headers=headers, timeout=60)


def ask_json(url, body):
    return ask(url, Upload(body, JSON))


def talk(url, *parts, pause=0.0):
    """Send bytes past any HTTP client, and return all that comes back."""
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port), 30) as connection:
        for part in parts:
            connection.sendall(part)
            time.sleep(pause)
        received = []
        with contextlib.suppress(ConnectionError):
            while data := connection.recv(65536):
                received.append(data)
    return b"".join(received)


def wrong_with(response, upload):
    """What is not as expected of a response, in words, or nothing."""
    found = response.json()
    if response.status_code != upload.status:
        return f"{response.status_code} {str(found)[:90]}, expected {upload.status}"
    if upload.status == 200:
        expected = upload.answer or str(DIGIT)
        return "" if found["answer"] == expected else f"answer {found['answer']}"
    sentence = found["error"]
    if list(found) != ["error"] or not sentence.endswith((".", ";")):
        return f"no sentence: {found}"
    if upload.says not in sentence or len(sentence) > 400:
        return f"it says: {sentence}"
    leaks = ("Traceback", str(ROOT), "/usr", "/tmp", ".py", "Error", "BytesIO", "at 0x")
    if shown := [leak for leak in (*leaks, server.UNREADABLE) if leak in sentence]:
        return f"it shows {shown}: {sentence}"
    return ""


# What is sent


@pytest.mark.parametrize("maker", odd_uploads.MAKERS, ids=lambda m: m.__name__)
def test_whatever_is_sent_gets_the_right_answer(url, images, maker, capfd):
    wrong = []
    for name, upload in maker(images[DIGIT]).items():
        response = ask(url, upload)
        if reason := wrong_with(response, upload):
            wrong.append(f"{name}: {reason}")
    assert not wrong, "\n".join(wrong)
    assert capfd.readouterr() == ("", ""), "something was logged"


def test_nothing_that_is_sent_is_written_to_disk(url, images):
    written, watching = [], True

    def watch(event, args):
        writes = event == "open" and (
            any(letter in str(args[1]) for letter in "wxa+")
            or isinstance(args[2], int)
            and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        )
        if watching and (writes or event.startswith("tempfile.")):
            written.append((event, args))

    sys.addaudithook(watch)  # for good: that is how they are
    for maker in (odd_uploads.good_requests, odd_uploads.bad_forms):
        for upload in maker(images[DIGIT]).values():
            ask(url, upload)
    ask(url, Upload(bytes(9_999_999)))
    watching = False
    assert written == []


def test_an_answer_is_whole(url, images):
    found = ask_json(url, body_of(images[7])).json()
    keys = ["answer", "digit", "probabilities", "top", "image", "model"]
    assert list(found) == keys
    assert (found["answer"], found["digit"]) == ("7", 7)
    assert len(found["probabilities"]) == 10
    assert sum(found["probabilities"]) == pytest.approx(1, abs=1e-5)
    ranked = sorted(enumerate(found["probabilities"]), key=lambda p: -p[1])[:3]
    assert [(t["digit"], t["probability"]) for t in found["top"]] == ranked
    np.testing.assert_array_equal(found["image"], images[7])
    assert found["model"] == {"name": "cnn", "digits": "drawn digits"}


def test_two_likely_digits_are_not_sure(url, images):
    mixed = [np.maximum(images[a], images[b]) for a, b in ((0, 1), (2, 3), (4, 7))]
    found = [ask_json(url, body_of(image)).json() for image in mixed]
    unsure = [f for f in found if f["answer"] == "not sure"]
    assert unsure and all(f["digit"] is None and len(f["top"]) == 3 for f in unsure)
    assert all(f["top"][0]["probability"] < CONFIDENCE_THRESHOLD for f in unsure)


# Limits


def test_a_slow_upload_ends(recognizer):
    limits = server.Limits(upload_s=0.3)
    with small_model.running(server.create_app(recognizer, limits)) as url:
        answer = talk(url, POST + b"Content-Length: 9\r\n\r\n", b"slow")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer.lower()
    assert b'{"error": "The body took over 0.3 seconds; send it faster."}' in answer


def test_limits_hold_to_the_byte(recognizer):
    limits = server.Limits(body_bytes=1000, json_bytes=50)
    with small_model.running(server.create_app(recognizer, limits)) as url:
        for mime, most in {"image/png": 1000, JSON: 50}.items():
            for size, expected in {most: (400, 422), most + 1: (413,)}.items():
                for body in (b" " * size, [b" "] * size):
                    found = ask(url, Upload(body, mime))
                    assert found.status_code in expected
                    assert (f"{most:,} bytes" in found.text) == (413 in expected)


def test_a_body_is_refused_by_its_length_before_it_is_sent(url):
    for length in ("10000001", "99999999999999999"):
        head = f"Expect: 100-continue\r\nContent-Length: {length}\r\n"
        answer = talk(url, POST + head.encode() + b"Connection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 413 "), answer


def test_a_client_that_waits_for_leave_gets_it(url, images):
    body = body_of(images[3])
    head = "Content-Type: application/json\r\nExpect: 100-continue\r\n"
    head += f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    answer = talk(url, POST + head.encode(), body, pause=0.1)
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n")
    assert b"HTTP/1.1 200 OK" in answer and b'"answer":"3"' in answer


def test_too_long_a_wait_is_busy_and_passes():
    slow = Slow(seconds=1)
    limits = server.Limits(answer_s=0.2)
    with small_model.running(server.create_app(slow, limits)) as url:
        busy = ask_json(url, BLANK)
        assert busy.status_code == 503 and busy.headers["Retry-After"] == "1"
        assert busy.json() == {"error": "The server is busy; ask again in a moment."}
        slow.seconds = 0
        time.sleep(1)
        assert ask_json(url, BLANK).json()["answer"] == "3"


def test_clients_that_leave_do_no_harm(url, images, capfd):
    head = POST + b"Content-Length: 9\r\n\r\n"
    place = urlsplit(url)
    for part in (b"POST", head, head + b"half"):
        with socket.create_connection((place.hostname, place.port), 30) as connection:
            connection.sendall(part)
    assert ask_json(url, body_of(images[4])).json()["answer"] == "4"
    assert capfd.readouterr().err == ""


# Many at once


def test_32_clients_at_once_get_each_their_own_answer(url, images):
    uploads = [(Upload(save(draw(i))), Upload(body_of(i), JSON)) for i in images]
    start, answers = threading.Barrier(32), []

    def client(number):
        with requests.Session() as session:
            start.wait()
            for turn in range(5):
                digit = (number + turn) % 10
                found = ask(url, uploads[digit][turn % 2], session)
                answers.append((digit, found.status_code, found.json()["digit"]))

    with ThreadPoolExecutor(32) as pool:
        list(pool.map(client, range(32)))
    assert len(answers) == 160
    assert [a for a in answers if a[1:] != (200, a[0])] == []


def test_a_mistake_in_the_model_is_told_and_not_quoted(capfd):
    slow = Slow(error=ValueError("what the client sent"))
    with small_model.running(server.create_app(slow)) as url:
        found = ask_json(url, BLANK)
        assert found.status_code == 500
        assert found.json()["error"].startswith("This server has a mistake")
        assert found.headers["X-Content-Type-Options"] == "nosniff"
        slow.error = None
        assert ask_json(url, BLANK).json()["answer"] == "3"
    log = capfd.readouterr().err
    assert "ValueError" in log and "in recognize_image" in log
    assert "what the client sent" not in log


def test_a_mistake_in_the_preparation_is_told_and_not_quoted(url, monkeypatch, capfd):
    def fail(source):
        raise IndexError(f"quoted {source}")

    monkeypatch.setattr(server, "prepare", fail)
    found = ask(url, Upload(b"secret"))
    assert (found.status_code, found.json()) == (422, {"error": server.UNREADABLE})
    log = capfd.readouterr().err
    assert "IndexError" in log and "secret" not in log


# The page and the rest


def test_the_page_loads_and_says_what_it_may_load(url):
    found = requests.get(url)
    assert found.status_code == 200
    assert found.headers["Content-Type"] == "text/html; charset=utf-8"
    assert found.content == (server.PAGE / "index.html").read_bytes()
    for path in server.PAGE.iterdir():
        found = requests.get(f"{url}/page/{path.name}")
        assert found.content == path.read_bytes()
        assert found.headers["Content-Type"].startswith(server.TYPES[path.suffix])
        head = requests.head(f"{url}/page/{path.name}")
        assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize(
    "method, path",
    [("GET", "/"), ("GET", "/nothing"), ("PUT", "/"), ("POST", "/api/recognize")],
)
def test_every_answer_carries_the_headers_that_protect(url, method, path):
    headers = requests.request(method, url + path).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self'; img-src 'self' data: blob:;")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert not [name for name in headers if name.startswith("Access-Control")]
    assert "Server" not in headers


@pytest.mark.parametrize(
    "path",
    [
        *("/nothing", "/docs", "/api/recognize/", "//", "/%ff", "/é", "/" + "a" * 5000),
        *("/page/", "/page/nothing.js", "/page/../server.py", "/page/..%2fserver.py"),
        *("/page/..%5cserver.py", "/page/index.html%00"),
    ],
)
def test_other_places_are_not_there(url, path):
    request = requests.Request("GET", url).prepare()
    request.url = url + path  # as it is: else dots are resolved before it is sent
    with requests.Session() as session:
        found = session.send(request, allow_redirects=False)
    assert found.status_code == 404
    assert found.json()["error"].startswith("There is nothing at /")


@pytest.mark.parametrize(
    "method, path, allowed",
    [
        ("GET", "/api/recognize", "POST"),
        ("OPTIONS", "/api/recognize", "POST"),
        ("POST", "/", "GET"),
        ("POST", "/page/index.html", "GET"),
        ("POST", "/api/health", "GET"),
    ],
)
def test_other_methods_are_not_allowed(url, method, path, allowed):
    found = requests.request(method, url + path, data=b"x")
    assert found.status_code == 405 and allowed in found.headers["Allow"].split(", ")
    sentence = f"{method} is not allowed at {path}; use {found.headers['Allow']}."
    assert found.json() == {"error": sentence}


@pytest.mark.parametrize(
    "host, status",
    [
        *(("localhost", 200), ("LOCALHOST:80", 200), ("127.0.0.1:9", 200)),
        *(("[::1]:8000", 200), ("localhost.example.com", 400), ("", 400)),
        *(("127.0.0.1.example.com:80", 400), ("localhost:80:80", 400)),
        *(("localhost:x", 400), ("local\xe9", 400), ("x" * 999, 400)),
    ],
)
def test_other_names_are_turned_away(url, host, status):
    head = f"GET /api/health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    answer = talk(url, head.encode("latin-1"))
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    if status == 400:
        assert b"is not one of 127.0.0.1, localhost, [::1]." in answer


@pytest.mark.parametrize(
    "request_line",
    [
        b"nonsense",
        b"\x16\x03\x01\x02\0",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip",
    ],
)
def test_what_is_not_http_is_refused(url, request_line):
    status = talk(url, request_line + b"\r\n\r\n").split(b"\r\n")[0]
    assert status.split()[1][:1] == b"4" or status.split()[1] == b"501", status


def test_the_schema_names_what_is_taken_and_given(url):
    schema = requests.get(f"{url}/openapi.json").json()
    assert {p: list(v) for p, v in schema["paths"].items()} == {
        "/api/health": ["get"],
        "/api/recognize": ["post"],
    }
    post = schema["paths"]["/api/recognize"]["post"]
    types = ["image/*", "application/octet-stream", "multipart/form-data"]
    assert list(post["requestBody"]["content"]) == [*types, "application/json"]
    statuses = ["200", "400", "408", "413", "415", "422", "503"]
    assert sorted(post["responses"]) == statuses
    example = post["requestBody"]["content"]["application/json"]["example"]
    assert ask_json(url, json.dumps(example)).status_code == 200


# The process


def test_a_server_runs_beside_and_ends(trained, images, monkeypatch, capfd):
    started = []
    real = subprocess.Popen

    def note(*args, **options):
        started.append(real(*args, **options))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", note)
    running = server.Server(trained)
    with contextlib.ExitStack() as at_the_end:
        at_the_end.callback(running.stop)
        url = running.url
        model = {"name": "cnn", "digits": "drawn digits"}
        health = requests.get(f"{url}/api/health").json()
        assert health == {"status": "ok", "model": model}
        answer = ask_json(url, body_of(images[5])).json()
        assert answer["answer"] == "5"
    assert started[0].returncode == 0, "it was killed"
    with pytest.raises(requests.ConnectionError):
        requests.get(url)
    assert capfd.readouterr() == ("", "")


def test_a_server_that_cannot_start_says_why():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        reason = f"make serve: port {port} is in use; choose another: make serve PORT="
        with pytest.raises(RuntimeError, match=reason):
            server.Server(port=port)


def test_the_command_prints_one_line_and_stops(trained):
    command = [sys.executable, "-m", "utils", "serve", "--until-eof", "--port=0"]
    command += [f"--model={trained}"]
    pipes = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True}
    done = subprocess.run(command, cwd=ROOT, timeout=120, **pipes)
    assert (done.returncode, done.stderr) == (0, "")
    start, end = done.stdout.split(" reads digits with ")
    assert start.startswith("http://127.0.0.1:")
    assert end == "cnn, trained on drawn digits. To stop: Ctrl-C\n"


def test_a_file_that_is_no_model_is_one_line(tmp_path, monkeypatch):
    import tensorflow as tf

    monkeypatch.setattr(tf, "config", MagicMock())  # it is in use here: too late to set
    (tmp_path / "model.keras").write_text("no model")
    with pytest.raises(SystemExit) as stopped:
        serve.main(["--port=0", f"--model={tmp_path / 'model.keras'}"])
    line = stopped.value.code
    assert line.startswith("make serve: model.keras is no model that reads digits")
    assert "\n" not in line


@pytest.mark.parametrize(
    "option", ["--port=65536", "--port=-1", "--port=x", "--workers=0", "--workers=x"]
)
def test_options_out_of_range_are_refused(option, capsys):
    with pytest.raises(SystemExit) as stopped:
        serve.main([option])
    assert stopped.value.code == 2
    assert option.partition("=")[0] in capsys.readouterr().err


# Several workers


def workers_of(process):
    """The processes below one that have loaded TensorFlow, as a dict by id."""
    found = psutil.Process(process.pid).children(recursive=True)
    return {p.pid: p for p in found if p.memory_info().rss > 200e6}


def busy(processes):
    """How many seconds of the processor each has used."""
    return np.array([sum(p.cpu_times()[:2]) for p in processes])


def test_two_workers_answer_at_one_address_and_end_together(trained, images):
    two = server.Server(trained, workers=2)
    workers = workers_of(two._process)
    try:
        assert len(workers) == 2
        assert 0.2 < two.memory_per_worker() < 3
        before = busy(workers.values())
        answers = []

        def client(digit):
            with requests.Session() as session:
                for _ in range(10):
                    upload = Upload(body_of(images[digit]), JSON)
                    found = ask(two.url, upload, session)
                    answers.append(found.json()["digit"] - digit)

        with ThreadPoolExecutor(32) as pool:
            list(pool.map(client, [i % 10 for i in range(32)]))
        assert answers == [0] * 320
        body, place = body_of(images[3]), f"{two.url}/api/recognize"
        load = measure_load(place, body, 4, 200, {"Content-Type": JSON})
        assert load.server_cores > load.client_cores > 0
        used = busy(workers.values()) - before
        assert used.min() > 0.2 * used.max(), f"one worker did it all: {used}"
    finally:
        two.stop()
    assert two._process.returncode == 0
    assert not any(map(psutil.pid_exists, workers))
    two.stop()  # once more does no harm


def start_two(trained):
    command = [sys.executable, "-m", "utils", "serve", "--port=0", "--workers=2"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    options = {"cwd": ROOT, "start_new_session": True} | pipes
    process = subprocess.Popen([*command, f"--model={trained}"], **options)
    line = process.stdout.readline()
    assert line.endswith(" drawn digits. 2 workers answer. To stop: Ctrl-C\n"), line
    return process, list(workers_of(process))


@pytest.mark.skipif(os.name == "nt", reason="no such signals")
def test_ctrl_c_stops_all_workers(trained):
    process, workers = start_two(trained)
    os.killpg(process.pid, signal.SIGINT)
    assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == 0
    assert not any(map(psutil.pid_exists, workers))


@pytest.mark.skipif(os.name == "nt", reason="no such signals")
def test_a_worker_that_ends_ends_the_server_with_a_sentence(trained):
    process, workers = start_two(trained)
    os.kill(workers[0], signal.SIGKILL)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert error == "make serve: a worker ended unasked; start again\n"
    assert not any(map(psutil.pid_exists, workers))


@pytest.mark.skipif(os.name == "nt", reason="no such signals")
def test_workers_do_not_outlive_a_server_that_was_killed(trained):
    process, workers = start_two(trained)
    process.kill()
    process.communicate(timeout=60)
    end = time.monotonic() + 30
    while any(map(psutil.pid_exists, workers)) and time.monotonic() < end:
        time.sleep(0.2)
    assert not any(map(psutil.pid_exists, workers))


def test_workers_that_cannot_start_say_why_once(tmp_path):
    command = [sys.executable, "-m", "utils", "serve", "--port=0", "--workers=2"]
    command += [f"--model={tmp_path / 'none.keras'}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("make serve: there is no file ")
    assert done.stderr.count("\n") == 1, done.stderr


def test_an_application_is_served_beside_this_program(recognizer):
    url = server.start_beside(server.create_app(recognizer))
    assert requests.get(f"{url}/api/health").json()["status"] == "ok"
