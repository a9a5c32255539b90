"""How rows reach a model: channels first or last, by position, by name or in a dict."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from common.twins.probe import Rows, Setup
from torch_impl.probing.watch import Function, Watch, has_channels_at_1, tensors_in

TRIED = 2  # rows of the run that decides


class Trial(Watch):
    """Watches a run on random rows: when each module and weight is used for the first time."""

    def __init__(self, model: nn.Module, **options: Any) -> None:
        super().__init__(model, **options)
        self.used: dict[int, int] = {}  # module or weight, by its number -> when
        self.called: set[nn.Module] = set()
        self.outputs: dict[nn.Module, torch.dtype] = {}
        self.straight: bool | None = None
        """Whether what first takes channels at axis 1 was given what was fed so."""

    def enters(self, module: nn.Module, args: Any, keywords: Any) -> None:
        self.called.add(module)
        self.used.setdefault(id(module), len(self.used))

    def leaves(self, module: nn.Module, output: Any) -> None:
        tensor = next(tensors_in(output), None)
        if tensor is not None and tensor.is_floating_point():
            self.outputs.setdefault(module, tensor.dtype)

    def calls(self, name: str, function: Function, args: tuple, keywords: dict) -> Any:
        for tensor in tensors_in((args, keywords)):
            if isinstance(tensor, nn.Parameter):
                self.used.setdefault(id(tensor), len(self.used))
        return super().calls(name, function, args, keywords)

    def takes_channels(self, tensor: Tensor) -> None:
        if self.straight is None:
            self.straight = self.at_1(tensor)


class Feed:
    """Rows as a model takes them, decided once by runs on two random rows of each shape."""

    def __init__(self, model: nn.Module, setup: Setup, trial: Any) -> None:
        """`trial()` gives a fresh `Trial` in the state in which the model is evaluated.

        Raises ValueError with the model's own error if it takes the rows in no layout.
        """
        self.model, self.setup = model, setup
        self.dtype = getattr(torch, setup.dtype)
        self.tokens = setup.tokens or (0,) * len(setup.shapes)
        self.channels_first = [False] * len(setup.shapes)
        self.trial = self._decided(trial)

    def leaves(self, rows: Rows, *, gradients: bool = False) -> list[Tensor]:
        """Tensors of the rows as they are given, (n, ...) with channels last.

        Raises ValueError for rows of another shape.
        """
        if len(rows) != len(self.setup.shapes):
            raise ValueError(
                f"{len(rows)} inputs were given, INPUT has {len(self.setup.shapes)} shapes"
            )
        tensors = []
        for array, shape in zip(rows, self.setup.shapes, strict=True):
            if array.shape[1:] != tuple(shape):
                raise ValueError(f"rows of {array.shape[1:]} were given, INPUT says {shape}")
            tensor = torch.tensor(array, device=self.setup.device)
            if tensor.is_floating_point():
                tensor = tensor.to(self.dtype).requires_grad_(gradients)
            tensors.append(tensor)
        return tensors

    def run(self, leaves: Sequence[Tensor], watch: Watch) -> Any:
        """What the model gives for these rows."""
        fed = []
        with watch.aside():
            for leaf, first in zip(leaves, self.channels_first, strict=True):
                # copies: what a model does in place must not reach the leaf
                fed.append(leaf.movedim(-1, 1).contiguous() if first else leaf.clone())
                if first:
                    watch.put_at_1(fed[-1])
        return self.call(fed)

    def call(self, fed: Sequence[Tensor]) -> Any:
        """What the model gives for tensors in its own layout."""
        names = self.setup.names
        parameters = inspect.signature(self.model.forward).parameters.values()
        own = [p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
        if names and set(names) <= set(own):
            return self.model(**dict(zip(names, fed, strict=True)))
        if len(own) == 1 and (names or len(fed) > 1) and len(own) == len(parameters):
            return self.model(dict(zip(names, fed, strict=True)) if names else fed)
        return self.model(*fed)

    def random_rows(self) -> list[np.ndarray]:
        """Two rows of each input; no word is 0, which may stand for padding."""
        return self.setup.random_rows(TRIED, 0, least=1)

    def _decided(self, trial: Any) -> Trial:
        rows, tokens = self.random_rows(), self.tokens
        places = [
            (False, True) if 2 <= len(shape) <= 4 and not limit else (False,)
            for shape, limit in zip(self.setup.shapes, tokens, strict=True)
        ]
        layouts = sorted(product(*places), key=sum)
        if any(map(has_channels_at_1, self.model.modules())):
            layouts.reverse()
        ran: list[tuple[tuple[bool, ...], torch.dtype, Trial]] = []
        errors: list[tuple[str, Exception]] = []
        halves = {p.dtype for p in self.model.parameters() if p.is_floating_point()} - {self.dtype}
        for dtype, layout in product([self.dtype, *halves], layouts):
            self.channels_first, self.dtype = list(layout), dtype
            try:
                with torch.no_grad(), trial() as watch:
                    self.run(self.leaves(rows), watch)
            except Exception as error:  # whatever the user's model raises
                errors.append((self.fed(rows), error))
                continue
            ran.append((layout, dtype, watch))
            if watch.straight or (watch.straight is None and not any(layout)):
                break  # nothing in it has channels at axis 1, or it takes what it is given
        if not ran:
            fed, cause = errors[0]
            raise ValueError(self._sentence(fed, cause)) from cause
        layout, self.dtype, watch = min(ran, key=lambda run: (not run[2].straight, sum(run[0])))
        self.channels_first = list(layout)
        return watch

    def fed(self, rows: Rows) -> str:
        """The shapes that reach the model, in words."""
        words = []
        for array, first in zip(rows, self.channels_first, strict=True):
            shape = np.moveaxis(array, -1, 1).shape if first else array.shape
            dtype = self.setup.dtype if array.dtype.kind == "f" else "whole numbers"
            words.append(f"{shape} of {dtype}{', channels first' if first else ''}")
        return " and ".join(words)

    def _sentence(self, fed: str, error: Exception) -> str:
        text = " ".join(str(error).split()) or type(error).__name__
        hint = ""
        if "embedding" in text or "index tensor" in text or "indices" in text:
            hint = "; it expects whole numbers: say TOKENS = <number of words>"
        elif "index out of range" in text:
            hint = "; TOKENS says more words than the embedding has"
        return f"torch_model does not run on rows of {fed}: {text}{hint}"
