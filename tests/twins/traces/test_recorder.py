"""The recorder on models in NumPy: what it keeps, what it leaves as it was."""

from __future__ import annotations

import ast
import inspect
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

from common.twins import recorded as recorded_types
from common.twins import twinbench_record
from common.twins.recorded import Trace
from common.twins.twinbench_record import record
from tests.command import ROOT
from tests.twins.fake_models import Module, keras_net, recorded, rows, torch_net


def test_the_recorder_is_one_file_for_python_3_9():
    source = inspect.getsource(twinbench_record)
    tree = ast.parse(source, feature_version=(3, 9))
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= {"numpy", *sys.stdlib_module_names}
    assert "from __future__ import annotations" in source and "strict=" not in source


@pytest.mark.parametrize("page", ["porting_recorded.md", "zh/porting_recorded.md"])
def test_a_copy_alone_is_imported_as_the_page_says(page, tmp_path):
    """The page names the file that is copied, and what a script beside the copy imports."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    (where,) = re.findall(r"^cp .*python -c '(.*?)'", text, re.MULTILINE)
    (line,) = set(re.findall(r"from twinbench_\w+ import record", text))

    def run(code, path):
        variables = {**os.environ, "PYTHONPATH": str(path)}
        command = [sys.executable, "-P", "-c", code]
        done = subprocess.run(command, env=variables, capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    copied = shutil.copy(run(where, ROOT), tmp_path)
    loaded = "'common' in sys.modules, sys.modules[record.__module__].__file__"
    code = f"{line}; import sys; print({loaded})"
    assert run(code, tmp_path) == f"False {copied}"


def test_the_page_on_traces_has_every_key():
    page = (ROOT / "docs/reference/trace.md").read_text()
    for kind in (recorded_types.Index, recorded_types.Layer, recorded_types.Weight):
        assert all(f"`{name}`" in page for name in kind.__struct_fields__), kind
    for kind in (recorded_types.Call, recorded_types.Tensor, recorded_types.Gradients):
        assert all(f"`{name}`" in page for name in kind.__struct_fields__), kind
    assert f"| `version` | `{twinbench_record.VERSION}`" in page
    assert f"`{twinbench_record.FORMAT}`" in page


def test_what_is_kept_is_bounded_and_said(tmp_path):
    path = recorded(tmp_path / "a.trace", torch_net(), rows(), max_bytes=400)
    trace = Trace(path)
    kept = sum(trace.array(t).nbytes for c in trace.index.calls for t in (*c.inputs, *c.outputs))
    assert kept == 8 * (5 * 4 + 5 * 3)
    assert "max_bytes is 400" in trace.index.notes[-1] and not trace.is_whole()
    recorded(path, torch_net(), rows(), layers=["fc*"])
    assert [event.layer for event in Trace(path).events()] == ["fc1", "fc2"]


def test_calls_are_counted_and_the_classes_are_as_before(tmp_path):
    before = Module.__call__
    net = torch_net(run=lambda net, x: net.fc2(net.act(net.bn(net.act(net.fc1(x))))))
    with record(tmp_path / "a.trace", net):
        assert Module.__call__ is not before
        net(rows())
    assert Module.__call__ is before
    events = [event.layer for event in Trace(tmp_path / "a.trace").events()]
    assert events == ["fc1", "act", "bn", "act#2", "fc2"]
    with pytest.raises(ZeroDivisionError), record(tmp_path / "b.trace", net):
        net(rows())
        raise ZeroDivisionError
    with pytest.raises(RuntimeError, match="no call"), record(tmp_path / "b.trace", net):
        pass
    assert Module.__call__ is before and [p.name for p in tmp_path.iterdir()] == ["a.trace"]
    with pytest.raises(TypeError, match=r"expected a torch\.nn\.Module"):
        record(tmp_path / "b.trace", print)


def test_a_recorder_that_changes_the_outputs_says_so(tmp_path, judged):
    def seen(net, x):
        looked_at = hasattr(Module.__call__, "__wrapped__")
        return net.fc2(net.bn(net.act(net.fc1(x)))) + np.float32(1e-6 * looked_at)

    path = recorded(tmp_path / "a.trace", torch_net(run=seen), rows())
    assert Trace(path).index.unchanged is False
    assert "without the recorder" in judged(keras_net(), torch_net(run=seen)).notes[0]
    assert Trace(recorded(path, torch_net(), rows())).index.unchanged
    net = torch_net()
    net.training = True
    assert Trace(recorded(path, net, rows())).index.unchanged is None
    judgement = judged(keras_net(), net)
    assert judgement.verdict == "wrong" and "torch was recorded in training" in judgement.sentence
