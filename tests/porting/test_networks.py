"""Whole networks: each has its one fault where its file says."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tools.ports import situation

ONE_FAULT = sorted((Path(__file__).parent / "networks").glob("*_one_*.py"))
SETTINGS = "tests.porting.calls:settings_in_torch"


@pytest.mark.parametrize("file", ONE_FAULT, ids=lambda file: file.stem)
def test_one_fault_is_in_one_place_and_the_file_names_it(file, process_of):
    right = next(node for node in ast.parse(file.read_text()).body if isinstance(node, ast.Import))
    mended = file.with_name(f"{right.names[0].name}.py")
    said, wanted = (process_of("torch").call(SETTINGS, str(path)) for path in (file, mended))
    apart = [name for name in said if said[name] != wanted.get(name)]
    assert len({name.rpartition(".")[0] for name in apart}) == 1 and set(wanted) <= set(said)
    assert any(place in apart[0] for place in situation(file).places)
    assert situation(mended).truth == "right"
