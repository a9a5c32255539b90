"""Each page that runs is there as a notebook, and says so below its title.

MyST-NB writes what it ran, with all outputs, beside the site; here the page links to that file, and
Sphinx copies what is linked to.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import download_reference
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform


class NotebookLink(SphinxTransform):
    """A line below the title of a page that has cells."""

    default_priority = 450

    def apply(self, **options: Any) -> None:
        cells = (n for n in self.document.findall() if _of(n, "nb_element") == "cell_code")
        title = next(self.document.findall(nodes.title), None)
        if title is None or next(cells, None) is None:
            return
        name = self.env.docname
        file = Path(self.env.mystnb_config.output_folder, f"{name}.ipynb")
        target = "/" + os.path.relpath(file, self.env.srcdir)  # "/": from the folder of the pages
        link = download_reference("", "", reftarget=target)
        link += nodes.inline("", "Download this page as a notebook")
        command = f"twinbench lesson {name}"
        line = nodes.paragraph(classes=["notebook-link"])
        line += [link, nodes.Text(", or write it with "), nodes.literal(command, command)]
        title.parent.insert(title.parent.index(title) + 1, line)


def _of(node: nodes.Node, key: str) -> Any:
    return node.get(key) if isinstance(node, nodes.Element) else None


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_transform(NotebookLink)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
