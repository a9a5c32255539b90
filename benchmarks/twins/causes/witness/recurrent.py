"""LSTM, GRU and simple recurrent layers step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from benchmarks.twins.causes.witness.elementwise import PLAIN

Array = np.ndarray


def states(
    x: Array,
    kind: str,
    weights: Mapping[str, Array],
    *,
    activation: str = "tanh",
    recurrent_activation: str = "sigmoid",
    backwards: bool = False,
    rows_first: bool = True,
    initial: Sequence[Array] = (),
    mask: Array | None = None,
) -> Array | None:
    """(n, time, features) -> the states after each step that was taken, (n, time, units).

    `initial` are the first state and, of an LSTM, the first cell; what is missing is zeros.
    `backwards` takes the last step first; without `rows_first` rows and steps change places. Where
    a mask (n, time) is false a step leaves the state as it is. None where the weights do not fit.
    """
    kernel, recurrent = weights["kernel"], weights["recurrent_kernel"]
    bias = weights.get("bias", np.zeros(kernel.shape[-1]))
    x = x if rows_first else x.swapaxes(0, 1)
    if x.ndim != 3 or x.shape[-1] != len(kernel) or activation not in PLAIN:
        return None
    act, gate = PLAIN[activation][1], PLAIN[recurrent_activation][1]
    first = [*initial, *[np.zeros((len(x), len(recurrent)))] * 2]
    h, c = first[:2]
    if not h.shape == c.shape == (len(x), len(recurrent)):
        return None
    steps = []
    for t in range(x.shape[1])[:: -1 if backwards else 1]:
        h_before, c_before = h, c
        if kind == "lstm":
            total = x[:, t] @ kernel + h @ recurrent + bias
            i, f, g, o = np.split(total, 4, axis=-1)
            c = gate(f) * c + gate(i) * act(g)
            h = gate(o) * act(c)
        elif kind == "simple_rnn":
            h = act(x[:, t] @ kernel + h @ recurrent + bias)
        else:
            h = _gru(x[:, t] @ kernel, h, recurrent, bias, act, gate, after=kind == "gru")
        if mask is not None:
            h = np.where(mask[:, t, None], h, h_before)
            c = np.where(mask[:, t, None], c, c_before)
        steps.append(h)
    result = np.stack(steps, axis=1)
    return result if rows_first else result.swapaxes(0, 1)


def _gru(
    given: Array,
    h: Array,
    recurrent: Array,
    bias: Array,
    act: Callable[[Array], Array],
    gate: Callable[[Array], Array],
    *,
    after: bool,
) -> Array:
    """A step of a GRU; `after`: the reset gate stands behind the matrix."""
    inside = bias[1] if bias.ndim > 1 else np.zeros_like(given[0])
    given = given + (bias[0] if bias.ndim > 1 else bias)
    z, r, candidate = np.split(given, 3, axis=-1)
    units = h.shape[-1]
    own = h @ recurrent + inside
    z = gate(z + own[:, :units])
    r = gate(r + own[:, units : 2 * units])
    if after:
        return z * h + (1 - z) * act(candidate + r * own[:, 2 * units :])
    reset = (r * h) @ recurrent[:, 2 * units :] + inside[2 * units :]
    return z * h + (1 - z) * act(candidate + reset)
