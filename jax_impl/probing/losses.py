"""Keras's losses in JAX, by their names (keras/src/losses/losses.py), and what takes none.

Every loss gives a value for each row, or each place of each row; their mean is the loss, as Keras's
`sum_over_batch_size` has it, with class weights too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array

SMALL = 1e-7  # keras.config.epsilon()


def loss_of(setup: Any, function: Callable | None, outputs: Sequence[Array], targets: Any) -> Array:
    """The loss of all outputs: their sum. Raises ValueError for targets that do not fit."""
    if setup.loss == "functions":
        assert function is not None
        single = len(outputs) == 1
        given = (outputs[0], targets[0]) if single else (tuple(outputs), tuple(targets))
        return jnp.mean(function(*given))
    total: Any = 0
    for output, target in zip(outputs, targets, strict=True):
        if setup.loss == "projection":
            total += (output * target.astype(output.dtype)).sum() / len(target)
        else:
            total += _named(setup, output, target)
    return total


def _named(setup: Any, output: Array, target: Array) -> Array:
    if setup.loss not in LOSSES:
        raise ValueError(f"LOSS is {setup.loss!r}, expected one of {', '.join(LOSSES)}")
    options = dict(setup.loss_options)
    weights = options.pop("class_weight", None)
    if setup.loss not in CLASSES:
        target = _like(target, output).astype(output.dtype)
    losses = LOSSES[setup.loss](output, target, setup.loss_on == "logits", options)
    if weights is not None:
        losses = losses * _row_weights(weights, target, output, losses)
    return losses.mean()


def _like(target: Array, output: Array) -> Array:
    """Targets in the shape of the outputs; ValueError where they have other numbers."""
    if target.size != output.size:
        raise ValueError(
            f"the outputs have the shape {output.shape} and the targets {target.shape}: "
            "give one target for each output, or another LOSS"
        )
    return target.reshape(output.shape)


def _one_hot(target: Array, output: Array) -> Array:
    if target.shape == output.shape and not jnp.issubdtype(target.dtype, jnp.integer):
        return target.astype(output.dtype)
    if target.size * output.shape[-1] != output.size:
        raise ValueError(
            f"the outputs have the shape {output.shape} and the classes {target.shape}: "
            "the last axis of the outputs is that of the classes"
        )
    classes = target.reshape(output.shape[:-1]).astype(jnp.int32)
    return jax.nn.one_hot(classes, output.shape[-1], dtype=output.dtype)


def _row_weights(weights: Any, target: Array, output: Array, losses: Array) -> Array:
    """The weight of each row's class, as `fit(class_weight=...)` takes them."""
    table = weights if not isinstance(weights, Mapping) else [weights[k] for k in sorted(weights)]
    several = target.shape == output.shape and output.ndim > 1 and output.shape[-1] > 1
    classes = target.argmax(-1) if several else target.reshape(losses.shape)
    return jnp.asarray(np.asarray(table), output.dtype)[classes.astype(jnp.int32)]


def _categorical(output: Array, target: Array, logits: bool, options: dict) -> Array:
    target = _one_hot(target, output)
    smoothing = options.get("label_smoothing", 0.0)
    target = target * (1 - smoothing) + smoothing / output.shape[-1]
    log = jax.nn.log_softmax(output) if logits else jnp.log(_clipped(output))
    return -(target * log).sum(-1)


def _binary(output: Array, target: Array, logits: bool, options: dict) -> Array:
    smoothing = options.get("label_smoothing", 0.0)
    target = target * (1 - smoothing) + smoothing / 2
    if logits:
        return optax.sigmoid_binary_cross_entropy(output, target)
    p = _clipped(output)
    return -(target * jnp.log(p) + (1 - target) * jnp.log1p(-p))


def _clipped(p: Array) -> Array:
    return jnp.clip(p, SMALL, 1 - SMALL)


def _huber(output: Array, target: Array, _: bool, options: dict) -> Array:
    delta = options.get("delta", 1.0)
    error = jnp.abs(output - target)
    return jnp.where(error <= delta, error**2 / 2, delta * error - delta**2 / 2)


def _log_cosh(output: Array, target: Array, *_: Any) -> Array:
    error = output - target
    return error + jax.nn.softplus(-2 * error) - np.log(2.0)


def _kl_divergence(output: Array, target: Array, *_: Any) -> Array:
    target, output = (jnp.clip(p, SMALL, 1) for p in (target, output))
    return (target * jnp.log(target / output)).sum(-1)


def _margin(output: Array, target: Array) -> Array:
    # labels of 0 and 1 mean -1 and 1
    signs = jnp.where(jnp.all((target == 0) | (target == 1)), 2 * target - 1, target)
    return jnp.maximum(1 - signs * output, 0)


def _cosine(output: Array, target: Array, *_: Any) -> Array:
    output, target = (
        v / jnp.maximum(jnp.linalg.norm(v, axis=-1, keepdims=True), 1e-12) for v in (output, target)
    )
    return -(output * target).sum(-1)


def _ctc(output: Array, target: Array, logits: bool, _: dict) -> Array:
    """Rows (n, time, classes), labels (n, length) padded with 0, which is the blank."""
    scores = output if logits else jnp.log(_clipped(output))
    labels = target.astype(jnp.int32)
    padding = (labels == 0).astype(output.dtype)
    return optax.ctc_loss(scores, jnp.zeros(scores.shape[:2], scores.dtype), labels, padding)


LOSSES: Mapping[str, Callable[[Array, Array, bool, dict], Array]] = {
    "categorical_crossentropy": _categorical,
    "sparse_categorical_crossentropy": _categorical,
    "binary_crossentropy": _binary,
    "mean_squared_error": lambda output, target, *_: (output - target) ** 2,
    "mean_absolute_error": lambda output, target, *_: jnp.abs(output - target),
    "huber": _huber,
    "log_cosh": _log_cosh,
    "kl_divergence": _kl_divergence,
    "poisson": lambda output, target, *_: output - target * jnp.log(output + SMALL),
    "hinge": lambda output, target, *_: _margin(output, target),
    "squared_hinge": lambda output, target, *_: _margin(output, target) ** 2,
    "cosine_similarity": _cosine,
    "ctc": _ctc,
}
"""By Keras's name: a function of outputs, targets, whether they are logits, and options."""

CLASSES = ("categorical_crossentropy", "sparse_categorical_crossentropy", "ctc")
"""Losses whose targets may be the numbers of classes."""
