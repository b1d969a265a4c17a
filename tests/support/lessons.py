"""Read a lesson's notebook the way the tests need it."""

import re
import runpy
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from utils import ROOT
from utils.commands.lessons import find_lessons

LESSONS = find_lessons()
NAMES = [path.stem for path in LESSONS]


@dataclass(frozen=True)
class Exercise:
    """One exercise: its place in the notebook and the code that goes with it."""

    number: int
    check_index: int  # of the check cell; the starter is the cell before it
    starter: str
    check: str
    folded: str  # the Markdown below the check, with hint and answer
    mistakes: list[str]

    @property
    def answer(self) -> str:
        """The code folded under "Answer"."""
        after = self.folded.partition("<summary>Answer</summary>")[2]
        found = re.search(r"```python\n(.*?)```", after, re.DOTALL)
        return found[1] if found else ""


def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook: NotebookNode) -> str:
    return "\n\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")


def exercises(path: Path) -> list[Exercise]:
    """Return the exercises of a lesson; the cells must stand as house style says."""
    cells, found = read(path).cells, []
    mistakes = _mistakes(path.stem[:2])
    for index, cell in enumerate(cells):
        if "check" not in tags(cell):
            continue
        starter, folded = cells[index - 1], cells[index + 1]
        assert "exercise" in tags(starter), f"no starter before {cell.source}"
        number = len(found) + 1
        found.append(
            Exercise(
                number,
                index,
                starter.source,
                cell.source,
                folded.source,
                mistakes.get(number, []),
            )
        )
    return found


def _mistakes(number: str) -> dict[int, list[str]]:
    path = ROOT / "tests" / "lessons" / "mistakes" / f"lesson_{number}.py"
    return runpy.run_path(str(path))["MISTAKES"]
