"""The scene of two models that are a few lines of NumPy."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from tests.twins.scenes import NAMES

RNG = np.random.default_rng(0)


class Broken(SimpleNamespace):
    broken = True


def scene_of(models, rungs, pairs=()):
    rows, targets = [RNG.normal(size=(8, 1))], [RNG.normal(size=(8, 1))]
    traces = {}
    for n, model in enumerate(models):
        slopes = model.ask64("gradients", rows, targets)
        trace = {k.replace("weight/", "gradients/"): v for k, v in slopes.items()}
        traces[n, "float64"] = trace | {"loss/loss": slopes["loss"]}
    same = SimpleNamespace(
        to_other=dict, to_one=lambda values, prefix="": dict(values), pairs=pairs
    )
    return SimpleNamespace(
        judgement=SimpleNamespace(
            frameworks=NAMES, rungs=[Broken(rung=r, tensor=t) for r, t in rungs]
        ),
        models=SimpleNamespace(matching=same, other=()),
        sides=models,
        traces=traces,
        rows=rows,
        given=(targets, targets),
        outputs_part=False,
        reset=lambda n: models[n].values.update(models[n].first),
    )
