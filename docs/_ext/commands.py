"""The directive `command-line`: the help of every command, as its parser gives it."""

from __future__ import annotations

import io
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from benchmarks import cli


class CommandLine(SphinxDirective):
    """A section a command, with what its `--help` prints."""

    def run(self) -> list[nodes.Node]:
        return [self._section(path) for path in cli.commands()]

    def _section(self, path: Path) -> nodes.section:
        self.env.note_dependency(str(path))
        section = nodes.section(ids=[path.stem], names=[path.stem])
        section += nodes.title("", f"twinbench {path.stem}")
        text = help_of(path.stem)
        section += nodes.literal_block(text, text, language="none")
        self.state.document.note_explicit_target(section, section)
        return section


def help_of(command: str) -> str:
    """What the command line says of a command."""
    printed = io.StringIO()
    with redirect_stdout(printed), suppress(SystemExit):
        cli.main([command, "--help"])
    return printed.getvalue()


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("command-line", CommandLine)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
