"""How Sphinx makes the site: `make docs`.

Sphinx with MyST and furo, for they are kept well, read the same Markdown that GitHub shows, check every link, and make
pages that ask no network for anything. (MkDocs 1 and Material for MkDocs are no longer maintained, and Zensical, their
heir, is at version 0.1.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
VERSION = re.search(r'__version__ = "(.*)"', HERE.parent.joinpath("gpu_im2rec", "__init__.py").read_text())

project = "gpu-im2rec"
author = "the authors of gpu-im2rec"
copyright = "the authors of gpu-im2rec, Apache-2.0"
version = release = VERSION[1] if VERSION else ""

extensions = ["myst_parser"]
root_doc = "index"
myst_heading_anchors = 4
highlight_language = "none"
nitpicky = True

html_theme = "furo"
html_title = "gpu-im2rec"
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"source_edit_link": ""}
html_css_files = ["site.css"]
html_static_path = ["static"]


def read(app: object, name: str, source: list[str]) -> None:
    """What the site has besides what GitHub shows: navigation, from the landing page's own links, and the benchmarks.

    Their figures stay beside what measures them, in benchmarks/README.md, and links there lead to a page here.
    """
    if name == "index":
        source[0] += "".join(navigation(source[0]))
    if name == "benchmarks":
        source[0] = HERE.parent.joinpath("benchmarks", "README.md").read_text(encoding="utf-8").replace("../docs/", "")
    source[0] = re.sub(r"\]\((?:\.\./)+benchmarks/README\.md", f"]({'../' * name.count('/')}benchmarks.md", source[0])


def navigation(page: str) -> Iterator[str]:
    """A table of contents for each section that leads to pages which no earlier one led to."""
    told: set[str] = set()
    for title, section in re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", page, re.DOTALL | re.MULTILINE):
        names = [name for name in re.findall(r"\]\(([\w/-]+)\.md\)", section) if name not in told]
        told.update(names)
        if names:
            yield "\n".join(["", "```{toctree}", ":hidden:", f":caption: {title}", "", *names, "```", ""])


def accessible(app: object, name: str, template: str, context: dict[str, str], tree: object) -> None:
    """What screen readers and keyboards miss in furo's pages: levels of headings, and blocks that scroll."""
    headings = context.get("furo_navigation_tree", "")
    context["furo_navigation_tree"] = headings.replace('role="heading"', 'role="heading" aria-level="2"')
    context["body"] = context.get("body", "").replace("<pre>", '<pre tabindex="0">')


def setup(app: object) -> None:
    app.connect("source-read", read)  # type: ignore[attr-defined]
    app.connect("html-page-context", accessible, priority=900)  # type: ignore[attr-defined]
