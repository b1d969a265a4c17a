"""Make the course's pages: `make site`, or `python -m utils site`.

Nothing runs: the pages show the outputs that the notebooks hold. They load nothing from
elsewhere and need no server: open `index.html`, or copy the folder anywhere.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from utils import ROOT
from utils.commands import lessons
from utils.commands.site import pages

HERE = Path(__file__).parent


class SiteError(Exception):
    """What stops the making of the site, in one line for the user."""


def write_source(folder: Path, executed: Path | None = None) -> None:
    """Write what Sphinx reads: the notebooks, the data card and two pages of its own.

    Args:
        folder: an empty folder. Files keep their places in it, so links hold.
        executed: a folder of notebooks, which replace the course's own where a file of
            the same name is in it.

    Raises:
        SiteError: there is no notebook, or none of a lesson in `executed`.
    """
    shutil.copytree(lessons.NOTEBOOKS / "images", folder / "notebooks" / "images")
    (folder / "data").mkdir()
    for name in ("README.md", "drawn_digits.png"):
        shutil.copy(ROOT / "data" / name, folder / "data" / name)
    ran = lessons.find_lessons(folder=executed) if executed else []
    newer = {path.name: path for path in ran}
    paths = [newer.get(path.name, path) for path in lessons.find_lessons()]
    if not paths or (executed and not ran):
        raise SiteError(f"there is no lesson in {executed or lessons.NOTEBOOKS}")
    paths = [Path(shutil.copy(path, folder / "notebooks")) for path in paths]
    for name, text in pages.make_pages(paths).items():
        (folder / name).write_text(text, encoding="utf-8")


def build_site(target: Path, executed: Path | None = None) -> None:
    """Build the site anew; what was in its folder goes, once the new one stands.

    Args:
        target: the folder for the site.
        executed: as in `write_source`.

    Raises:
        SiteError: the folder holds something else, or Sphinx fails or warns: a link or
            an anchor leads nowhere, for one.
    """
    from sphinx.cmd.build import build_main

    if target.exists() and not (target / "searchindex.js").exists():
        raise SiteError(f"{target} is there already, and is no site to replace")
    with tempfile.TemporaryDirectory() as temporary:
        source, html, doctrees = (Path(temporary, n) for n in ("source", "html", "d"))
        source.mkdir()
        write_source(source, executed)
        options = ["--quiet", "--fail-on-warning", "--conf-dir", str(HERE)]
        options += ["--doctree-dir", str(doctrees), str(source), str(html)]
        if build_main(options) != 0:
            raise SiteError("the pages have faults, named above")
        shutil.rmtree(html / "_sources", ignore_errors=True)
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(html, target)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, build, and return the exit status.

    Returns:
        0 if the site stands, 2 if it could not be made.
    """
    parser = argparse.ArgumentParser(prog="python -m utils site", description=__doc__)
    parser.add_argument(
        "--executed", type=Path, help="show these notebooks, as `make run` wrote them"
    )
    parser.add_argument("--target", type=Path, default=ROOT / "build" / "site")
    options = parser.parse_args(arguments)
    try:
        build_site(options.target, options.executed)
    except (SiteError, OSError) as error:
        print(f"make site: {error}", file=sys.stderr)
        return 2
    print(f"Open {os.path.relpath(options.target / 'index.html')} in a browser")
    return 0
