"""A process of PyTorch, and the probes that are opened in it."""

from __future__ import annotations

from textwrap import indent

import pytest

from benchmarks.harness.process import Child
from common.framework import frameworks
from common.twins.probe import Setup
from tests.twins.torch_models import FILE, Opened


@pytest.fixture(scope="module")
def torch_child():
    if frameworks()["torch"].missing:
        pytest.skip("needs PyTorch")
    with Child("torch", threads=1) as child:
        yield child


@pytest.fixture
def torch_probe(torch_child, tmp_path):
    """Opens a model: `torch_probe(code, shape, ...)`; its methods are called in the child."""

    def opened(model, *shapes, more="", **options):
        path = tmp_path / f"model{len(list(tmp_path.iterdir()))}.py"
        path.write_text(FILE.format(model=indent(model, "    "), more=more))
        setup = Setup(str(path), "torch", shapes, **options)
        return Opened(torch_child, *torch_child.call("benchmarks.twins.probes:open_probe", setup))

    yield opened
    if not torch_child.connection.closed:
        torch_child.call("benchmarks.twins.probes:close_probes")
