"""Write the front page and the glossary, from what the notebooks say."""

import dataclasses
import math
import re
from collections.abc import Sequence
from pathlib import Path

import jinja2
import nbformat
from nbformat import NotebookNode

from utils.commands.lessons import title_of
from utils.runtime import RESULT_MIME

TEMPLATES = Path(__file__).parent / "templates"
ROW = 40  # of the front page's map: pixels from one lesson to the next


@dataclasses.dataclass
class Lesson:
    """What the front page tells of a lesson; all of it stands in the notebook."""

    path: Path
    notebook: NotebookNode

    def __post_init__(self):
        cells = self.notebook.cells
        self.text = "\n\n".join(c.source for c in cells if c.cell_type == "markdown")
        self.number, _, self.title = title_of(self.notebook).partition(" · ")
        self.goal = self._find(r"^# .+\n\n(.+)$")
        self.alt = self._find(r"!\[(.+)\]\(images/\d\d_goal\.png\)")
        self.needs = _numbers(self._find(r"^\*\*You need\*\* (.+)$"))

    def _find(self, pattern: str) -> str:
        found = re.search(pattern, self.text, re.MULTILINE)
        return found[1] if found else ""

    @property
    def minutes(self) -> int:
        """Reading, running and exercises together, rounded up to 5."""
        times = re.findall(r"(\d+) (min|s)\b", self._find(r"^\*\*Time\*\* (.+)$"))
        total = sum(math.ceil(int(n) / {"min": 1, "s": 60}[unit]) for n, unit in times)
        return 5 * math.ceil(total / 5)

    @property
    def results(self) -> list[dict]:
        """What the lesson reported when it ran: each a `measure` and its `result`."""
        outputs = [o for cell in self.notebook.cells for o in cell.get("outputs", [])]
        found = [o.get("data", {}).get(RESULT_MIME) for o in outputs]
        return [record for record in found if record]

    @property
    def words(self) -> list[list[str]]:
        """The rows of *Words you met*: term, meaning, Chinese term."""
        table = self.text.partition("## Words you met\n")[2].partition("\n## ")[0]
        rows = re.findall(r"^\|(.+)\|$", table, re.MULTILINE)[2:]
        return [[cell.strip() for cell in row.split("|")] for row in rows]


def _numbers(need: str) -> set[str]:
    """The lessons that a text names.

    >>> sorted(_numbers("Lessons 02 to 04, and sections 6 to 8 of lesson 06: a few."))
    ['02', '03', '04', '06']
    """
    found = set()
    lists = r"[Ll]essons? (\d\d(?:(?:,|,? and| to) \d\d)*)"
    for text in re.findall(lists, need):
        found.update(re.findall(r"\d\d", text))
        for first, last in re.findall(r"(\d\d) to (\d\d)", text):
            found.update(f"{n:02}" for n in range(int(first), int(last)))
    return found


def arrows(lessons: Sequence[Lesson]) -> list[tuple[int, int]]:
    """Return which lesson leads to which, without what another way already says.

    Returns:
        Pairs of places in `lessons`, from the needed to the one that needs it.
    """
    places = {lesson.number: place for place, lesson in enumerate(lessons)}
    needs = [{places[n] for n in lesson.needs & places.keys()} for lesson in lessons]
    before = []  # all that a lesson needs, also by way of others
    for mine in needs:
        earlier = [before[n] for n in mine if n < len(before)]
        before.append(mine.union(*earlier))
    return [
        (place, to)
        for to, mine in enumerate(needs)
        for place in sorted(mine)
        if not any(place in before[other] for other in mine if other < to)
    ]


def glossary(lessons: Sequence[Lesson]) -> list[dict]:
    """Return every term once, in the order of the alphabet.

    A row of *Words you met* may hold several terms: "rank, shape". They share what the
    row says, unless it says as many things: "how many axes; how long each is".

    Returns:
        For each term its `name`, its `chinese` and its `uses`, the first of which is
        where it is born: a `lesson`, its `meaning`, the `row` it stands in if it shares
        the meaning, and its `chinese` where that is another than the first. Where
        two terms share their `chinese`, one of them `shares`.
    """
    terms, taken = {}, set()
    for lesson in lessons:
        for row, meaning, chinese in lesson.words:
            names = row.split(", ")
            translations = chinese.split("、")
            if len(translations) != len(names):
                translations = [chinese] * len(names)
            meanings = meaning.split("; ")
            shares = len(meanings) != len(names)
            if shares:
                meanings = [meaning] * len(names)
            rows = zip(names, translations, meanings, strict=True)
            for name, translation, meaning in rows:
                new = {"name": name, "chinese": translation, "uses": []}
                term = terms.setdefault(name.lower(), new)
                use = {"lesson": lesson, "meaning": meaning}
                use["row"] = row if shares and len(names) > 1 else ""
                use["chinese"] = translation if translation != term["chinese"] else ""
                term["uses"].append(use)
    found = [terms[name] for name in sorted(terms)]
    for term in found:
        term["shares"] = term["chinese"] in taken
        taken.add(term["chinese"])
    return found


def make_pages(paths: Sequence[Path]) -> dict[str, str]:
    """Return the text of the pages that no notebook holds.

    Args:
        paths: the notebooks, in order.

    Returns:
        Markdown by file name.
    """
    lessons = [Lesson(path, nbformat.read(path, as_version=4)) for path in paths]
    loader = jinja2.FileSystemLoader(TEMPLATES)
    environment = jinja2.Environment(loader=loader, trim_blocks=True)
    # a curve bends out of the circles' way, more where it is longer
    curves = [(a, b, 12 + 9 * (b - a)) for a, b in arrows(lessons)]
    widest = max([bend for _, _, bend in curves], default=0)
    values = {"lessons": lessons, "curves": curves, "widest": widest, "row": ROW}
    values["terms"] = glossary(lessons)
    names = [name.removesuffix(".j2") for name in environment.list_templates()]
    return {n: environment.get_template(n + ".j2").render(values) for n in names}
