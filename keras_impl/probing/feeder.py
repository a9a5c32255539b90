"""Rows as a user's Keras model takes them, and what to say where it does not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from keras import config, layers, ops

from common.twins.probe import Rows, Setup
from keras_impl import backend


class Feeder:
    """Brings rows of a setup into the model's types, axes and structure."""

    def __init__(self, setup: Setup, model: layers.Layer) -> None:
        self.setup, self.model = setup, model
        self.tokens = setup.tokens or (0,) * len(setup.shapes)
        first = [layer for layer in model._flatten_layers() if _channels_first(layer)]
        self.turned = [bool(first) and self._turned(i) for i in range(len(setup.shapes))]
        if first and not setup.device.startswith("cuda"):
            backend.turn_channels()

    def _turned(self, number: int) -> bool:
        """Whether an input has its channels on axis 1, by the shape that the model asks for."""
        shape = self.setup.shapes[number]
        if len(shape) < 2:
            return False
        asked = self._asked(number)
        moved = (shape[-1], *shape[:-1])
        return asked is None or _fits(moved, asked) or not _fits(shape, asked)

    def _asked(self, number: int) -> tuple[int | None, ...] | None:
        try:
            return tuple(self.model.inputs[number].shape[1:])
        except (AttributeError, IndexError, TypeError):  # it takes what comes
            return None

    def arrays(self, rows: Rows) -> list[np.ndarray]:
        """The rows in the model's dtype and axes; whole numbers are int32."""
        if len(rows) != len(self.setup.shapes):
            raise ValueError(
                f"{len(rows)} inputs are given, and INPUT has {len(self.setup.shapes)}"
            )
        arrays = []
        for x, turned in zip(rows, self.turned, strict=True):
            array = np.asarray(x)
            array = array.astype(np.int32 if array.dtype.kind in "iub" else self.setup.dtype)
            arrays.append(np.moveaxis(array, -1, 1) if turned else array)
        return arrays

    def channels_last(self, number: int, array: np.ndarray) -> np.ndarray:
        """What goes with an input, such as its gradient, in the axes of the rows."""
        return np.moveaxis(array, 1, -1) if self.turned[number] else array

    def arranged(self, tensors: Sequence[Any]) -> Any:
        """One tensor, a list in order, or a dict by the names in INPUT."""
        if self.setup.names:
            return dict(zip(self.setup.names, tensors, strict=True))
        return tensors[0] if len(tensors) == 1 else list(tensors)

    def check_whole(self) -> None:
        """Raise Tokens where the model declares an input of whole numbers, and TOKENS says none."""
        for number, below in enumerate(self.tokens):
            if not below and self._whole(number):
                embedding = self._embedding()
                raise Tokens(
                    f"{embedding.name!r} is an embedding and is given real numbers: "
                    f"say TOKENS = {embedding.input_dim}"
                    if embedding
                    else f"input {number + 1} of {self.model.name!r} takes whole numbers: "
                    "say TOKENS = how many there are"
                )

    def check(self, layer: Any, tensors: Sequence[Any]) -> None:
        """Raise Tokens where an embedding is given real numbers, or ones that it does not have."""
        if not isinstance(layer, layers.Embedding) or not tensors:
            return
        numbers = np.asarray(ops.convert_to_numpy(tensors[0]), np.float64)
        if np.any(numbers % 1) or (np.any(numbers < 0) and not any(self.tokens)):
            raise Tokens(
                f"{layer.name!r} is an embedding and is given real numbers: "
                f"say TOKENS = {layer.input_dim}"
            )
        if numbers.max(initial=0) >= layer.input_dim and any(self.tokens):
            raise Tokens(
                f"{layer.name!r} is an embedding of {layer.input_dim} words, and TOKENS allows "
                f"numbers up to {max(self.tokens) - 1}: say TOKENS = {layer.input_dim}"
            )

    def refusal(self, error: Exception, rows: Rows) -> str:
        """One sentence for an error that the model raised when it was given rows."""
        file = Path(self.setup.path).name
        if isinstance(error, Tokens):
            return f"{file}: {error}"
        fed = ", ".join(f"{x.shape} {x.dtype}" for x in self.arrays(rows))
        text = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip() or type(error).__name__
        text = " ".join(text.split())
        return f"{file}: the Keras model {self.model.name!r} does not take rows of {fed}: {text}"

    def _whole(self, number: int) -> bool:
        try:
            return "int" in str(self.model.inputs[number].dtype)
        except (AttributeError, IndexError, TypeError):
            return False

    def _embedding(self) -> Any:
        return next(
            (one for one in self.model._flatten_layers() if isinstance(one, layers.Embedding)), None
        )


class Tokens(ValueError):
    """An embedding and its numbers do not go together."""


def _channels_first(layer: Any) -> bool:
    return getattr(layer, "data_format", config.image_data_format()) == "channels_first"


def _fits(shape: tuple[int, ...], asked: tuple[int | None, ...]) -> bool:
    return len(shape) == len(asked) and all(
        b is None or a == b for a, b in zip(shape, asked, strict=True)
    )
