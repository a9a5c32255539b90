"""Keras on PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

import torch

from common.regime import Regime
from keras_impl.feed import Feed as Feed


def prepare(rules: Regime) -> None:
    torch.backends.cuda.matmul.allow_tf32 = bool(rules.tf32)
    torch.set_flush_denormal(rules.denormals == "flushed")
    torch.use_deterministic_algorithms(rules.deterministic)


def densified(gradient: Any) -> Any:
    return gradient


def gradients(
    loss_of: Callable[[], Any], variables: Sequence[Any], state: Sequence[Any]
) -> tuple[Any, list[Any]]:
    loss = loss_of()
    values = [variable.value for variable in variables]
    if not loss.requires_grad:  # a loss of no weight
        return loss, [None] * len(values)
    return loss.detach(), list(torch.autograd.grad(loss, values, allow_unused=True))


evaluating = torch.no_grad


def concrete(tensor: Any) -> bool:
    return not tensor.is_meta


def turn_channels() -> None:
    """Nothing: channels may come first."""


def allow_float64() -> None:
    pass  # it always may


def synchronize(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)


def peak_bytes(device: str) -> int | None:
    return torch.cuda.max_memory_allocated(device) if device.startswith("cuda") else None


def runtime() -> dict[str, Any]:
    return {
        "versions": {name: version(name) for name in ("keras", "torch")},
        "devices": ["cpu", *(f"cuda:{i}" for i in range(torch.cuda.device_count()))],
        "threads": torch.get_num_threads(),
    }
