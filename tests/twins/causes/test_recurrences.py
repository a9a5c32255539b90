"""Recurrent layers: activations, direction, first states and padding of either side."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.twins.causes import recurrences
from benchmarks.twins.causes.witness.recurrent import states
from tests.twins.causes.layers import STEPS, twice
from tests.twins.scenes import event, forced, scene, unit

rng = np.random.default_rng(2)


def recurrent(kind, gates, **options):
    made = {
        "kernel": rng.normal(size=(3, 4 * gates)),
        "recurrent_kernel": rng.normal(size=(4, 4 * gates)) / 2,
        "bias": rng.normal(size=(2, 4 * gates) if kind == "gru" else 4 * gates),
    }
    return made, lambda x=STEPS, **more: states(x, kind, made, **(options | more))


def test_the_recurrence_is_that_of_its_definition():
    """LSTM by its formula, Hochreiter and Schmidhuber 1997 with a forget gate."""
    made, run = recurrent("lstm", 4)
    h = c = np.zeros((4, 4))
    for t in range(5):
        i, f, g, o = np.split(
            STEPS[:, t] @ made["kernel"] + h @ made["recurrent_kernel"] + made["bias"], 4, 1
        )
        i, f, o = (1 / (1 + np.exp(-gate)) for gate in (i, f, o))
        c = f * c + i * np.tanh(g)
        h = o * np.tanh(c)
    np.testing.assert_allclose(run()[:, -1], h, atol=1e-12)


@pytest.mark.parametrize(
    "entry, kind, gates, options",
    [
        ("recurrent_activation", "lstm", 4, {"recurrent_activation": "hard_sigmoid"}),
        ("cell_activation", "simple_rnn", 1, {"activation": "relu"}),
        ("go_backwards", "gru", 3, {"backwards": True}),
    ],
)
def test_a_setting_of_a_recurrence_is_proved(entry, kind, gates, options):
    made, run = recurrent(kind, gates)
    ours, theirs = run(**options)[:, -1], run()
    said = {"activation": "tanh", "recurrent_activation": "sigmoid"}
    spelt = {"backwards": "go_backwards"}
    mine = said | {spelt.get(k, k): v for k, v in options.items()}
    given = twice(kind, "r", made, STEPS, (ours,), (theirs, theirs[:, -1]), (mine, said))
    (cause,) = recurrences.find(given)
    assert cause.entry == entry and cause.proved
    assert not [
        *recurrences.find(twice(kind, "r", made, STEPS, ours, (theirs, ours), (mine, mine)))
    ]


def test_the_reset_gate_stands_before_the_matrix_on_one_side():
    made, run = recurrent("gru", 3)
    theirs = states(STEPS, "gru_v1", made)
    given = twice("gru", "r", made, STEPS, run()[:, -1], theirs[:, -1], ({}, {}))
    (cause,) = recurrences.find(given)
    assert cause.entry == "reset_after" and cause.proved


def test_time_is_taken_for_the_rows():
    made, run = recurrent("lstm", 4)
    x = STEPS.swapaxes(0, 1)
    turned = run(x)
    given = twice("lstm", "r", made, STEPS, run(), (turned, turned[:, -1]), ({}, {}), x2=x)
    (cause,) = recurrences.find(given)
    assert cause.entry == "batch_first" and "batch_first=True" in cause.write


@pytest.mark.parametrize("kind, gates, kept", [("gru", 3, 0), ("lstm", 4, 0), ("lstm", 4, 1)])
def test_a_first_state_or_cell_is_not_used_on_one_side(kind, gates, kept):
    made, run = recurrent(kind, gates)
    first = [*rng.normal(size=(1 + (kind == "lstm"), 4, 4))]
    ours, theirs = run(initial=first), run(initial=first[:kept])
    zeros = [np.zeros((4, 4))] * kept  # a cell of zeros beside the state
    x2 = (STEPS, *first[:kept], *zeros)
    given = twice(kind, "r", made, (STEPS, *first), ours, theirs, ({}, {}), x2=x2)
    (cause,) = recurrences.find(given)
    assert cause.entry == "input_unused" and cause.proved
    assert ("a first cell of zeros in torch" in cause.difference) == bool(kept)


def test_steps_of_padding_are_left_out_on_one_side():
    made, run = recurrent("lstm", 4)
    words = np.array([[1, 2, 3, 0, 0], [4, 5, 6, 7, 0], [1, 2, 3, 4, 5], [1, 0, 0, 0, 0]])
    short = np.stack([run(STEPS[i : i + 1, :n])[0, -1] for i, n in enumerate((3, 4, 5, 1))])
    given = twice("lstm", "r", made, STEPS, (short,), (run(), run()[:, -1]), ({}, {}))
    given.rows.append(words)
    (cause,) = recurrences.find(given)
    assert cause.entry == "recurrence_mask" and "pack_padded" in cause.write


@pytest.mark.parametrize("choice", [True, False])
def test_two_directions_that_are_paired_crosswise_are_no_cause(choice):
    one, two = (recurrent("lstm", 4) for _ in range(2))
    flows, units = [], []
    for made, names in (
        ((one, two), ("forward", "backward")),
        ((one, two), ("backward", "forward")),
    ):
        flow = []
        for (_, run), name in zip(made, names, strict=True):
            states_of = run(backwards=name == "backward")
            flow.append(event(f"bi.{name}", "LSTM", STEPS, (states_of[:, -1],)))
        flows.append(flow)
        units.append([unit(f"bi.{n}", "lstm", m[0]) for m, n in zip(made, names, strict=True)])
    given = forced(scene(*flows, [STEPS], units=units), choice=choice)
    assert [c.entry for c in recurrences.find(given)] == ["go_backwards"] * (0 if choice else 2)
