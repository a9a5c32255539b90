"""Attention: mask, scale and order of what goes in."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.twins.causes import attentions
from tests.twins.scenes import event, scene, unit

rng = np.random.default_rng(2)


def attending(query, key, value, made, *, scale=True, causal=False):
    """Two heads, one by one."""
    heads = []
    q, k, v = (
        x @ made[f"{n}/kernel"] for x, n in ((query, "query"), (key, "key"), (value, "value"))
    )
    for part in (slice(0, 3), slice(3, 6)):
        scores = np.einsum("ntd,nsd->nts", q[..., part], k[..., part]) * (3**-0.5 if scale else 1)
        if causal:
            scores = scores + np.triu(np.full(scores.shape[1:], -np.inf), 1)
        e = np.exp(scores)
        heads.append(e / e.sum(-1, keepdims=True) @ v[..., part])
    return np.concatenate(heads, -1) @ made["output/kernel"]


@pytest.mark.parametrize(
    "entry, given, options",
    [
        ("attention_mask", (0, 1, 1), {"causal": True}),
        ("attention_scale", (0, 1, 1), {"scale": False}),
        ("inputs_exchanged", (1, 0, 0), {}),
    ],
)
def test_a_setting_of_attention_is_proved(entry, given, options):
    made = {
        f"{name}/kernel": rng.normal(size=(6, 6)) for name in ("query", "key", "value", "output")
    }
    inputs = rng.normal(size=(2, 4, 5, 6))
    ours = attending(*(inputs[i] for i in (0, 1, 1)), made)
    theirs = attending(*(inputs[i] for i in given), made, **options)
    units = [
        unit(f"mha.{name.partition('/')[0]}", "dense", {"kernel": value})
        for name, value in made.items()
    ]
    units = [(u._replace(layer="mha"), values) for u, values in units]
    flows = [
        [event("mha", "M", tuple(inputs[i] for i in order), y, num_heads=2)]
        for order, y in (((0, 1, 1), ours), (given, theirs))
    ]
    (cause,) = attentions.find(scene(*flows, list(inputs), units=[units, units]))
    assert cause.entry == entry and cause.proved
