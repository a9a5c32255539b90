"""What the models say of themselves is a cause where it differs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.twins.causes import stated
from tests.twins.causes.layers import X
from tests.twins.scenes import event, scene, unit

rng = np.random.default_rng(2)


def test_what_the_models_state_is_said_where_it_differs():
    frozen = unit("a", "dense", {"kernel": np.eye(2)})
    frozen = frozen[0]._replace(frozen=frozenset({"kernel"})), frozen[1]
    flows = [[event("a", "D", X, X)], [event("a", "D", X, X)]]
    given = scene(*flows, [X], units=[[frozen], [unit("a", "dense", {"kernel": np.eye(2)})]])
    given.sides[0].dropout.append(("drop", 0.3))
    given.sides[1].precision["a"] = "bfloat16"
    causes = list(stated.find(given))
    assert [cause.entry for cause in causes] == ["dropout_rate", "half_precision", "frozen"]
    assert "nn.Dropout(0.3)" in causes[0].write and not any(cause.proved for cause in causes)
    turned = replace(given, models=given.models._replace(names=("torch", "keras")))
    (half,) = [c for c in stated.find(turned) if c.entry == "half_precision"]
    assert half.write == "layers.D(..., dtype='float32')", "by the name of its class"
    plain = [unit("a", "dense", {"kernel": np.eye(2)})]
    assert not [*stated.find(scene(*flows, [X], units=[plain, plain]))]


def test_a_dropout_that_draws_where_the_model_evaluates_is_said():
    y = X * (rng.uniform(size=X.shape) < 0.5)
    events = [event("d", "dropout", X, y, rate=0.5), event("e", "Dropout", X, X, rate=0.5)]
    (cause,) = stated.drawing("torch", events)
    assert cause.entry == "dropout_in_evaluation" and "dropout(x, 0.5" in cause.write
