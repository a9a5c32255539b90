"""Cells of a framework's own process become tabs: `%%keras` directly followed by `%%torch`.

A cell that begins with such a magic becomes a tab with the framework's name, its source and its
output inside. Cells with nothing between them share one set of tabs, and what a reader chooses
holds on the whole site. A set of two is two columns where a page is wide (`site.css`). The line of
the magic goes; the names that it takes along and brings back are said above the code. Without this
extension, and in a notebook, they are plain cells.
"""
# ruff: noqa: RUF001 (Chinese punctuation is meant)

from __future__ import annotations

import shlex
from argparse import Namespace
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx_design.shared import create_component
from translations import ZH

from benchmarks.lessons.notebook import parser
from common.framework import frameworks

EACH = "each"
TITLES = {"keras": "Keras", "torch": "PyTorch", "jax": "JAX"}
GROUP = "framework"  # the reader's choice is one for all sets of this group
COLUMNS = "side-by-side"
WORDS = (" and ", "in a new process; ", "takes ", "brings back ", ", ", ", ")
CHINESE = (" 和 ", "在新的进程里；", "取用 ", "带回 ", "、", "；")


class FrameworkTabs(SphinxTransform):
    """Put every cell with a framework's magic into a tab."""

    default_priority = 400

    def apply(self, **options: Any) -> None:
        for cell in list(self.document.findall(nodes.container)):
            if cell.get("nb_element") == "cell_code" and (source := _source(cell)):
                name, args = _magic(source)
                if name:
                    _drop_magic(source)
                    words = CHINESE if self.env.docname.startswith(ZH) else WORDS
                    _into_tab(cell, name, args, words)


def _source(cell: nodes.Element) -> nodes.literal_block | None:
    """The cell's code; None where the page leaves it out."""
    for block in cell.findall(nodes.literal_block):
        if block.parent.get("nb_element") == "cell_code_source":
            return block
    return None


def _magic(source: nodes.literal_block) -> tuple[str, Namespace]:
    """The framework of a cell, or "each", with the options of its magic; "" for any other cell."""
    first = source.astext().partition("\n")[0]
    name, *words = shlex.split(first[2:], comments=True) if first.startswith("%%") else [""]
    if name not in (EACH, *frameworks()):
        return "", Namespace()
    return name, parser(None if name == EACH else name).parse_args(words)


def _drop_magic(source: nodes.literal_block) -> None:
    code = source.astext().partition("\n")[2]
    source.clear()
    source += nodes.Text(code)
    source.rawsource = code  # Sphinx colours only a block whose raw source is its text
    source["language"] = "python"


def _into_tab(cell: nodes.Element, name: str, args: Namespace, words: tuple[str, ...]) -> None:
    parent, place = cell.parent, cell.parent.index(cell)
    tabs: Any = parent[place - 1] if place else cell
    held = tabs.get("frameworks", []) if isinstance(tabs, nodes.container) else []
    if held and name not in held and EACH not in (name, *held):
        parent.remove(cell)
    else:
        tabs, held = create_component("tab-set", classes=["sd-tab-set"]), []
        tabs.source, tabs.line = cell.source, cell.line
        parent[place] = tabs
    tabs["frameworks"] = [*held, name]
    tabs["classes"] = ["sd-tab-set", *([COLUMNS] if len(held) == 1 else [])]
    tabs += _tab(cell, name, args, words)


def _tab(
    cell: nodes.Element, name: str, args: Namespace, words: tuple[str, ...]
) -> nodes.container:
    shown = args.names or ["keras", "torch"] if name == EACH else [name]
    title = words[0].join(TITLES.get(each, each) for each in shown)
    label = nodes.rubric(title, title, classes=["sd-tab-label"])
    if name != EACH:
        label["sync_id"], label["sync_group"] = name, GROUP
    content = create_component("tab-content", classes=["sd-tab-content"])
    if args.into or args.out or args.fresh:
        content += _names(args, words)
    content += cell
    tab = create_component("tab-item", classes=["sd-tab-item"], children=[label, content])
    tab.source, tab.line = cell.source, cell.line
    return tab


def _names(args: Namespace, words: tuple[str, ...]) -> nodes.paragraph:
    """What the cell takes along from the page and brings back to it."""
    _, fresh, takes, brings, comma, stop = words
    said = nodes.paragraph(classes=["cell-names"])
    if args.fresh:
        said += nodes.Text(fresh)
    for word, names in ((takes, args.into), (brings, args.out)):
        if names:
            said += nodes.Text(word)
            for name in names:
                said += [nodes.literal(name, name), nodes.Text(comma)]
            said[-1] = nodes.Text(stop)
    last = said[-1].astext().rstrip(", ;、；")
    said[-1] = nodes.Text(last)
    return said


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_transform(FrameworkTabs)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
