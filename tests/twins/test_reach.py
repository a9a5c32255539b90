"""What the rows did not reach, on events made by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.twins.compare import Rung
from benchmarks.twins.limits import merged, reached
from benchmarks.twins.match import match
from benchmarks.twins.place import Models
from benchmarks.twins.reach import limits_not_reached, missed, not_reached
from benchmarks.twins.verdict import lost_digits
from common.twins.probe import Event, Unit

ROW = np.array([[-2.0, 0.5, 2.0]])


def event(layer, kind, *inputs, out=None, **settings):
    return Event(layer, kind, inputs, (inputs[0] if out is None else out,), settings)


def said(*events):
    return missed("torch", reached(events))


LIMITED = {  # a clip as each framework shows it; its limits are 0 or -1, and 6
    "ReLU6 of torch": event("a", "ReLU6", ROW, min_val=0.0, max_val=6.0),
    "relu6 of jax": event("a", "relu6", ROW),
    "ReLU of keras": event("a", "ReLU", ROW, negative_slope=0.0, max_value=6.0, threshold=0.0),
    "a layer's activation in keras": event("dense: relu6", "activation", ROW),
    "Activation of keras": event("a", "Activation", ROW, activation="relu6"),
    "clip of keras": event("a", "Clip", ROW, x_min=-1, x_max=6),
    "clamp of torch": event("a", "clamp", ROW, max=6.0, min=None),
    "clip of jax": event("a", "clip", ROW, max=6.0, min=-np.inf),
    "Hardtanh of torch": event("a", "Hardtanh", ROW, min_val=-1, max_val=6),
}


@pytest.mark.parametrize("limited", LIMITED.values(), ids=LIMITED)
def test_a_limit_that_no_value_comes_to_is_said(limited):
    (sentence,) = said(limited)
    assert sentence == f"not reached: no value is above the limit 6 of {limited.layer} (torch)"
    assert said(limited, limited._replace(inputs=(30 * ROW,))) == []
    assert said(limited._replace(inputs=(3 * ROW,))) == []  # on the limit is reached


@pytest.mark.parametrize("kind", ["hard_sigmoid", "Hardsigmoid", "hard_silu", "Hardswish"])
def test_a_saturation_has_two_limits(kind):
    below, above = sorted(said(event("a", kind, ROW)), reverse=True)
    assert "below the limit -3" in below and "above the limit 3" in above
    assert said(event("a", kind, 2 * ROW)) == []


def test_a_relu_of_positive_values_is_no_relu():
    assert said(event("a", "ReLU", np.abs(ROW)))[0].startswith("not reached: no value is below")
    assert said(event("a", "relu", np.maximum(ROW, 0))) == []  # after another one
    assert said(event("a", "tanh", ROW), event("s", "Softplus", ROW, threshold=20)) == []


def test_the_other_argument_of_a_maximum_is_taken_or_said():
    assert said(event("a", "minimum", ROW, np.array(9.0), out=ROW)) == [
        "not reached: the first tensor is always the one taken in a (torch)"
    ]
    assert said(event("a", "minimum", ROW, np.array(1.0), out=np.minimum(ROW, 1))) == []
    assert said(event("a", "Maximum", ROW, out=np.maximum(ROW, 0))) == []  # a number, not shown
    assert said(event("a", "maximum", ROW, ROW, out=ROW)) == []
    assert "never the one taken" in said(event("a", "maximum", ROW, 9 + ROW, out=9 + ROW))[0]


@pytest.mark.parametrize("kind", ["where", "Where", "masked_fill", "scaled_dot_product_attention"])
def test_a_mask_is_sometimes_true_or_said(kind):
    mask = np.array([[0, 0, 1]])
    assert said(event("a", kind, ROW, mask)) == []
    assert said(event("a", kind, ROW, 0 * mask)) == [
        "not reached: the mask is never true in a (torch)"
    ]
    assert "always true" in said(event("a", kind, 0 * mask + 1, ROW, 7 * mask))[0]
    assert said(event("a", kind, ROW)) == []  # no mask


def test_padding_words_and_masked_rows():
    words, sentences = np.array([[3, 4], [5, 6]]), np.ones((2, 3, 4))
    (sentence,) = said(event("a", "Embedding", words, mask_zero=True))
    assert sentence == "not reached: no word is the padding of a (torch)"
    assert said(event("a", "embedding", words, padding_idx=5)) == []
    assert said(event("a", "Embedding", words, padding_idx=None)) == []
    assert "never true" in said(event("m", "Masking", sentences, mask_value=0.0))[0]
    sentences[0, 2] = 0
    assert said(event("m", "Masking", sentences, mask_value=0.0)) == []


def test_layers_of_one_limit_share_a_sentence():
    (sentence,) = said(*(event(f"relu{i}", "ReLU6", ROW) for i in range(9)))
    assert sentence.endswith("of relu0, relu1, relu2, relu3, relu4 and 4 more (torch)")


def test_runs_at_several_scales_are_merged():
    one, other = reached([event("a", "relu6", ROW)]), reached([event("b", "relu6", ROW)])
    assert set(merged(one, other)) == {("a", 0.0), ("a", 6.0), ("b", 0.0), ("b", 6.0)}


def dense(name, **more):
    return Unit(name, "dense", {"kernel": (3, 3)}, layer=name, **more)


def models_of(ones, others, *events):
    matching = match(ones, others, {}, {})
    return Models(("keras", "torch"), matching, *events, lambda layer, inputs: ())


def test_other_scales_are_run_where_a_limit_is_left_alone():
    """A limit at 6 is reached by rows 30 times as large; one at 1e6 is not."""
    asked = []

    def side(framework, limit):
        def at(rows):
            asked.append(framework)
            return reached([event("clip", "clip", rows[0], max=limit)])

        return SimpleNamespace(framework=framework, reached=at)

    sides = side("keras", 6.0), side("torch", 1e6)
    events = [[event("clip", "clip", ROW, max=limit)] for limit in (6.0, 1e6)]
    models = models_of([], [], *events)
    assert limits_not_reached(models, sides, [ROW]) == [
        "not reached: no value is above the limit 1e+06 of clip (torch)"
    ]
    assert asked == ["keras", "torch", "torch"]
    assert len(limits_not_reached(models, sides, [np.array([[1, 2, 3]])])) == 2  # words: one scale


def test_weights_that_nothing_trains_and_layers_that_nobody_calls():
    ones, others = [dense("a"), dense("b"), dense("c")], [dense("x"), dense("y"), dense("z")]
    shown = (
        [event(name, "Dense", ROW) for name in "ab"],
        [event(name, "Linear", ROW) for name in "xy"],
    )
    zero, some = np.zeros((3, 3)), np.ones((3, 3))
    traces = [
        {f"gradients/{name}/kernel": some if name in "ax" else zero for name in names}
        for names in ("abc", "xyz")
    ]
    assert not_reached(models_of(ones, others, *shown), traces) == [
        "not reached: c ~ z is never called in either model",
        "not reached: b ~ y got no gradient in either model",
    ]
    traces[1]["gradients/y/kernel"] = traces[1]["gradients/z/kernel"] = some  # a breach, elsewhere
    assert not_reached(models_of(ones, others, *shown), traces) == []
    (sentence,) = not_reached(models_of(ones[:2], [*others[:2], dense("w")], *shown), traces)
    assert sentence == "torch alone has w, without a partner, and never calls w"


def test_digits_are_lost_before_a_step():
    """RMSprop's first step of a gradient that is all rounding is as long as any other."""
    far = Rung("step 1", "a/kernel", 1e-12, 1e-6, 0.5, (0.5, 0.0))
    assert lost_digits(("keras", "torch"), [far]) == []
    (sentence,) = lost_digits(("keras", "torch"), [far._replace(rung="gradients")])
    assert "keras in float32 is 5e-01 away from itself in float64 at gradients a/kernel" in sentence
