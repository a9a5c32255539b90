"""The directive `causes`: a section a cause that `twinbench parity --twins` knows."""

from __future__ import annotations

import inspect
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from benchmarks.lessons.causes import catalogue_page
from benchmarks.twins.causes.catalogue import GROUPS


class Causes(SphinxDirective):
    """What the catalogue has, as if it stood in the page."""

    def run(self) -> list[nodes.Node]:
        for file in [inspect.getsourcefile(catalogue_page), *(group.__file__ for group in GROUPS)]:
            self.env.note_dependency(str(file))
        sections = nodes.Element()  # stays empty: MyST hangs a section below the page's title
        text = StringList(catalogue_page().splitlines(), source=self.env.docname)
        self.state.nested_parse(text, 0, sections, match_titles=True)
        return sections.children


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("causes", Causes)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
