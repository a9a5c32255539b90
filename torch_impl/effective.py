"""Weights that a module makes of others when it runs: weight normalisation, parametrizations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.nn.utils.weight_norm import WeightNorm


class Part(NamedTuple):
    """A module's tensor, or some of its rows: `in_proj_weight` is three kernels."""

    module: nn.Module
    name: str
    rows: slice = slice(None)

    def of(self, whole: Tensor) -> Tensor:
        """The same rows of another tensor of that shape, such as a gradient."""
        return whole if self.rows == slice(None) else whole[self.rows]

    @property
    def whole(self) -> Tensor:
        """The module's tensor, as it is now."""
        hook = old_norm(self.module, self.name)
        return hook.compute_weight(self.module) if hook else getattr(self.module, self.name)

    @property
    def is_made(self) -> bool:
        """Whether other tensors are trained, of which this one is made."""
        made = parametrize.is_parametrized(self.module, self.name)
        return made or old_norm(self.module, self.name) is not None

    @torch.no_grad()
    def write(self, value: Tensor) -> None:
        """Take over a value of these rows' shape.

        Raises RuntimeError where the tensor is made of others and cannot be turned back into them.
        """
        hook = old_norm(self.module, self.name)
        if hook:
            getattr(self.module, f"{self.name}_v").copy_(value)
            norm = torch.norm_except_dim(value, 2, hook.dim)
            getattr(self.module, f"{self.name}_g").copy_(norm)
        elif self.is_made:
            setattr(self.module, self.name, value.to(self.whole.dtype))
        else:
            self.of(self.whole).copy_(value)


def old_norm(module: nn.Module, name: str) -> WeightNorm | None:
    """The hook of `torch.nn.utils.weight_norm`, from before there were parametrizations."""
    hooks = (hook for hook in module._forward_pre_hooks.values() if isinstance(hook, WeightNorm))
    return next((hook for hook in hooks if hook.name == name), None)


@torch.no_grad()
def can_be_written(part: Part) -> bool:
    """Whether a value that is assigned is the one that the module then has."""
    if not part.is_made:
        return True
    originals = [(t, t.clone()) for t in [*part.module.parameters(), *part.module.buffers()]]
    wanted = part.whole + torch.linspace(-0.1, 0.1, part.whole.numel()).view_as(part.whole)
    try:
        part.write(wanted.clone())
        same = torch.allclose(part.whole, wanted, rtol=1e-4, atol=1e-5)
    except (RuntimeError, ValueError, NotImplementedError):
        same = False
    for tensor, original in originals:
        tensor.copy_(original)
    return same


@contextmanager
def gradients_of(parts: Sequence[Part]) -> Iterator[dict[tuple[int, str], list[Tensor]]]:
    """While a model runs and its loss goes backwards: the tensors that were made, by module and
    name, whose `grad` sum to the gradient of the part."""
    made: dict[tuple[int, str], list[Tensor]] = {}
    hooks = []
    cached = parametrize.cached() if any(not old_norm(*p[:2]) for p in parts) else nullcontext()
    with cached:
        for part in parts:
            tensors = made.setdefault((id(part.module), part.name), [])
            if old_norm(part.module, part.name):

                def keep(module: Any, _: Any, part: Part = part, kept: list = tensors) -> None:
                    kept.append(getattr(module, part.name))
                    if kept[-1].requires_grad:
                        kept[-1].retain_grad()

                hooks.append(part.module.register_forward_pre_hook(keep))
            else:
                tensors.append(getattr(part.module, part.name))
                if tensors[-1].requires_grad:
                    tensors[-1].retain_grad()
        try:
            yield made
        finally:
            for hook in hooks:
                hook.remove()
