"""A class on one server: what its script says, and a class of two where it can run."""

import asyncio
import json
import os
import re
import tomllib
from pathlib import Path

import classroom
import nbformat
import psutil
import pytest
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from packaging.requirements import Requirement
from support.hub import CONNECTIONS, PATIENCE_S, Hub, HubError, missing, processes
from traitlets.config import Config

from utils import ROOT

LISTENS = psutil.CONN_LISTEN
needs_hub = pytest.mark.skipif(
    bool(missing()), reason=f"before that, {' and '.join(missing())}"
)


@pytest.fixture
def course(tmp_path) -> Path:
    """A course with one lesson of two cells, in which the second student errs."""
    new = nbformat.v4
    cells = [
        new.new_code_cell("DIVIDEND = 1", metadata={"tags": ["parameters"]}),
        new.new_code_cell(
            "import os\nDIVIDEND / (os.environ['JUPYTERHUB_USER'] == 'student01')"
        ),
    ]
    lesson = new.new_notebook(cells=cells, metadata={"course": {"quick": {"A": "b"}}})
    (tmp_path / "course" / "notebooks").mkdir(parents=True)
    (tmp_path / "course" / "utils").mkdir()
    nbformat.write(lesson, tmp_path / "course" / "notebooks" / "01_two_cells.ipynb")
    return tmp_path / "course"


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["--students", "0"], ["students is 0", "from 1 to 100"]),
        (["--students", "101"], ["students is 101", "from 1 to 100"]),
        (["--threads", "0"], ["threads is 0", "from 1 to 256"]),
        (["--patience", "0"], ["patience is 0", "from 1 to 3600"]),
        (["--limit", "0"], ["limit is 0", "from 1"]),
        (["--lesson", "99"], ["'99'", "01, 02"]),
    ],
)
def test_an_argument_out_of_range_is_named_with_what_is_allowed(
    arguments, words, capsys
):
    assert classroom.main(arguments) == 2
    message = capsys.readouterr().err
    assert all(word in message for word in words), message


def test_what_is_not_installed_is_named_as_pyproject_lists_it(monkeypatch, capsys):
    monkeypatch.setattr("support.hub.find_spec", lambda name: None)
    monkeypatch.setattr("shutil.which", lambda name: None)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (extra,) = map(Requirement, project["optional-dependencies"]["hub"])
    assert classroom.main([]) == 2
    message = capsys.readouterr().err
    assert f"pip install {extra.name}" in message
    assert "npm install --global configurable-http-proxy" in message


def test_the_readmes_settings_for_a_server_are_those_measured():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    settings = re.search(r"<<'END'\n(.*?)END\n", readme, re.DOTALL)[1]
    c = Config({"Spawner": {"environment": {}}})
    exec(settings, {"c": c})
    spawner = dict(c.Spawner)
    threads = spawner["environment"].keys() - {"DIGITS"}
    assert threads == set(classroom.THREADS)
    assert spawner["http_timeout"] > PATIENCE_S
    ((option, value),) = [one.removeprefix("--").split("=") for one in spawner["args"]]
    kernels, _, name = option.partition(".")
    manager = AsyncMappingKernelManager(config=Config({kernels: {name: int(value)}}))
    assert manager.cull_idle_timeout == int(value)


def test_short_parameters_come_after_the_lessons_own(course):
    notebook = course / "notebooks" / "01_two_cells.ipynb"
    first, last = classroom.cells_of(notebook, quick=False)
    assert classroom.cells_of(notebook, quick=True) == [first, "A = 'b'", last]


def do_at_once(work, limit=60):
    """What became of two students, of whom the first had stopped before."""
    students = [classroom.Student("first", broke="before"), classroom.Student("last")]
    asyncio.run(classroom.at_once(students, work, "lesson_s", limit))
    assert (students[0].broke, students[0].lesson_s) == ("before", None)
    return students[1]


def test_those_who_can_go_on_are_timed():
    done = do_at_once(lambda name: asyncio.sleep(0.01))
    assert done.lesson_s >= 0.01 and not done.broke


@pytest.mark.parametrize("error", [HubError("no room"), ConnectionError("no room")])
def test_what_breaks_is_noted(error):
    async def work(name):
        raise error

    assert do_at_once(work).broke == "no room"


def test_who_takes_too_long_is_stopped():
    student = do_at_once(lambda name: asyncio.sleep(60), limit=0.05)
    assert student.broke == "not done after 0.05 s" and student.lesson_s is None


def test_the_class_ends_before_memory_does(monkeypatch):
    monkeypatch.setattr(classroom, "LEAST_FREE_GB", 10**6)
    assert "1000000 GB" in do_at_once(lambda name: asyncio.sleep(60)).broke


class Channels:
    """A connection that a slow kernel's server closes, or one that answers."""

    def __init__(self, answers):
        self.answers, self.asked = answers, []

    async def write_message(self, text):
        self.asked.append(json.loads(text))

    async def read_message(self):
        if not self.answers:
            return None
        message = {"msg_type": "execute_reply", "content": {"status": "ok"}}
        return json.dumps(message | {"parent_header": self.asked[-1]["header"]})

    def close(self):
        pass


def run_cells(monkeypatch, connections):
    """Have a student run two cells over these connections, one after the other."""

    async def connect(request):
        return connections.pop(0)

    async def ask(hub, path, body=None):
        return '{"kernel": {"id": "1"}}'

    monkeypatch.setattr("support.hub.websocket_connect", connect)
    monkeypatch.setattr(Hub, "ask", ask)
    asyncio.run(Hub("http://here", "token", ROOT).run_cells("a", "b.ipynb", ["1", "2"]))


def test_a_slow_kernel_is_connected_to_again_before_any_cell_runs(monkeypatch):
    closed, good = Channels(answers=False), Channels(answers=True)
    run_cells(monkeypatch, [closed, good])
    assert [one["content"]["code"] for one in closed.asked] == [""]
    assert [one["content"]["code"] for one in good.asked] == ["", "1", "2"]


def test_a_kernel_that_never_answers_is_given_up(monkeypatch):
    closed = [Channels(answers=False) for _ in range(CONNECTIONS)]
    with pytest.raises(HubError, match=f"did not answer in {CONNECTIONS}"):
        run_cells(monkeypatch, closed)


@needs_hub
def test_a_class_of_two_runs_a_lesson_and_leaves_nothing(course, monkeypatch, capsys):
    found, every, addresses = {}, [], []
    hold_class = classroom.hold_class

    async def hold_and_look(hub, *arguments):
        summary = await hold_class(hub, *arguments)
        found.update(processes(hub.folder))
        every.extend(one for many in found.values() for one in many)
        for one in every:
            open_ports = one.net_connections()
            addresses.extend(c.laddr.ip for c in open_ports if c.status == LISTENS)
        return summary

    monkeypatch.setattr(classroom, "hold_class", hold_and_look)
    monkeypatch.setenv("DIGITS", os.devnull)  # nothing to draw
    assert classroom.main(["--students", "2"], course) == 1
    rows = capsys.readouterr().out.splitlines()
    good, bad = (row for row in rows if row.startswith("student0"))
    assert len(good.split()) == 6 and float(good.split()[4]) > 50, good
    assert "code cell 2: ZeroDivisionError" in bad
    assert found.keys() > {"student01", "student02"}
    assert len(addresses) >= 5  # hub, the proxy's two, a server for each student
    assert set(addresses) == {"127.0.0.1"}
    _, still_there = psutil.wait_procs(every, timeout=10)
    assert {one.status() for one in still_there} <= {psutil.STATUS_ZOMBIE}
