"""A user's own twins as a problem: the file and its rows. Nothing here needs a framework."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from types import SimpleNamespace

import numpy as np
import pytest

from common.batches import dense
from common.problem import Metric
from common.twins.layers import AXES, random_tensor
from common.twins.problem import Model, read_twins
from common.twins.task import TwinTask
from tests.command import ROOT

EXAMPLES = ROOT / "docs" / "examples"


def write(folder, **changes):
    values = {"LOSS": "'mean_squared_error'", "INPUT": "(3,)", **changes}
    path = folder / "mine.py"
    path.write_text("".join(f"{k} = {v}\n" for k, v in values.items() if v is not None))
    return path


def test_no_two_initial_tensors_could_be_exchanged_unseen():
    roles = ("gamma", "beta", "moving_mean", "moving_variance")
    vectors = {f"n/{role}": random_tensor(f"n/{role}", (4,), seed=0) for role in roles}
    assert len({value.tobytes() for value in vectors.values()}) == 4
    assert (vectors["n/moving_variance"] > 0.9).all()
    for name, value in vectors.items():
        assert np.array_equal(random_tensor(name, (4,), seed=0), value)


def test_axes_of_a_layer_are_named_once_each():
    assert all(len(set(axes)) == len(axes) for kind in AXES.values() for axes in kind.values())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"LOSS": "'hingy'"}, "LOSS is 'hingy', expected one of"),
        ({"LOSS": None}, "LOSS is 'missing', and a training needs one"),
        ({"INPUT": "[3.5]"}, r"INPUT is \[3.5\], expected the shape"),
        ({"DATA": "'mnist'"}, "DATA is 'mnist', expected one of"),
        ({"RULES": "{'momentum': 1}"}, "RULES is .*expected no other keys"),
        ({"LOSS_ON": "'odds'"}, "LOSS_ON is 'odds'"),
    ],
)
def test_what_is_wrong_in_the_file_is_named(tmp_path, changes, message):
    with pytest.raises(ValueError, match=message):
        read_twins(write(tmp_path, **changes))


def test_a_framework_at_the_top_of_the_file_is_refused_before_it_is_imported(tmp_path):
    path = tmp_path / "top.py"
    path.write_text("LOSS = 'mean_squared_error'\nimport torch.nn\n")
    with pytest.raises(ValueError, match="line 2 imports torch; move that into the function"):
        read_twins(path)


def test_random_rows_are_said_to_be_random(tmp_path):
    twins = read_twins(write(tmp_path))
    data = replace(twins, output_shapes=((1,),), test_metric=Metric.MAE).own_data("auto", None)
    assert data.x.shape[1:] == (3,) and not data.real and "random rows" in data.notice
    assert data.y.shape == (len(data.x),) and data.y.dtype == np.float32
    assert twins.changes() == {}
    assert twins.but(epochs=7).changes() == {"epochs": 7}


@pytest.mark.parametrize("name", ["conv_twins", "buggy_twins"])
def test_the_examples_can_be_read_without_a_framework(name):
    twins = read_twins(EXAMPLES / f"{name}.py")
    assert twins.name == f"twins:{name}" and twins.file.shapes == ((28, 28, 1),)
    assert twins.file.models == ("keras", "torch")


SEVERAL = """
import numpy as np
INPUT = {"image": (2, 3), "words": (4,)}
TOKENS = {"words": 9}
LOSS = "huber"

def data():
    x = {"words": np.arange(40).reshape(10, 4) % 9, "image": np.ones((10, 2, 3))}
    return x, [np.arange(60.0).reshape(10, 2, 3), np.arange(10)]
"""


def test_rows_of_several_inputs_travel_as_one_array(tmp_path):
    path = tmp_path / "several.py"
    path.write_text(SEVERAL)
    model = Model("torch", "logits", ((1, (1,)), (0, (3, 2))), ())  # another order, channels first
    twins = replace(read_twins(path), output_shapes=((2, 3), (1,)), models=(model,))
    json.dumps(asdict(twins))  # a part of every key
    data = twins.own_data("auto", None)
    assert data.x.shape == (8,) and data.x_test.shape == data.y_test.shape == (2,)
    task = SimpleNamespace(problem=twins, setup=twins.file.setup("torch"), seen=model)
    image, words = TwinTask.inputs(task, dense(data.x[[5]]))
    assert image.shape == (1, 2, 3) and image.dtype == np.float32
    assert words.tolist() == [[2, 3, 4, 5]] and words.dtype == np.int64
    number, table = TwinTask.wanted(task, data.y[[5, 0]])
    assert number.tolist() == [[5], [0]]
    assert table[0].tolist() == np.arange(30, 36).reshape(2, 3).T.tolist()


@pytest.mark.parametrize(
    ("loss", "shapes", "y", "metric"),
    [
        ("categorical_crossentropy", [(3,)], np.zeros(5), Metric.ACCURACY),
        ("categorical_crossentropy", [(3,)], np.eye(3), Metric.LOSS),
        ("categorical_crossentropy", [(7, 3)], None, Metric.LOSS),
        ("binary_crossentropy", [(1,)], np.zeros((5, 1)), Metric.ACCURACY),
        ("binary_crossentropy", [(1,)], np.full(5, 0.3), Metric.LOSS),
        ("binary_crossentropy", [(2,)], None, Metric.LOSS),
        ("mean_squared_error", [(1,)], None, Metric.MAE),
        ("mean_squared_error", [(1,), (1,)], None, Metric.LOSS),
        ("huber", [(1,)], np.zeros(5), Metric.LOSS),
    ],
)
def test_the_metric_is_the_loss_itself_where_it_has_no_other(tmp_path, loss, shapes, y, metric):
    twins = read_twins(write(tmp_path, LOSS=repr(loss)))
    assert replace(twins, output_shapes=tuple(shapes)).metric_for(y) is metric


def test_settings_that_the_file_has_alone_are_refused(tmp_path):
    twins = read_twins(write(tmp_path))
    for changes in ({"hidden": (4,)}, {"labels": "one_hot"}):
        with pytest.raises(ValueError, match="edit"):
            twins.but(**changes)
