"""What goes in and out of recurrent layers and attention, rows first whatever the layer takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from torch_impl.watch import mapped


class Place(NamedTuple):
    """Where one of a call's inputs goes, and how it was."""

    number: int
    dtype: torch.dtype
    device: torch.device
    at_1: bool  # channels
    rank: int

    def filled(self, array: np.ndarray) -> Tensor:
        """The array, channels last, as the layer takes it."""
        tensor = torch.tensor(array, dtype=self.dtype, device=self.device)
        return tensor.movedim(-1, 1).contiguous() if self.at_1 else tensor


def parts(module: Any, value: Any) -> list[Tensor]:
    """Tensors of a call, (args, keywords), or of its output: sequences (n, time, units), then each
    state (n, units) of each layer and direction; of attention its masks and weights as they are."""
    leaves = list(_leaves(value))
    if isinstance(module, nn.MultiheadAttention):
        sequences = 3 if isinstance(value[1], dict) else 1
        first = [_rows_first(module, leaf) for leaf in leaves[:sequences]]
        return [*first, *leaves[sequences:]]
    sequence, *states = leaves
    if isinstance(sequence, PackedSequence):
        sequence = pad_packed_sequence(sequence, batch_first=True)[0]
    else:
        sequence = _rows_first(module, sequence)
    return [sequence, *(s for state in states for s in (state if state.ndim > 2 else [state]))]


def filled(
    module: Any, call: tuple[Any, Any], inputs: Sequence[np.ndarray]
) -> tuple[Any, dict[str, Any]]:
    """Arguments and keywords of a call with its places taken by arrays of the form of `parts`.

    Attention also takes one array for query, key and value, or one for the query and one for both
    others. Raises ValueError for too few arrays.
    """
    left = list(inputs)
    attends = isinstance(module, nn.MultiheadAttention)
    if attends and len(left) < 3:
        left += left[-1:] * (3 - len(left))

    def fill(value: Any) -> Any:
        if isinstance(value, PackedSequence):
            lengths = pad_packed_sequence(value, batch_first=True)[1]
            rows = torch.tensor(left.pop(0), dtype=value.data.dtype, device=value.data.device)
            return pack_padded_sequence(rows, lengths, batch_first=True, enforce_sorted=False)
        if not isinstance(value, Place):
            return value
        if value.number < (3 if attends else 1):
            return _rows_first(module, value.filled(left.pop(0)))
        if attends or value.rank < 3:
            return value.filled(left.pop(0))
        states = module.num_layers * (2 if module.bidirectional else 1)
        return torch.stack([value.filled(left.pop(0)) for _ in range(states)])

    try:
        args, keywords = mapped(call, fill)
    except IndexError as error:
        raise ValueError(f"{len(inputs)} inputs were given, the layer needs more") from error
    return args, keywords


def _rows_first(module: Any, sequence: Tensor) -> Tensor:
    """Between (n, time, units) and what the layer takes, either way."""
    return sequence if module.batch_first or sequence.ndim < 3 else sequence.transpose(0, 1)


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Tensor | PackedSequence):
        yield value
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _leaves(part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from _leaves(part)
