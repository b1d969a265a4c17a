"""Turn an executed notebook into one HTML file that reads well offline."""

import copy
import html
import re
from pathlib import Path

import latex2mathml.converter
from jinja2 import pass_context
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode

from utils.commands.lessons import title_of

# nbconvert's own page loads MathJax, RequireJS and Mermaid from a server.
TEMPLATE = """
{%- extends 'lab/index.html.j2' -%}
{%- block html_head_js -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
{%- block data_png scoped -%}
<div class="jp-RenderedImage jp-OutputArea-output"><img
src="data:image/png;base64,{{ output.data['image/png'] | replace('\n', '') }}"
alt="{{ output | get_metadata('alt', 'image/png') | escape_html }}"></div>
{%- endblock -%}
{%- block html_head_css -%}
<style>
main { max-width: 60rem; margin: 0 auto; padding: 0 1rem; }
details { margin: 0.5em 0; }
summary { cursor: pointer; }
.jp-MarkdownOutput .highlight { background: #f5f5f5; padding: 0.5em 0.8em; }
</style>
{%- endblock -%}
"""


class MathRenderer(IPythonRenderer):
    """Write formulas as MathML, which browsers draw by themselves."""

    def inline_math(self, body: str) -> str:
        """Return a formula within a line."""
        return _mathml(body, "inline")

    def block_math(self, body: str) -> str:
        """Return a formula on a line of its own."""
        return _mathml(body, "block")

    multiline_math = block_math

    def _html_embed_images(self, html: str) -> str:
        # nbconvert parses each piece of HTML on its own, which closes the <details>
        # that the next piece would have closed.
        return super()._html_embed_images(html) if "<img" in html else html


class PageExporter(HTMLExporter):
    """nbconvert's HTML page, pictures and formulas included, nothing loaded."""

    def __init__(self, **kwargs):
        super().__init__(raw_template=TEMPLATE, embed_images=True, **kwargs)

    @pass_context
    def markdown2html(self, context, source):
        """Return the HTML of a Markdown cell, formulas as MathML."""
        renderer = MathRenderer(
            escape=False,
            embed_images=True,
            path=context["resources"]["metadata"]["path"],
            anchor_link_text=self.anchor_link_text,
        )
        return MarkdownWithMath(renderer=renderer).render(source)


def _mathml(body: str, display: str) -> str:
    """Return a formula as MathML, or as it was typed if it cannot be read."""
    try:
        return latex2mathml.converter.convert(body, display=display)
    except Exception:  # noqa: BLE001 - it raises many kinds
        return f"<code>{html.escape(body)}</code>"


def write_page(notebook: NotebookNode, path: Path, images: Path) -> None:
    """Write a notebook as one HTML file that loads nothing from anywhere.

    Args:
        notebook: with its outputs.
        path: the HTML file to write; replaced if it is there.
        images: the folder that the notebook's own image links start from.

    Raises:
        OSError: the file cannot be written.
    """
    notebook = _with_alternative_texts(notebook)
    resources = {"metadata": {"name": title_of(notebook), "path": str(images)}}
    page, _ = PageExporter().from_notebook_node(notebook, resources)
    path.write_text(page, encoding="utf-8")


def _with_alternative_texts(notebook: NotebookNode) -> NotebookNode:
    """Give each figure the sentence after it, which says what it shows."""
    notebook = copy.deepcopy(notebook)
    followers = [*notebook.cells[1:], NotebookNode(cell_type="raw", source="")]
    for cell, following in zip(notebook.cells, followers, strict=True):
        text = following.source if following.cell_type == "markdown" else ""
        sentence = re.split(r"(?<=[.!?])\s", re.sub(r"[*_`#$]", "", text.strip()))[0]
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                output.metadata["alt"] = sentence or "A figure; the text describes it."
    return notebook
