"""A user's own twins: the file, and which layer of one model is whose partner in the other.

Nothing here needs a framework.
"""

from __future__ import annotations

import numpy as np
import pytest

from common.twins.layers import AXES, Layer, hints, initial_values, pair
from common.twins.problem import read_twins
from tests.command import ROOT

EXAMPLES = ROOT / "docs" / "examples"


def dense(name, inputs, outputs):
    return Layer(name, "dense", {"kernel": (inputs, outputs), "bias": (outputs,)}, {}, {})


def norm(name, **settings):
    shapes = {"gamma": (4,), "beta": (4,)}
    state = {"moving_mean": (4,), "moving_variance": (4,)}
    return Layer(name, "batch_norm", shapes, state, settings)


def write(folder, **changes):
    values = {"LOSS": "'mean_squared_error'", "INPUT": "(3,)", **changes}
    path = folder / "mine.py"
    path.write_text("".join(f"{k} = {v}\n" for k, v in values.items() if v is not None))
    return path


@pytest.mark.parametrize(("chosen", "positions"), [({}, [1, 0, 2, 3]), ({"b": "3"}, [1, 0, 3, 2])])
def test_layers_pair_by_kind_and_shape_in_order_unless_a_partner_is_chosen(chosen, positions):
    models = {
        "one": [dense("a", 3, 4), norm("n"), dense("b", 4, 4), dense("c", 4, 4)],
        "other": [norm("1"), dense("0", 3, 4), dense("2", 4, 4), dense("3", 4, 4)],
    }
    pairs = pair(models, chosen, {})
    assert [p.name for p in pairs] == ["dense_1", "batch_norm_1", "dense_2", "dense_3"]
    assert [p.position("other") for p in pairs] == positions


@pytest.mark.parametrize(
    ("chosen", "flatten", "message"),
    [
        ({"z": "0"}, {}, "PAIRS has 'z', expected one of a"),
        ({"a": "9"}, {}, "PAIRS has '9', expected one of 0"),
        ({}, {"z": (2, 2)}, "FLATTEN has 'z', expected one of a"),
    ],
)
def test_a_name_that_is_not_there_is_refused(chosen, flatten, message):
    found = {"one": [dense("a", 4, 4)], "other": [dense("0", 4, 4)]}
    with pytest.raises(ValueError, match=message):
        pair(found, chosen, flatten)


def test_layers_without_a_partner_are_named_on_both_sides():
    found = {"one": [dense("a", 3, 4)], "other": [dense("0", 4, 3)]}
    with pytest.raises(ValueError, match=r"'a' \(dense: kernel \(3, 4\).*left.*'0' \(dense"):
        pair(found, {}, {})


def test_a_convention_that_is_not_shared_is_told():
    found = {"one": [norm("n", epsilon=1e-3)], "other": [norm("1", epsilon=1e-5)]}
    assert hints(pair(found, {}, {}), found) == [
        "batch_norm_1: epsilon is 0.001 in one, 1e-05 in other"
    ]


def test_no_two_initial_tensors_could_be_exchanged_unseen():
    pairs = pair({"one": [dense("a", 3, 4), norm("n")]}, {}, {})
    values = initial_values(pairs, seed=0)
    vectors = [value for value in values.values() if value.shape == (4,)]
    assert len(vectors) == 5
    assert len({value.tobytes() for value in vectors}) == 5
    assert (values["batch_norm_1/moving_variance"] > 0.9).all()
    again = initial_values(pairs, seed=0)
    assert all(np.array_equal(values[name], again[name]) for name in values)


def test_axes_of_a_layer_are_named_once_each():
    assert all(len(set(axes)) == len(axes) for kind in AXES.values() for axes in kind.values())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"LOSS": "'hinge'"}, "LOSS is 'hinge', expected one of"),
        ({"LOSS": None}, "LOSS is 'missing'"),
        ({"INPUT": "[3]"}, r"INPUT is \[3\], expected the shape"),
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
    data = twins.own_data("auto", None)
    assert data.x.shape[1:] == (3,) and not data.real and "random rows" in data.notice
    assert twins.changes() == {}
    assert twins.but(epochs=7).changes() == {"epochs": 7}


@pytest.mark.parametrize("name", ["conv_twins", "buggy_twins"])
def test_the_examples_can_be_read_without_a_framework(name):
    twins = read_twins(EXAMPLES / f"{name}.py")
    assert twins.name == f"twins:{name}" and twins.shape == (28, 28, 1) and twins.outputs == 10
    assert twins.has("keras") and twins.has("torch")
