"""Hold a class on one server: many students run one lesson at the same time.

    python tests/classroom.py --students 10 --lesson 01
    python tests/classroom.py --students 5 --lesson 02 --threads 1

It starts JupyterHub and a server for each student, who has a copy of the course, opens
the lesson and runs it to its end. The table says how long that took, how much memory
each student held, and what broke. Everything listens on 127.0.0.1 only, needs no root
rights, and has ended when the table is there, or after Ctrl-C.
"""

import argparse
import asyncio
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import nbformat
import psutil
from support.hub import PATIENCE_S, Hub, HubError, measure, missing, running_hub
from tabulate import tabulate

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]
from utils.checks import require  # noqa: E402 - the course is found by the line above
from utils.commands.lessons import find_lessons, quick_parameters  # noqa: E402

MOST = 100  # students: for more, one server is the wrong tool
DAY_S = 86_400.0
LEAST_FREE_GB = 1  # of memory: with less, the class ends
THREADS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")


@dataclass
class Student:
    """What a student waited for and held; None for what it did not come to.

    Attributes:
        name: student01 and so on.
        server_s: seconds until the server answered.
        lesson_s: seconds until the last cell had run.
        server_mb: memory in MB before a notebook was open.
        lesson_mb: memory in MB after the last cell, server and kernel together.
        cpu_s: seconds of processor time, server and kernel together.
        broke: why it went no further.
    """

    name: str
    server_s: float | None = None
    lesson_s: float | None = None
    server_mb: float | None = None
    lesson_mb: float | None = None
    cpu_s: float | None = None
    broke: str = ""


def copy_course(course: Path, copies: Sequence[Path], draw: bool) -> None:
    """Give each student the lessons and what they import; draw the digits if asked."""
    first, *others = copies
    shutil.copytree(course / "notebooks", first / "notebooks")
    shutil.copytree(course / "utils", first / "utils")
    if draw:
        code = "from utils.digits import load_digits; load_digits('drawn')"
        command = [sys.executable, "-c", code]
        subprocess.run(command, cwd=first, check=True, stdout=subprocess.DEVNULL)
    for other in others:
        shutil.copytree(first, other)


def cells_of(notebook: Path, quick: bool) -> list[str]:
    """Return the code of a lesson's cells, with the short parameters if asked for."""
    lesson = nbformat.read(notebook, as_version=4)
    cells = []
    for cell in lesson.cells:
        if cell.cell_type == "code":
            cells.append(cell.source)
            if quick and "parameters" in cell.metadata.get("tags", []):
                values = quick_parameters(lesson).items()
                cells.append("\n".join(f"{name} = {value!r}" for name, value in values))
    return cells


async def at_once(
    students: Sequence[Student],
    work: Callable[[str], Awaitable[None]],
    field: str,
    limit: float,
) -> tuple[float, float]:
    """Let all whom nothing has stopped do the same; note in a field how long it took.

    Returns:
        Seconds until the last was done, and the least free memory meanwhile, in GB.
    """
    began = time.perf_counter()

    async def one(student: Student) -> None:
        try:
            async with asyncio.timeout(limit):
                await work(student.name)
            setattr(student, field, time.perf_counter() - began)
        except TimeoutError:
            student.broke = f"not done after {limit:g} s"
        except asyncio.CancelledError:
            student.broke = f"stopped: less than {LEAST_FREE_GB} GB of memory were free"
        except Exception as error:  # noqa: BLE001 - whatever breaks is what counts here
            student.broke = str(error) or type(error).__name__

    free = [psutil.virtual_memory().available / 1e9]
    waiting = {asyncio.create_task(one(s)) for s in students if not s.broke}
    while waiting:
        _, waiting = await asyncio.wait(waiting, timeout=1)
        free.append(psutil.virtual_memory().available / 1e9)
        if free[-1] < LEAST_FREE_GB:
            for task in waiting:
                task.cancel()
    return time.perf_counter() - began, min(free)


async def hold_class(
    hub: Hub, students: Sequence[Student], path: str, cells: Sequence[str], limit: float
) -> str:
    """Start all servers, then run all lessons; return what holds for all together."""
    free = psutil.virtual_memory().available / 1e9
    await hub.ask("/hub/api/users", {"usernames": [s.name for s in students]})
    up, _ = await at_once(students, hub.start_server, "server_s", limit)
    before = measure(hub.folder)
    ran, least = await at_once(
        students, lambda name: hub.run_cells(name, path, cells), "lesson_s", limit
    )
    after = measure(hub.folder)
    for student in students:
        student.server_mb, _ = before.get(student.name, (None, None))
        student.lesson_mb, student.cpu_s = after.get(student.name, (None, None))
    have = [student.server_s is not None for student in students]
    done = [student.lesson_s is not None for student in students]
    gb = sum(mb for mb, _ in after.values()) / 1000
    hub_gb = after[hub.folder.name][0] / 1000
    used = sum(s for _, s in after.values()) - sum(s for _, s in before.values())
    return (
        f"{sum(have)} of {len(have)} servers were up after {up:.0f} s; {sum(done)} of "
        f"{len(done)} lessons had run after {ran:.0f} s more,\n"
        f"on {used / ran:.1f} of {os.cpu_count()} cores. At the end all held {gb:.1f} "
        f"GB, hub and proxy {hub_gb:.2f} GB of it;\n"
        f"meanwhile the machine's free memory fell by {max(0, free - least):.1f} GB."
    )


def table(students: Sequence[Student]) -> str:
    """Return what the students waited for and held, and the medians.

    Example:
        >>> print(table([Student("student01", 2, 60.4), Student("student02", 4)]))
        student      server s    lesson s  server MB    lesson MB    CPU s    broke
        ---------  ----------  ----------  -----------  -----------  -------  -------
        student01           2          60
        student02           4
        median              3          60
    """
    rows = [astuple(student) for student in students]
    known = [[v for v in column if v is not None] for column in zip(*rows, strict=True)]
    medians = [statistics.median(values) if values else None for values in known[1:-1]]
    heads = ["student", "server s", "lesson s", "server MB", "lesson MB", "CPU s"]
    return tabulate([*rows, ["median", *medians]], [*heads, "broke"], floatfmt=".0f")


def main(arguments: Sequence[str], course: Path = ROOT) -> int:
    """Hold the class and print the table.

    Returns:
        0; 1 if something broke, 2 if the class could not begin, 130 after Ctrl-C.
    """
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("--students", type=int, default=10, help=f"1 to {MOST}, 10 by default")
    add("--lesson", default="01", help="its number, 01 by default")
    add("--quick", action="store_true", help="with the parameters of a short run")
    add("--threads", type=int, help="of each kernel; as many as cores by default")
    patience = "seconds for a server to answer, 30 as in JupyterHub"
    add("--patience", type=int, default=PATIENCE_S, help=patience)
    add("--limit", type=float, default=1800, help="seconds for a lesson, 1800")
    given = parser.parse_args(arguments)
    students = [Student(f"student{i:02}") for i in range(1, given.students + 1)]
    environment = {"DIGITS": os.environ.get("DIGITS") or "drawn"}
    try:
        require(students=(given.students, 1, MOST), limit=(given.limit, 1.0, DAY_S))
        require(patience=(given.patience, 1, 3600))
        if given.threads is not None:
            require(threads=(given.threads, 1, 256))
            environment |= dict.fromkeys(THREADS, str(given.threads))
        (notebook,) = find_lessons([given.lesson], course / "notebooks")
        if commands := missing():
            raise HubError(f"before that, {' and '.join(commands)}")
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name).resolve()
            copies = [folder / student.name / "course" for student in students]
            copy_course(course, copies, draw=environment["DIGITS"] == "drawn")
            path = f"course/notebooks/{notebook.name}"
            cells = cells_of(notebook, given.quick)
            with running_hub(folder, environment, given.patience) as hub:
                summary = asyncio.run(
                    hold_class(hub, students, path, cells, given.limit)
                )
    except (LookupError, ValueError, OSError, HubError) as error:
        print(f"classroom: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("classroom: stopped; nothing is left running", file=sys.stderr)
        return 130
    print(f"{table(students)}\n\n{summary}")
    return 1 if any(student.broke for student in students) else 0


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM):  # both end the class
        signal.signal(number, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))
