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


def loss_of(
    setup: Setup, function: Callable | None, outputs: Any, targets: Sequence[np.ndarray]
) -> Any:
    """A number: the mean over rows, of several outputs the sum of theirs.

    `outputs` are as the model gives them, `function` is the file's own (y_true, y_pred), whose
    values for each row are averaged as Keras does. Raises ValueError for targets that do not fit.
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


def _one(setup: Setup, out: Any, target: np.ndarray) -> Any:
    if setup.loss == "projection":
        products = ops.cast(out, setup.dtype) * _tensor(setup, target.astype(np.float64))
        return ops.sum(products) / len(target)
    options = {k: setup.loss_options[k] for k in OPTIONS.get(setup.loss, ()) if k in _given(setup)}
    if setup.loss in ON_LOGITS:
        options["from_logits"] = setup.loss_on == "logits"
    weights = setup.loss_options.get("class_weight")
    per_row = None if weights is None else _weights(weights, target, tuple(out.shape))
    if setup.loss == "categorical_crossentropy":
        indices = target.dtype.kind in "iu"
        if indices and not options.get("label_smoothing"):
            options.pop("label_smoothing", None)
            loss = keras.losses.SparseCategoricalCrossentropy(**options)
        else:
            loss = keras.losses.CategoricalCrossentropy(**options)
            target = np.eye(int(out.shape[-1]))[target] if indices else target
    else:
        loss = BY_NAME[setup.loss](**options)
    return loss(_tensor(setup, target), out, sample_weight=per_row)


def _given(setup: Setup) -> set[str]:
    return {name for name, value in setup.loss_options.items() if value is not None}


def _weights(weights: Sequence[float], target: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The weight of each row's class, as `fit` takes `class_weight`: the mean is not over them."""
    if target.dtype.kind in "iu":
        classes = target
    else:
        classes = target.argmax(-1) if target.ndim > 1 and target.shape[-1] > 1 else target
    if classes.ndim == len(shape) and shape[-1] == 1:
        classes = classes[..., 0]
    return np.asarray(weights, np.float64)[np.round(classes).astype(int)]


def _tensor(setup: Setup, target: np.ndarray) -> Any:
    whole = np.asarray(target).dtype.kind in "iub"
    return ops.convert_to_tensor(np.asarray(target, np.int32 if whole else setup.dtype))


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
