"""Processes that the tests of twins share, and the probes that are opened in them."""

from __future__ import annotations

from importlib.util import find_spec
from textwrap import indent

import pytest

from common.twins.probe import Setup
from tests.conftest import processes
from tests.twins.opened import PROBES, Opened, flax_net, written
from tests.twins.pairs import NAMES
from tests.twins.torch_models import FILE


@pytest.fixture(scope="package")
def twin_process():
    """The process of a framework by name: one for all these tests, since an import takes long."""
    with processes(threads=1) as of:
        yield of


@pytest.fixture
def children(twin_process):
    """The processes of both models of a file."""
    return {name: twin_process(name) for name in NAMES}


def close_probes(child):
    if not child.connection.closed:
        child.call(f"{PROBES}:close_probes")


@pytest.fixture
def torch_child(twin_process):
    child = twin_process("torch")
    yield child
    close_probes(child)


@pytest.fixture
def torch_probe(torch_child, tmp_path):
    """Opens a model: `torch_probe(code, shape, ...)`; its methods are called in the child."""

    def opened(model, *shapes, more="", **options):
        path = tmp_path / f"model{len(list(tmp_path.iterdir()))}.py"
        path.write_text(FILE.format(model=indent(model, "    "), more=more))
        return Opened(torch_child, Setup(str(path), "torch", shapes, **options))

    return opened


@pytest.fixture
def jax_child(twin_process):
    if find_spec("flax") is None:
        pytest.skip('flax is not installed: pip install "flax>=0.12"')
    child = twin_process("jax")
    yield child
    close_probes(child)


@pytest.fixture
def jax_probe(jax_child, tmp_path):
    """Opens a model by the lines of its two methods, or by `jax_probe.of_body`."""

    def opened(init, call, *, inputs="x", **setup):
        return of_body(flax_net(init, call, inputs), **setup)

    def of_body(body, more="", **setup):
        path = written(tmp_path, "jax", body, more)
        return Opened(jax_child, Setup(path, "jax", **{"shapes": ((5,),), **setup}))

    opened.of_body = of_body
    return opened


@pytest.fixture(scope="module")
def keras_process(twin_process):
    """The process of Keras on a backend; those of the others end with the file."""
    with processes(threads=1) as of_variant:
        yield lambda name: (of_variant if ":" in name else twin_process)(name)


@pytest.fixture
def keras_probe(keras_process, tmp_path):
    """The probe of a model by the body of `keras_model`."""
    children = {}

    def opened(body, *shapes, framework="keras", more="", **settings):
        children[framework] = keras_process(framework)
        path = written(tmp_path, "keras", body, more)
        return Opened(children[framework], Setup(path, framework, shapes, **settings))

    yield opened
    for child in children.values():
        close_probes(child)
