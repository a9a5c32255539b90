"""Losses in NumPy, and the ways in which two people write one loss: which one is it?

Sources of the formulas: keras/src/losses/losses.py and torch/nn/functional.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from benchmarks.twins.causes.entry import rounded

TOLERANCE = 1e-6  # of the largest loss, in float64; a probability is cut at 1e-7
SMALL = 1e-7  # keras.config.epsilon()
DELTAS = np.geomspace(1e-2, 1e2, 400)

LOGITS, PROBABILITIES, LOGS, TWICE = "logits", "probabilities", "log-probabilities", "twice"
"""What a loss takes an output for; "twice": it takes a softmax or a sigmoid of it for logits."""

CATEGORICAL, BINARY = "categorical_crossentropy", "binary_crossentropy"


class Draw(NamedTuple):
    """An output (n, ...), classes last, and its target, float64 or int64."""

    output: np.ndarray
    target: np.ndarray


@dataclass(frozen=True)
class Objective:
    """A loss by its Keras name and all that people write differently.

    `reduction` is "mean" over all samples, their "sum", or the sum over "rows" of the batch divided
    by their number. `every`: each output with each target, as (n, 1) with (n,) gives. `weights` are
    of classes; `by_weights`: the sum is divided by the weights' sum, else by the samples' number.
    """

    name: str
    form: str = ""
    reduction: str = "mean"
    every: bool = False
    smoothing: float = 0.0
    delta: float = 1.0
    weights: tuple[float, ...] = ()
    by_weights: bool = False
    factor: float = 1.0


def loss(objective: Objective, draw: Draw) -> float:
    """The loss of a draw, a number."""
    values, classes = samples(objective, draw)
    count: float = values.size
    if objective.weights and classes is not None:
        table = np.array(objective.weights)[classes.astype(int)]
        values = values * table
        count = float(table.sum()) if objective.by_weights else count
    if objective.reduction == "rows":
        count = len(draw.output)
    total = float(values.sum())
    return objective.factor * (total if objective.reduction == "sum" else total / count)


def samples(objective: Objective, draw: Draw) -> tuple[np.ndarray, np.ndarray | None]:
    """The loss of each sample, and its class where it has one."""
    output, target = draw
    if objective.name == CATEGORICAL:
        count = output.shape[-1]
        hot = target if target.shape == output.shape else np.eye(count)[target.astype(int)]
        smooth = hot * (1 - objective.smoothing) + objective.smoothing / count
        return -(smooth * _logs(output, objective.form)).sum(axis=-1), hot.argmax(axis=-1)
    target = target.reshape(output.shape).astype(float)
    if objective.every:
        output, target = output.reshape(1, -1), target.reshape(-1, 1)
    if objective.name == BINARY:
        smooth = target * (1 - objective.smoothing) + objective.smoothing / 2
        log, log_of_rest = _binary_logs(output, objective.form)
        return -(smooth * log + (1 - smooth) * log_of_rest), np.round(target)
    return FORMULAS[objective.name](output, target, objective.delta), None


def _logs(output: np.ndarray, form: str) -> np.ndarray:
    if form == LOGS:
        return output
    if form == PROBABILITIES:
        return np.log(np.clip(output / output.sum(axis=-1, keepdims=True), SMALL, 1 - SMALL))
    if form == TWICE:
        output = np.exp(_logs(output, LOGITS))
    shifted = output - output.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def _binary_logs(output: np.ndarray, form: str) -> tuple[np.ndarray, np.ndarray]:
    """The logarithms of the probability, and of what is left to 1."""
    if form == PROBABILITIES:
        p = np.clip(output, SMALL, 1 - SMALL)
        return np.log(p), np.log1p(-p)
    if form == TWICE:
        output = 1 / (1 + np.exp(-output))
    return -np.logaddexp(0, -output), -np.logaddexp(0, output)


def _huber(output: np.ndarray, target: np.ndarray, delta: float) -> np.ndarray:
    error = np.abs(output - target)
    return np.where(error <= delta, error**2 / 2, delta * error - delta**2 / 2)


def _log_cosh(output: np.ndarray, target: np.ndarray, _: float) -> np.ndarray:
    error = np.abs(output - target)
    return error + np.log1p(np.exp(-2 * error)) - np.log(2)


def _margin(output: np.ndarray, target: np.ndarray) -> np.ndarray:
    signs = 2 * target - 1 if np.all((target == 0) | (target == 1)) else target
    return np.maximum(1 - signs * output, 0)


def _kl(output: np.ndarray, target: np.ndarray, _: float) -> np.ndarray:
    target, output = np.clip(target, SMALL, 1), np.clip(output, SMALL, 1)
    return (target * np.log(target / output)).sum(axis=-1)


def _poisson(output: np.ndarray, target: np.ndarray, _: float) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return output - target * np.log(output + SMALL)


FORMULAS: Mapping[str, Callable[[np.ndarray, np.ndarray, float], np.ndarray]] = {
    "mean_squared_error": lambda output, target, _: (output - target) ** 2,
    "mean_absolute_error": lambda output, target, _: np.abs(output - target),
    "huber": _huber,
    "log_cosh": _log_cosh,
    "kl_divergence": _kl,
    "poisson": _poisson,
    "hinge": lambda output, target, _: _margin(output, target),
    "squared_hinge": lambda output, target, _: _margin(output, target) ** 2,
}


def gap(objective: Objective, draws: Sequence[Draw], losses: np.ndarray) -> float:
    """max|computed - losses| / max|losses| over all draws."""
    computed = np.array([loss(objective, draw) for draw in draws])
    error = float(np.max(np.abs(computed - losses)) / max(float(np.max(np.abs(losses))), 1e-300))
    return error if np.isfinite(error) else np.inf


def identified(draws: Sequence[Draw], losses: np.ndarray) -> Objective | None:
    """The loss that gives these numbers, plain or with a single change; None if none does."""
    plain = list(bases(draws[0]))
    for objective in plain:
        if gap(objective, draws, losses) <= TOLERANCE:
            return objective
    for objective in plain:
        for candidate in estimated(objective, draws, losses):
            if gap(candidate, draws, losses) <= TOLERANCE:
                return candidate
    return None


def bases(draw: Draw) -> Iterator[Objective]:
    """Every known loss that an output and a target of these shapes may have."""
    output, target = draw
    names: list[Objective] = []
    forms = [LOGITS, TWICE]
    classes = output.ndim > 1 and output.shape[-1] > 1
    if classes and target.shape in (output.shape, output.shape[:-1]):
        simplex = np.all(output >= 0) and np.allclose(output.sum(axis=-1), 1, atol=1e-5)
        more = [PROBABILITIES] if simplex else [LOGS] if np.all(output <= 0) else []
        hot = target.shape == output.shape
        if not hot or (np.all(target >= 0) and np.allclose(target.sum(axis=-1), 1)):
            names += [Objective(CATEGORICAL, form) for form in forms + more]
    if target.size == output.size:
        if np.all((target >= 0) & (target <= 1)):
            within = np.all((output >= 0) & (output <= 1))
            names += [Objective(BINARY, f) for f in forms + ([PROBABILITIES] if within else [])]
        names += [Objective(name) for name in FORMULAS]
    for objective in names:
        single = objective.name != CATEGORICAL and output.size == len(output)
        for every in (False, True) if single else (False,):
            for reduction in ("mean", "sum", "rows"):
                yield replace(objective, reduction=reduction, every=every)


def variants(
    objective: Objective, draws: Sequence[Draw], losses: np.ndarray
) -> Iterator[tuple[str, Objective]]:
    """Every single change of a loss, with the name of the field that is changed."""
    for base in bases(draws[0]):
        fields = [f for f in ("name", "form", "reduction", "every") if _differs(objective, base, f)]
        constants = ("smoothing", "delta", "weights", "by_weights", "factor")
        kept = {f: getattr(objective, f) for f in constants}
        if len(fields) == 1 or (fields == ["name", "form"] and base.form in (LOGITS, "")):
            yield fields[0], replace(base, **kept)
    if objective.smoothing:
        yield "smoothing", replace(objective, smoothing=0.0)
    if objective.weights:
        weights = objective.weights
        if objective.by_weights:  # which say nothing of their common factor
            free = _weights(objective, draws, losses, False)
            ratios = np.divide(free, weights) if len(free) == len(weights) else [0.0, 1.0]
            weights = free if np.allclose(ratios, ratios[0], rtol=TOLERANCE) else weights
        yield "by_weights", replace(objective, weights=weights, by_weights=not objective.by_weights)
        yield "weights", replace(objective, weights=(), by_weights=False)
    if objective.factor != 1:
        yield "factor", replace(objective, factor=1.0)
    for candidate in estimated(objective, draws, losses):
        changed = ("smoothing", "delta", "weights", "factor")
        yield next((f for f in changed if _differs(objective, candidate, f)), ""), candidate


def _differs(one: Objective, other: Objective, field: str) -> bool:
    return bool(getattr(one, field) != getattr(other, field))


def estimated(
    objective: Objective, draws: Sequence[Draw], losses: np.ndarray
) -> Iterator[Objective]:
    """The loss with one constant estimated from the numbers."""
    computed = np.array([loss(objective, draw) for draw in draws])
    size = float(computed @ computed)
    if np.isfinite(size) and size > 0:
        factor = rounded(float(computed @ losses) / size)
        if factor:
            yield replace(objective, factor=objective.factor * factor)
    if objective.name in (CATEGORICAL, BINARY) and not objective.smoothing:
        whole = np.array([loss(replace(objective, smoothing=1.0), draw) for draw in draws])
        slope = whole - computed
        if np.any(slope) and np.all(np.isfinite(slope)):
            smoothing = rounded(float(slope @ (losses - computed)) / float(slope @ slope))
            if 0 < smoothing < 1:
                yield replace(objective, smoothing=smoothing)
    if objective.name in (CATEGORICAL, BINARY) and not objective.weights:
        for by_weights in (False, True):
            weights = _weights(objective, draws, losses, by_weights)
            if weights:
                yield replace(objective, weights=weights, by_weights=by_weights)
    if objective.name == "huber":
        gaps = [gap(replace(objective, delta=float(d)), draws, losses) for d in DELTAS]
        best = int(np.argmin(gaps))
        yield replace(objective, delta=_delta(objective, draws, losses, float(DELTAS[best])))


def _weights(
    objective: Objective, draws: Sequence[Draw], losses: np.ndarray, by_weights: bool
) -> tuple[float, ...]:
    """Weights of classes that give these numbers; of a class that no draw has 1."""
    sums = []
    for draw, value in zip(draws, losses, strict=True):
        values, classes = samples(objective, draw)
        if classes is None or objective.reduction != "mean":
            return ()
        number = classes.ravel().astype(int)
        terms = (values.ravel() - value) if by_weights else values.ravel() / values.size
        sums.append(np.bincount(number, terms, minlength=int(number.max()) + 1))
    most = max(map(len, sums))
    table = np.stack([np.pad(row, (0, most - len(row))) for row in sums])
    there = np.any(table != 0, axis=0)
    if there.sum() < 2 or not np.all(np.isfinite(table)):
        return ()
    weights = np.ones(most)
    if by_weights:  # known up to a factor: that of the smallest is 1
        known = np.linalg.svd(table[:, there])[2][-1]
        known = known / known[np.argmin(np.abs(known))]
    else:
        known = np.linalg.lstsq(table[:, there], losses, rcond=None)[0]
    weights[there] = known
    return tuple(rounded(float(w)) for w in weights) if np.all(weights > 0) else ()


def _delta(objective: Objective, draws: Sequence[Draw], losses: np.ndarray, near: float) -> float:
    """Huber's delta near a value, by bisection: the loss grows with it."""
    low, high = near / 1.1, near * 1.1
    for _ in range(60):
        middle = (low + high) / 2
        computed = [loss(replace(objective, delta=middle), draw) for draw in draws]
        low, high = (middle, high) if sum(computed) < losses.sum() else (low, middle)
    return rounded(low)
