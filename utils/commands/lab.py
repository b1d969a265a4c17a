"""Open the course in JupyterLab: `make lab`, or `python -m utils lab`.

JupyterLab by itself asks whether to fetch news, and counts a notebook as changed once
it is open, because it writes into it which Python runs.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelspec import get_kernel_dict
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from jupyterlab.labapp import LabApp

from utils.commands.lessons import find_lessons

DEFAULTS = Path(__file__).with_name("jupyter")  # no news; a user's own settings win
STORED = {  # what lessons say on disk, whichever Python runs them
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


class LessonFiles(AsyncLargeFileManager):
    """Files for JupyterLab, in which a notebook's kernel is as JupyterLab wants it."""

    async def get(self, path: str, *args: Any, **kwargs: Any) -> dict:
        """Return a file; a notebook with all that JupyterLab would write into it."""
        model = await super().get(path, *args, **kwargs)
        spec = get_kernel_dict()
        shown = {name: spec[name] for name in ("display_name", "language")}
        shown = {"kernelspec": shown | {"name": "python3"}}
        shown["language_info"] = IPythonKernel.language_info
        _describe_kernel(model, shown)
        return model

    async def save(self, model: dict, path: str = "") -> dict:
        """Write a file; a notebook as the lessons are stored."""
        _describe_kernel(model, STORED)
        return await super().save(model, path)


def _describe_kernel(model: dict, metadata: dict) -> None:
    """Set what a notebook says of its kernel, if that is the course's Python."""
    if model.get("type") == "notebook" and model.get("content"):
        own = model["content"]["metadata"]
        if own.get("kernelspec", {}).get("name") == "python3":
            own.update(metadata)


def main(arguments: Sequence[str] = ()) -> int:
    """Serve JupyterLab until it is stopped, and open the first lesson in a browser.

    Args:
        arguments: for JupyterLab, such as `--no-browser` or another notebook.
    """
    own = os.environ.get("JUPYTER_CONFIG_PATH", "")
    os.environ["JUPYTER_CONFIG_PATH"] = f"{own}{os.pathsep * bool(own)}{DEFAULTS}"
    files = f"--ServerApp.contents_manager_class={__name__}.LessonFiles"
    LabApp.launch_instance([files, *(arguments or [str(find_lessons()[0])])])
    return 0
