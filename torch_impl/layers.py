"""PyTorch's layers with weights: which kind each is, and how it keeps what Keras keeps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import nn

from common.twins.layers import Layer
from torch_impl.probing import layouts
from torch_impl.probing.layouts import DEPTHWISE, Kept, canonical

LAYOUTS = {getattr(nn, name): layout for name, layout in layouts.LAYOUTS.items()}
CHANNELS_FIRST = (nn.modules.conv._ConvNd, nn.modules.batchnorm._BatchNorm, nn.GroupNorm)


def layout(module: nn.Module) -> tuple[str, dict[str, Kept]]:
    """The kind of a layer and how its weights are kept; a class not in the table is 'other'."""
    if isinstance(module, nn.Conv2d) and 1 < module.groups == module.in_channels:
        return DEPTHWISE
    own = dict(module.named_parameters(recurse=False))
    for known, (kind, roles) in LAYOUTS.items():
        if isinstance(module, known):
            extra = set(own) - {name for kept in roles.values() for name in kept.names}
            if extra:
                raise ValueError(
                    f"{type(module).__name__} has {', '.join(sorted(extra))}, for which Keras has "
                    "no place: write one layer for each direction and depth"
                )
            return kind, roles
    # in the order of their definition, each as it is
    return "other", {f"weight{i}": Kept((name,), "") for i, name in enumerate(own, 1)}


def with_weights(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """The layers with weights of their own, by name, in the order of their registration."""
    for name, module in model.named_modules():
        if list(module.parameters(recurse=False)) or list(module.buffers(recurse=False)):
            yield name or type(module).__name__, module


def described(name: str, module: nn.Module) -> Layer:
    kind, roles = layout(module)
    weights: dict[str, tuple[int, ...]] = {}
    state: dict[str, tuple[int, ...]] = {}
    for role, kept in roles.items():
        tensors = [t for name in kept.names if (t := getattr(module, name, None)) is not None]
        if tensors:  # else a layer without a bias
            values = [t.detach().cpu().numpy() for t in tensors]
            shape = canonical(values, kind, role, kept, ()).shape
            (weights if tensors[0].requires_grad else state)[role] = shape
    return Layer(name, kind, weights, state, _settings(module))


def _settings(module: Any) -> dict[str, Any]:
    """Conventions in Keras's units: its momentum is what is kept, PyTorch's what is taken in."""
    settings: dict[str, Any] = {}
    if hasattr(module, "eps"):
        settings["epsilon"] = module.eps
    if hasattr(module, "momentum"):
        settings["momentum"] = None if module.momentum is None else round(1 - module.momentum, 9)
    if hasattr(module, "stride"):
        settings["strides"] = tuple(module.stride)
    return settings
