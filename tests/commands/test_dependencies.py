"""One list of dependencies: all that is imported, alike everywhere, and installed."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions, version

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from utils import ROOT
from utils.commands.lessons import find_lessons

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LISTED = {
    canonicalize_name(Requirement(r).name): Requirement(r)
    for r in PROJECT["dependencies"]
}
LOCKS = ["requirements.txt", "requirements-gpu.txt"]
# not imported anywhere: the page JupyterLab, and what pytest and `make` load by name
USED_BY_NAME = {"jupyterlab", "nbval", "pytest-xdist", "ruff"}
IF_THERE = {"torch"}  # the benchmark takes part of it only where it is installed


def imported_modules():
    """Top-level names that utils, tests and notebooks import."""
    files = [
        *ROOT.glob("*.py"),
        *ROOT.glob("utils/**/*.py"),
        *ROOT.glob("tests/**/*.py"),
    ]
    sources = [p.read_text(encoding="utf-8") for p in files]
    for path in find_lessons():
        cells = nbformat.read(path, as_version=4).cells
        sources += [c.source for c in cells if c.cell_type == "code"]
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                yield from (alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield node.module.split(".")[0]


def test_every_import_is_listed_and_all_that_is_listed_is_used():
    ours = {"utils"} | {p.stem for p in (ROOT / "tests").glob("*.py")}
    names = set(imported_modules()) - set(sys.stdlib_module_names) - ours - IF_THERE
    distributions = packages_distributions()
    used = {canonicalize_name(distributions[name][0]) for name in names}
    assert used <= LISTED.keys(), used - LISTED.keys()
    assert LISTED.keys() - used <= USED_BY_NAME, LISTED.keys() - used


@pytest.mark.parametrize("name", sorted(LISTED))
def test_installed_versions_lie_in_the_bounds(name):
    assert version(name) in LISTED[name].specifier
    bounds = {s.operator for s in LISTED[name].specifier}
    assert bounds == {">=", "<"}, f"{name} needs a lower and an upper bound"


def test_this_python_is_allowed():
    assert PROJECT["requires-python"] == ">=3.11,<3.14"
    assert (3, 11) <= sys.version_info[:2] < (3, 14)


def test_environment_yml_lists_the_same():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert environment["name"] == PROJECT["name"]
    python, pip, packages = environment["dependencies"]
    assert re.fullmatch(r"python=3\.1[123]", python) and pip == "pip"
    listed = [Requirement(text) for text in packages["pip"]]
    for system in ("linux", "darwin", "win32"):
        here = [
            r
            for r in listed
            if not r.marker or r.marker.evaluate({"sys_platform": system})
        ]
        bounds = {canonicalize_name(r.name): r.specifier for r in here}
        assert len(bounds) == len(here), f"listed twice on {system}"
        assert bounds == {name: r.specifier for name, r in LISTED.items()}, system
        extras = {r.name: r.extras for r in here if r.extras}
        assert extras == ({"tensorflow": {"and-cuda"}} if system == "linux" else {})


@pytest.mark.parametrize("name", LOCKS)
def test_locks_hold_every_dependency_with_hashes_and_no_address(name):
    text = (ROOT / name).read_text()
    assert "://" not in text and "index-url" not in text
    blocks = [b for b in re.split(r"\n(?=\S)", text) if b.strip()]
    for block in blocks:
        assert "--hash=sha256:" in block, block
    pins = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", text, re.MULTILINE)
    pinned = {canonicalize_name(package): pin for package, pin in pins}
    for package, requirement in LISTED.items():
        assert pinned[package] in requirement.specifier, package
    cuda = [package for package in pinned if package.startswith("nvidia-c")]
    assert bool(cuda) == ("gpu" in name)


def test_both_locks_pin_the_same_versions():
    pins = [
        set(re.findall(r"^\S+==\S+", (ROOT / n).read_text(), re.MULTILINE))
        for n in LOCKS
    ]
    assert pins[0] <= pins[1], pins[0] - pins[1]
