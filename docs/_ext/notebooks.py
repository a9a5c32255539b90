"""Each page that runs is there as a notebook, which a line below its title says, with its seconds.

MyST-NB writes what it ran, with all outputs, beside the site; here the page links to that file, and
Sphinx copies what is linked to. A page that shows none of its code, such as the first, has no link.
An output that shows where this machine keeps its files, or a name over nothing, fails the build.
"""
# ruff: noqa: RUF001 (Chinese punctuation is meant)

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.addnodes import download_reference
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util.logging import getLogger
from translations import ZH

from benchmarks.lessons.pages import faults_of

LOGGER = getLogger(__name__)
WORDS = (
    "Download this page as a notebook",
    ", or write it with ",
    "; it ran in {:.0f} s when this site was built",
)
CHINESE = ("把本页下载为笔记本", "，或者用命令写出：", "；生成本站时运行了 {:.0f} 秒")


class NotebookLink(SphinxTransform):
    """A line below the title of a page that has cells."""

    default_priority = 450

    def apply(self, **options: Any) -> None:
        name = self.env.docname
        file = Path(self.env.mystnb_config.output_folder, f"{name}.ipynb")
        if file.is_file():  # a page with cells, shown or not
            _print_once(file)
            _check(file, name)
        code = (n for n in self.document.findall(nodes.container) if _is_code(n))
        title = next(self.document.findall(nodes.title), None)
        if title is None or next(code, None) is None:
            return
        target = "/" + os.path.relpath(file, self.env.srcdir)  # "/": from the folder of the pages
        link = download_reference("", "", reftarget=target)
        download, write, ran = CHINESE if name.startswith(ZH) else WORDS
        link += nodes.inline("", download)
        command = f"twinbench lesson {name}"
        line = nodes.paragraph(classes=["notebook-link"])
        line += [link, nodes.Text(write), nodes.literal(command, command)]
        if seconds := (NbMetadataCollector.get_exec_data(self.env, name) or {}).get("runtime"):
            line += nodes.Text(ran.format(seconds))
        title.parent.insert(title.parent.index(title) + 1, line)


def _check(file: Path, name: str) -> None:
    """Warn, which fails the build, of what no output may show."""
    for fault in faults_of(nbformat.read(file, nbformat.NO_CONVERT)):
        LOGGER.warning("%s", fault, location=name, type="lesson")


def _is_code(node: nodes.container) -> bool:
    return node.get("nb_element") == "cell_code_source"


def _print_once(file: Path) -> None:
    """MyST-NB merges what a cell prints into the first piece, and leaves the others behind it."""
    notebook = nbformat.read(file, nbformat.NO_CONVERT)
    for cell in notebook.cells:
        printed: set[str] = set()
        for output in list(cell.get("outputs", [])):
            if output.output_type == "stream":
                if output.name in printed:
                    cell.outputs.remove(output)
                printed.add(output.name)
    nbformat.write(notebook, file)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_transform(NotebookLink)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
