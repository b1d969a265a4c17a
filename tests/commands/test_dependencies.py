"""What is imported is installed: one list for learners, another one for tests."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions, requires, version

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from utils import ROOT
from utils.commands.lessons import find_lessons

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# imported nowhere: what make, Sphinx and pytest load by name, or FastAPI for an upload
BY_NAME = {"furo", "myst-nb", "nbval", "pytest-xdist", "python-multipart", "ruff"}
BY_NAME |= {"sphinx-copybutton"}
OWN = {"utils", "support", "planted_faults", "classroom"}
IF_THERE = {"torch"}  # the benchmark takes part of it only where it is installed


def requirements(texts):
    found = map(Requirement, texts)
    return {canonicalize_name(r.name): r for r in found}


LEARNER = requirements(PROJECT["dependencies"])
TEST = requirements(PROJECT["optional-dependencies"]["test"])


def sources(*folders):
    """The code of Python files, and of the lessons for the folder notebooks."""
    for folder in folders:
        for path in (ROOT / folder).glob("**/*.py"):
            yield path.read_text(encoding="utf-8")
    if "notebooks" in folders:
        for path in find_lessons():
            cells = nbformat.read(path, as_version=4).cells
            yield from (c.source for c in cells if c.cell_type == "code")


def imported(*folders):
    """The packages that the code in these folders imports."""
    names = set()
    for source in sources(*folders):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(node.module.split(".")[0])
    names -= set(sys.stdlib_module_names) | OWN | IF_THERE
    packages = packages_distributions()
    return {canonicalize_name(packages[name][0]) for name in names}


def brought(*names):
    """These packages and all that is installed with them."""
    found, new = set(), set(names)
    while new:
        found |= new
        texts = [text for name in new for text in requires(name) or []]
        needed = requirements(text for text in texts if "extra ==" not in text)
        here = {n for n, r in needed.items() if not r.marker or r.marker.evaluate()}
        new = here - found
    return found


def pins(name):
    """The versions that a file of requirements pins."""
    text = (ROOT / name).read_text()
    found = re.findall(r"^([a-z0-9-]+)==(\S+)(.*)", text, re.MULTILINE)
    return {package: (pin, marker.strip(" \\")) for package, pin, marker in found}


def test_what_lessons_and_commands_import_is_listed_or_comes_with_another():
    used = imported("utils", "notebooks")
    assert used <= LEARNER.keys() | brought("jupyterlab", "fastapi", "sphinx")
    assert LEARNER.keys() <= used | BY_NAME


def test_what_tests_import_is_listed_too():
    used = imported("tests")
    assert used <= LEARNER.keys() | TEST.keys() | brought(
        "jupyterlab", "fastapi", "sphinx"
    )
    assert TEST.keys() <= used | BY_NAME
    assert not TEST.keys() & LEARNER.keys()


@pytest.mark.parametrize("extra", ["", "-gpu", "-test"])
def test_pins_have_hashes_and_no_address(extra):
    text = (ROOT / f"requirements{extra}.txt").read_text()
    assert "://" not in text and "index-url" not in text
    first, *blocks = re.split(r"\n(?=\S)", text)
    assert first == "-r requirements.txt" if extra else "--hash=sha256:" in first
    assert all("--hash=sha256:" in block for block in blocks)


def test_each_package_is_pinned_in_one_file_and_installed_within_its_bounds():
    learner, gpu, test = (pins(f"requirements{e}.txt") for e in ("", "-gpu", "-test"))
    assert not learner.keys() & gpu.keys() and not learner.keys() & test.keys()
    for listed, pinned in [(LEARNER, learner), (TEST, learner | test)]:
        for name, requirement in listed.items():
            assert {s.operator for s in requirement.specifier} == {">=", "<"}, name
            assert pinned[name][0] in requirement.specifier, name
            assert version(name) in requirement.specifier, name
    assert {"nvidia-cudnn-cu12", "nvidia-cublas-cu12"} <= gpu.keys()
    assert {marker for _, marker in gpu.values()} == {"; sys_platform == 'linux'"}


def test_conda_installs_the_pinned_packages():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert environment["name"] == PROJECT["name"]
    python, pip, rest = environment["dependencies"]
    allowed = Requirement(f"python{PROJECT['requires-python']}").specifier
    assert python.removeprefix("python=") + ".0" in allowed
    assert (pip, rest) == ("pip", {"pip": ["-r requirements-gpu.txt"]})
