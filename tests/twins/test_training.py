"""Two models that compute the same and train otherwise: each fault at its rung, with its cause."""

from __future__ import annotations

import pytest

from tests.twins.pairs import judged

STEPS = {  # what differs -> the rung that it breaks first
    "outputs": ("layers.Dense(3, activation='tanh')", "nn.Linear(6, 3)", ""),
    "loss": (
        "layers.Dense(3)",
        "nn.Linear(6, 3)",
        "def mean(y, p):\n    import keras\n    return keras.ops.mean((y - p) ** 2)\n"
        "def total(p, y):\n    return ((y - p) ** 2).sum()\nLOSS = {'keras': mean, 'torch': total}",
    ),
    "gradients": (
        "layers.Dense(4), layers.Dense(3)",
        "nn.Linear(6, 4), type('D', (nn.Module,), {'forward': lambda s, x: x.detach()})(), "
        "nn.Linear(4, 3)",
        "",
    ),
    "step 1": (
        "layers.Dense(3)",
        "nn.Linear(6, 3)",
        "def keras_sgd():\n    import keras\n    return keras.optimizers.SGD(0.1)\n"
        "def torch_sgd(w):\n    import torch\n    return torch.optim.SGD(w, 0.2)\n"
        "OPTIMIZER = (keras_sgd, torch_sgd)",
    ),
    "step 3": (
        "layers.Dense(3)",
        "nn.Linear(6, 3)",
        "def keras_sgd():\n    import keras\n    return keras.optimizers.SGD(0.1)\n"
        "def torch_sgd(w):\n    import torch\n    return torch.optim.SGD(w, 0.1, momentum=0.5)\n"
        "OPTIMIZER = (keras_sgd, torch_sgd)",
    ),
}
STEP_CAUSES = {  # of each of them, as the catalogue calls it
    "loss": "loss_reduction",
    "gradients": "detached",
    "step 1": "learning_rate",
    "step 3": "optimizer_constants",
}


@pytest.mark.parametrize("rung", STEPS)
def test_a_fault_breaks_its_own_rung_and_none_before_and_has_its_cause(children, tmp_path, rung):
    judgement = judged(children, tmp_path / "fault.py", "(6,)", *STEPS[rung], head="")
    assert judgement.verdict == "wrong"
    assert next(r.rung for r in judgement.rungs if r.broken) == rung
    if rung in STEP_CAUSES:
        assert [(c.entry, c.proved) for c in judgement.causes] == [(STEP_CAUSES[rung], True)]
