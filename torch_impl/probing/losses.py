"""Losses by their Keras names, with Keras's reductions, on PyTorch's tensors.

Sources of the formulas: keras/src/losses/losses.py. A loss of several classes or values is first
taken over the last axis of each sample, and the mean is over samples. A weight of a class
multiplies its samples, and the sum is divided by their number (`sum_over_batch_size`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

EPSILON = 1e-7  # keras.config.epsilon()


def loss_of(
    name: str,
    options: Mapping[str, Any],
    loss_on: str,
    outputs: Sequence[Tensor],
    y: Sequence[Tensor],
) -> Tensor:
    """The sum over outputs of a loss, a scalar.

    `name` is "projection", sum(output * target) / rows, or one of `LOSSES`; `options` are
    `label_smoothing`, `delta` and `class_weight`, and `loss_on`, "logits" or "probabilities", says
    what the crossentropies and "ctc" are given. Raises ValueError for a name or targets that do not
    fit.
    """
    if len(outputs) != len(y):
        raise ValueError(
            f"torch_model gives {len(outputs)} outputs, and {len(y)} targets were given"
        )
    if name == "projection":
        return torch.stack(
            [_projection(o, target) for o, target in zip(outputs, y, strict=True)]
        ).sum()
    if name not in LOSSES:
        raise ValueError(f"LOSS is {name!r}, expected one of {', '.join(LOSSES)}")
    losses = []
    for output, target in zip(outputs, y, strict=True):
        values, classes = LOSSES[name](output, target, options, loss_on == "logits")
        weights = options.get("class_weight")
        if weights is not None and classes is not None:
            if isinstance(weights, Mapping):
                weights = [weights.get(i, 1.0) for i in range(1 + max(weights))]
            table = torch.as_tensor(weights, dtype=values.dtype, device=values.device)
            values = values * table[classes.long()].reshape(values.shape)
        losses.append(values.mean())
    return torch.stack(losses).sum()


def _projection(output: Tensor, target: Tensor) -> Tensor:
    if output.shape != target.shape:
        raise ValueError(f"an output is {tuple(output.shape)} and its target {tuple(target.shape)}")
    return (output * target).sum() / (len(output) if output.ndim else 1)


Values = tuple[Tensor, Tensor | None]
"""The loss of each sample, and its class where it has one."""


def _categorical(output: Tensor, target: Tensor, options: Mapping, logits: bool) -> Values:
    output, target = _with_classes_last(output, target)
    classes, smoothing = output.shape[-1], options.get("label_smoothing", 0.0)
    logs = output.log_softmax(-1) if logits else _clipped(output).log()
    if target.shape != output.shape and not target.is_floating_point():
        labels = target.long()
        chosen = logs.gather(-1, labels.unsqueeze(-1)).squeeze(-1)
        return -(chosen * (1 - smoothing) + logs.mean(-1) * smoothing), labels
    labels, target = target.argmax(-1), target.to(output.dtype)
    target = target * (1 - smoothing) + smoothing / classes
    return -(target * logs).sum(-1), labels


def _with_classes_last(output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Output (n, ..., classes), target (n, ...) or one-hot; classes may have been axis 1."""
    shape = tuple(target.shape)
    if shape == tuple(output.shape):
        first = output.ndim > 2 and not _sums_to_one(target, -1) and _sums_to_one(target, 1)
        return (output.movedim(1, -1), target.movedim(1, -1)) if first else (output, target)
    last, at_1 = tuple(output.shape[:-1]), (*output.shape[:1], *output.shape[2:])
    if shape == last:
        return output, target
    if shape == at_1:
        return output.movedim(1, -1), target
    if shape in ((*last, 1), (*at_1, 1)):
        return _with_classes_last(output, target.squeeze(-1))
    raise ValueError(
        f"torch_model gives an output {tuple(output.shape)} for targets {shape} of "
        "categorical_crossentropy; expected the classes of each target on an axis of their own"
    )


def _sums_to_one(target: Tensor, axis: int) -> bool:
    sums = target.sum(axis)
    return bool(torch.allclose(sums.double(), torch.ones_like(sums).double(), atol=1e-4))


def _binary(output: Tensor, target: Tensor, options: Mapping, logits: bool) -> Values:
    output, target = _aligned(output, target)
    labels = target.round() if output.shape[-1] == 1 else None
    smoothing = options.get("label_smoothing", 0.0)
    target = target * (1 - smoothing) + 0.5 * smoothing
    if logits:
        values = functional.binary_cross_entropy_with_logits(output, target, reduction="none")
    else:
        p = _clipped(output)
        values = -(target * p.log() + (1 - target) * (1 - p).log())
    return values.mean(-1), labels


def _clipped(p: Tensor) -> Tensor:
    return p.clamp(EPSILON, 1 - EPSILON)


def _aligned(output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Both (n, ..., values), the target of the output's dtype; (n,) is (n, 1)."""
    if output.ndim == 1:
        output = output.unsqueeze(-1)
    if target.numel() != output.numel():
        raise ValueError(
            f"torch_model gives an output {tuple(output.shape)}, its target is "
            f"{tuple(target.shape)}"
        )
    return output, target.to(output.dtype).reshape(output.shape)


def _elementwise(formula: Callable[[Tensor, Tensor, Mapping], Tensor]) -> Callable[..., Values]:
    def loss(output: Tensor, target: Tensor, options: Mapping, logits: bool) -> Values:
        return formula(*_aligned(output, target), options).mean(-1), None

    return loss


def _summed(formula: Callable[[Tensor, Tensor, Mapping], Tensor]) -> Callable[..., Values]:
    def loss(output: Tensor, target: Tensor, options: Mapping, logits: bool) -> Values:
        return formula(*_aligned(output, target), options).sum(-1), None

    return loss


def _huber(output: Tensor, target: Tensor, options: Mapping) -> Tensor:
    delta = options.get("delta", 1.0)
    error = (output - target).abs()
    return torch.where(error <= delta, 0.5 * error**2, delta * error - 0.5 * delta**2)


def _log_cosh(output: Tensor, target: Tensor, options: Mapping) -> Tensor:
    error = output - target
    # exact up to there: by default it is a line from 20 on
    return error + functional.softplus(-2 * error, threshold=50) - math.log(2)


def _kl(output: Tensor, target: Tensor, options: Mapping) -> Tensor:
    target, output = target.clamp(EPSILON, 1), output.clamp(EPSILON, 1)
    return target * (target / output).log()


def _hinge(output: Tensor, target: Tensor, options: Mapping) -> Tensor:
    if bool(((target == 0) | (target == 1)).all()):
        target = 2 * target - 1
    return (1 - target * output).clamp(min=0)


def _cosine(output: Tensor, target: Tensor, options: Mapping) -> Tensor:
    return -functional.normalize(target, dim=-1) * functional.normalize(output, dim=-1)


def _ctc(output: Tensor, target: Tensor, options: Mapping, logits: bool) -> Values:
    """Output (n, time, classes) or (time, n, classes); targets (n, length), 0 is blank and pads."""
    if output.ndim != 3 or target.ndim != 2:
        raise ValueError(
            f"ctc takes an output (n, time, classes) and targets (n, length), torch_model gives "
            f"{tuple(output.shape)} for {tuple(target.shape)}"
        )
    rows = len(target)
    if output.shape[0] == rows:
        output = output.transpose(0, 1)
    logs = output.log_softmax(-1) if logits else _clipped(output).log()
    target = target.long()
    steps = torch.full((rows,), len(logs), dtype=torch.long)
    lengths = (target != 0).sum(-1)
    return functional.ctc_loss(logs, target, steps, lengths, blank=0, reduction="none"), None


LOSSES: dict[str, Callable[..., Values]] = {
    "categorical_crossentropy": _categorical,
    "binary_crossentropy": _binary,
    "mean_squared_error": _elementwise(lambda o, y, _: (o - y) ** 2),
    "mean_absolute_error": _elementwise(lambda o, y, _: (o - y).abs()),
    "huber": _elementwise(_huber),
    "log_cosh": _elementwise(_log_cosh),
    "kl_divergence": _summed(_kl),
    "poisson": _elementwise(lambda o, y, _: o - y * (o + EPSILON).log()),
    "hinge": _elementwise(_hinge),
    "squared_hinge": _elementwise(lambda o, y, options: _hinge(o, y, options) ** 2),
    "cosine_similarity": _summed(_cosine),
    "ctc": _ctc,
}
