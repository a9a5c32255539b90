"""What a notebook that has loaded the extension finds at its `!` prompt."""

from __future__ import annotations

import os
import shutil
import sys
from types import SimpleNamespace

from rich.console import Console

from benchmarks.lessons import notebook


def test_commands_are_this_interpreters_and_print_as_into_a_file(monkeypatch):
    for name in ("TTY_COMPATIBLE", "NO_COLOR"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("PATH", os.devnull)
    monkeypatch.setenv("FORCE_COLOR", "1")  # as Jupyter has it
    assert Console().is_terminal and not shutil.which(os.path.basename(sys.executable))
    notebook.load_ipython_extension(SimpleNamespace(register_magic_function=lambda *_: None))
    assert not Console().is_terminal
    found = shutil.which(os.path.basename(sys.executable))
    assert found and os.path.dirname(found) == os.path.dirname(sys.executable)
