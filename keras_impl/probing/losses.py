"""The loss of a user's model in Keras: by its name, by a function of the file, or a projection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from common.twins.probe import Setup

BY_NAME: dict[str, Callable[..., keras.losses.Loss]] = {
    "binary_crossentropy": keras.losses.BinaryCrossentropy,
    "mean_squared_error": keras.losses.MeanSquaredError,
    "mean_absolute_error": keras.losses.MeanAbsoluteError,
    "huber": keras.losses.Huber,
    "log_cosh": keras.losses.LogCosh,
    "kl_divergence": keras.losses.KLDivergence,
    "poisson": keras.losses.Poisson,
    "hinge": keras.losses.Hinge,
    "squared_hinge": keras.losses.SquaredHinge,
    "cosine_similarity": keras.losses.CosineSimilarity,
    "ctc": keras.losses.CTC,
}
ON_LOGITS = ("binary_crossentropy", "categorical_crossentropy")
OPTIONS = {
    "huber": ("delta",),
    "binary_crossentropy": ("label_smoothing",),
    "categorical_crossentropy": ("label_smoothing",),
}


def loss_of(setup: Setup, function: Callable | None, outputs: Any, targets: Sequence[Any]) -> Any:
    """A number: the mean over rows, of several outputs the sum of theirs.

    `outputs` are as the model gives them, targets arrays or tensors; `function` is the file's own
    (y_true, y_pred), whose values of each row are averaged as Keras does. Raises ValueError for
    targets that do not fit.
    """
    # of a dict in its own order, as `outputs` of the probe names them; a tree's is by name
    flat = list(outputs.values()) if isinstance(outputs, dict) else keras.tree.flatten(outputs)
    if len(flat) != len(targets):
        raise ValueError(
            f"the Keras model has {_counted(len(flat), 'output')} and the data "
            f"{_counted(len(targets), 'target')}; give one for each output, in their order"
        )
    if function is not None:
        tensors = [_tensor(setup, target) for target in targets]
        if not isinstance(outputs, dict | list | tuple):
            return ops.mean(ops.cast(function(tensors[0], outputs), setup.dtype))
        packed = (
            dict(zip(outputs, tensors, strict=True))
            if isinstance(outputs, dict)
            else keras.tree.pack_sequence_as(outputs, tensors)
        )
        return ops.mean(ops.cast(function(packed, outputs), setup.dtype))
    # ops.cast would drop the mask by which Keras leaves padding out of a loss
    return sum(_one(setup, out, target) for out, target in zip(flat, targets, strict=True))


def _one(setup: Setup, out: Any, target: Any) -> Any:
    target = _tensor(setup, target)
    if setup.loss == "projection":
        products = ops.cast(out, setup.dtype) * ops.cast(target, setup.dtype)
        return ops.sum(products) / len(target)
    options = {k: setup.loss_options[k] for k in OPTIONS.get(setup.loss, ()) if k in _given(setup)}
    if setup.loss in ON_LOGITS:
        options["from_logits"] = setup.loss_on == "logits"
    weights = setup.loss_options.get("class_weight")
    per_row = None if weights is None else _weights(weights, target, tuple(out.shape), setup.dtype)
    if setup.loss == "categorical_crossentropy":
        indices = _whole(target)
        if indices and not options.get("label_smoothing"):
            options.pop("label_smoothing", None)
            loss = keras.losses.SparseCategoricalCrossentropy(**options)
        else:
            loss = keras.losses.CategoricalCrossentropy(**options)
            target = ops.one_hot(target, out.shape[-1], dtype=setup.dtype) if indices else target
    else:
        loss = BY_NAME[setup.loss](**options)
    return loss(target, out, sample_weight=per_row)


def _given(setup: Setup) -> set[str]:
    return {name for name, value in setup.loss_options.items() if value is not None}


def _weights(weights: Sequence[float], target: Any, shape: tuple[int, ...], dtype: str) -> Any:
    """The weight of each row's class, as `fit` takes `class_weight`: the mean is not over them."""
    classes = target
    if not _whole(target) and len(target.shape) > 1 and target.shape[-1] > 1:
        classes = ops.argmax(target, -1)
    if len(classes.shape) == len(shape) and shape[-1] == 1:
        classes = ops.squeeze(classes, -1)
    numbers = ops.cast(ops.round(ops.cast(classes, dtype)), "int32")
    return ops.take(ops.convert_to_tensor(np.asarray(weights, dtype)), numbers)


def _tensor(setup: Setup, target: Any) -> Any:
    return ops.cast(ops.convert_to_tensor(target), "int32" if _whole(target) else setup.dtype)


def _whole(target: Any) -> bool:
    return "float" not in keras.backend.standardize_dtype(target.dtype)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
