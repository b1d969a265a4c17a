"""The load test counts what the clients get."""

import json
import time

import numpy as np
import pytest

from utils.handwriting.load_test import Load, measure_load, ms_per_image

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def body(images):
    return json.dumps({"image": images[3].tolist(), "max": 255}).encode()


def test_clients_share_the_requests_and_time_each(url, body):
    begin = time.perf_counter()
    load = measure_load(url + "/api/recognize", body, 4, 42, JSON)
    seconds = time.perf_counter() - begin
    assert load.clients == 4
    assert 42 / seconds <= load.per_second
    assert 0 < load.p50 <= load.p99 < 1000 * seconds
    assert load.client_cores > 0
    # four clients, each waiting for its answer: their latencies fill the time
    assert load.p50 * load.per_second / 1000 < 8


def test_a_refusal_is_no_answer(url, body):
    with pytest.raises(RuntimeError, match="status 400: .*no JSON"):
        measure_load(url + "/api/recognize", b"nothing", 2, 4, JSON)
    with pytest.raises(RuntimeError, match="status 404"):
        measure_load(url + "/nothing", body, 1, 1)


def test_each_client_needs_a_request(url, body):
    with pytest.raises(ValueError, match="count is 3"):
        measure_load(url, body, 4, 3)


def test_a_load_is_one_line():
    text = str(Load(32, 41.26, 55.04, 701.4, 0.1, 0.9))
    assert text == "32 clients: p50   41.3 ms, p99   55.0 ms,  701 per second"


def test_the_first_call_is_not_counted():
    calls = []

    def slow_at_first(images):
        calls.append(len(images))
        time.sleep(0.002 if len(calls) > 1 else 0.5)

    cost = ms_per_image(slow_at_first, np.zeros((4, 28, 28, 1)), calls=10)
    assert calls == [4] * 11
    assert 0.5 <= cost < 50
