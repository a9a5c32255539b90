"""PyTorch's tensors as the arrays that the judge is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from common.twins.probe import numbered
from torch_impl.probing.watch import tensors_in


def array_of(tensor: Tensor) -> np.ndarray:
    """A copy, float64 or int64: whatever is done in place later must not change it."""
    if tensor.is_complex():
        tensor = torch.view_as_real(tensor.resolve_conj())
    dtype = torch.float64 if tensor.is_floating_point() else torch.int64
    return tensor.detach().to("cpu", dtype, copy=True).contiguous().numpy()


def named_outputs(outputs: Any) -> dict[str, Tensor]:
    """A model's outputs by the keys of its dict, else "output", or "output 1", "output 2", ...

    Raises ValueError where there is no tensor among them.
    """
    named: dict[str, Tensor] = {}
    if isinstance(outputs, Mapping):
        for key, value in outputs.items():
            tensors = list(tensors_in(value))
            named |= {f"{key} {i}" if i else str(key): tensor for i, tensor in enumerate(tensors)}
    else:
        named |= numbered(list(tensors_in(outputs)))
    if not named:
        raise ValueError(f"torch_model gives {type(outputs).__name__} and no tensor")
    return named


def to_double(model: nn.Module) -> None:
    """All parameters, buffers and the tensors that are plain attributes of modules, float64."""
    model.double()
    for module in model.modules():
        for name, value in vars(module).items():
            if isinstance(value, Tensor) and value.is_floating_point() and value.is_leaf:
                vars(module)[name] = value.double()
