"""Read a notebook as its page shows it: folds, and figures with a text."""

import re

import nbformat
from nbformat import NotebookNode

from utils.runtime import RESULT_MIME

# MyST-NB folds by tag; JupyterLab by what it keeps in a cell's metadata
FOLDS = {
    "source_hidden": "hide-input",
    "outputs_hidden": "hide-output",
}
# for programs, and for pages that load scripts
NOT_SHOWN = {RESULT_MIME, "application/vnd.jupyter.widget-view+json"}
NO_SENTENCE = "A figure; the text describes it."


def read(text: str) -> NotebookNode:
    """Return a notebook whose folded cells and figures MyST-NB understands.

    Args:
        text: the file's text.
    """
    notebook = nbformat.reads(text, as_version=4)
    followers = [*notebook.cells[1:], NotebookNode(cell_type="raw", source="")]
    for cell, following in zip(notebook.cells, followers, strict=True):
        if cell.cell_type != "code":
            continue
        options = cell.metadata.setdefault("mystnb", {})
        options["image"] = {"alt": first_sentence(following)}
        tags = cell.metadata.setdefault("tags", [])
        tags += [FOLDS[k] for k in FOLDS if cell.metadata.get("jupyter", {}).get(k)]
        what = "result" if FOLDS["outputs_hidden"] in tags else "code"
        what = "check" if "check" in tags else what
        for verb in ("show", "hide"):
            options[f"code_prompt_{verb}"] = f"{verb.capitalize()} the {what}"
        for output in cell.outputs:
            for mime in NOT_SHOWN & output.get("data", {}).keys():
                del output.data[mime]
    return notebook


def first_sentence(cell: NotebookNode) -> str:
    """Return a text's first sentence, which says what the figure above it shows.

    Example:
        >>> first_sentence(nbformat.v4.new_markdown_cell("The *loss* falls. Then?"))
        'The loss falls.'
    """
    text = cell.source if cell.cell_type == "markdown" else ""
    text = re.sub(r"[*_`#$]|<.*?>", "", text).strip()
    return re.split(r"(?<=[.!?])\s", text)[0] or NO_SENTENCE
