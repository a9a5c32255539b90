"""The answer to an exercise is folded: a section whose title begins with "Answer", or 答案.

It opens by a click, and is no entry of the contents beside the page. Without this extension, and in
a notebook, it is a section like any other.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx_design.shared import create_component

TITLES = ("Answer ", "答案 ")


class FoldedAnswers(SphinxTransform):
    """Put each answer into a dropdown."""

    default_priority = 450  # its cells are tabs by then

    def apply(self, **options: Any) -> None:
        for section in list(self.document.findall(nodes.section)):
            title, *content = section.children
            if title.astext().startswith(TITLES):
                section.parent.replace(section, _dropdown(section, title, content))


def _dropdown(section: nodes.section, title: nodes.Node, content: list[nodes.Node]) -> Any:
    folded: Any = create_component(
        "dropdown",
        classes=["answer"],
        opened=False,
        type="dropdown",
        has_title=True,
        icon=None,
        chevron=None,
        container_classes=["sd-mb-3", "answer"],
        title_classes=[],
        body_classes=[],
        children=[nodes.rubric("", title.astext(), ids=section["ids"]), *content],
    )
    folded.source, folded.line = section.source, section.line
    return folded


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_transform(FoldedAnswers)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
