"""Tables on a terminal: what is too wide for it."""

from __future__ import annotations

import io

from rich.console import Console
from rich.table import Column, Table

from benchmarks.show.terminal import print_wide


def test_a_table_that_may_not_fold_does_so_on_a_narrow_terminal_alone():
    words = ("layer3.downsample.0/kernel", "gradients of the whole", "1e-07 !")
    for width, whole in ((30, False), (100, True)):
        table = Table(*(Column(no_wrap=True) for _ in words))
        table.add_row(*words)
        console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
        print_wide(table, console)
        text = console.file.getvalue()
        assert "…" not in text and all(len(line) <= width for line in text.splitlines())
        assert (words[0] in text) == whole
        letters = {letter for letter in "".join(words) if letter != " "}
        assert letters <= set(text)
