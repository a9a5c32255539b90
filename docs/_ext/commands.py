"""The directive `command-line`: the help of every command, as its parser gives it."""

from __future__ import annotations

import io
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from benchmarks.cli import main, parser


class CommandLine(SphinxDirective):
    """A section a command, with what its `--help` prints."""

    def run(self) -> list[nodes.Node]:
        return [self._section(*command) for command in parser.commands().items()]

    def _section(self, name: str, path: Path) -> nodes.section:
        self.env.note_dependency(str(path))
        section = nodes.section(ids=[name], names=[name])
        section += nodes.title("", f"twinbench {name}")
        text = help_of(name)
        section += nodes.literal_block(text, text, language="none")
        self.state.document.note_explicit_target(section, section)
        return section


def help_of(command: str) -> str:
    """What the command line says of a command."""
    printed = io.StringIO()
    with redirect_stdout(printed), suppress(SystemExit):
        main.main([command, "--help"])
    return printed.getvalue()


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("command-line", CommandLine)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
