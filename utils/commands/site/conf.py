"""Sphinx's settings for the course's pages."""

import html
import re
from pathlib import Path

import latex2mathml.converter
from docutils import nodes

HERE = Path(__file__).parent

project = html_title = "Deep Learning by Hand"
author = "The Deep Learning by Hand authors"
project_copyright = "2026 " + author
language = "en"
smartquotes = False  # the text says what a program prints

extensions = ["myst_nb", "sphinx_copybutton"]
nb_custom_formats = {".ipynb": "utils.commands.site.reader.read"}
nb_execution_mode = "off"
nb_merge_streams = True
myst_enable_extensions = ["dollarmath", "attrs_inline"]
myst_heading_anchors = 3
# as JupyterLab names a heading, so that one link works in both
myst_heading_slug_func = "utils.commands.site.conf.slug"

html_theme = "furo"
templates_path = [str(HERE / "theme")]
html_static_path = [str(HERE / "static")]
html_css_files = ["course.css"]
html_js_files = ["course.js"]
html_favicon = str(HERE / "static" / "three.svg")
html_copy_source = html_use_index = False
html_math_renderer = "mathml"
html_theme_options = {"top_of_page_buttons": []}
# the palettes of accessible-pygments, which Furo brings
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "github-dark"
copybutton_selector = ".cell_input pre, details div.highlight-python pre"


def slug(heading: str) -> str:
    """Return a heading's anchor.

    Example:
        >>> slug("7. What is a step?")
        '7.-What-is-a-step?'
    """
    return heading.replace(" ", "-")


def mathml(body: str, display: str) -> str:
    """Return a formula as MathML, which browsers draw by themselves.

    Args:
        body: LaTeX.
        display: "inline" or "block".

    Returns:
        The formula as it was typed if it cannot be read.
    """
    try:
        return latex2mathml.converter.convert(body, display=display)
    except Exception:  # noqa: BLE001 - it raises many kinds
        return f"<code>{html.escape(body)}</code>"


def _inline_math(translator, node):
    translator.body.append(mathml(node.astext(), "inline"))
    raise nodes.SkipNode


def _block_math(translator, node):
    formula = mathml(node.astext(), "block")
    translator.body.append(f'<div class="math" tabindex="0">{formula}</div>')
    raise nodes.SkipNode


def finish_page(app, pagename, templatename, context, doctree):
    """Mend what keeps a page from being accessible, and say what is Chinese."""
    tree = context["furo_navigation_tree"]
    context["furo_navigation_tree"] = tree.replace(' role="heading"', "")
    body = context.get("body", "")
    body = body.replace(' aria-label="Toggle hidden content"', "")
    body = body.replace('<th class="head"><p></p></th>', "<td></td>")
    # so that keys scroll it
    wide = r'<(?=pre\b|div class="table-wrapper)(\w+)'
    body = re.sub(wide, r'<\1 tabindex="0"', body)
    context["body"] = re.sub(r">[^<>]+<", _mark_chinese, body)


def _mark_chinese(text):
    words = "[\u4e00-\u9fff][\u4e00-\u9fff、（）]*"
    return re.sub(words, r'<span lang="zh-Hans">\g<0></span>', text[0])


def setup(app):
    """Add to Sphinx what is the course's own."""
    app.add_html_math_renderer("mathml", (_inline_math, None), (_block_math, None))
    app.connect("html-page-context", finish_page, priority=900)  # after Furo
