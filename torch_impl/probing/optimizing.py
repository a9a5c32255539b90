"""The optimiser of a probe: the user's own, or the rule that all frameworks share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from common.twins.probe import Setup, Values
from common.twins.user_file import function_of
from torch_impl.probing.effective import Part
from torch_impl.probing.units import Holder
from torch_impl.rmsprop import RMSpropBare

SLOTS = {"first": ("exp_avg",), "second": ("exp_avg_sq", "square_avg")}


def optimizer_of(setup: Setup, model: nn.Module) -> list[Any]:
    """What steps after each loss: an optimiser over all parameters that train, then its schedulers.

    The user's OPTIMIZER gives one, or one and its schedulers; else it is RMSprop with epsilon
    inside the root. Raises ValueError for what has no `step`.
    """
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    own = function_of(setup.path, "OPTIMIZER", setup.framework)
    if own is None:
        return [RMSpropBare(trained, lr=setup.learning_rate, alpha=0.9, eps=1e-7)]
    made = own(trained)
    steppers = list(made) if isinstance(made, tuple | list) else [made]
    for stepper in steppers:
        if not hasattr(stepper, "step"):
            raise ValueError(
                f"OPTIMIZER gives a {type(stepper).__name__} for torch, expected a "
                "torch.optim.Optimizer, or one and its schedulers"
            )
    return steppers


def settings_of(optimizer: Any) -> dict[str, Any]:
    """The defaults of an optimiser as plain values, and its class; betas by number."""
    defaults = dict(getattr(optimizer, "defaults", {}))
    betas = {f"beta_{i}": float(b) for i, b in enumerate(defaults.pop("betas", ()), 1)}
    plain = {k: v for k, v in defaults.items() if isinstance(v, bool | int | float | str)}
    return {**plain, **betas, "class": type(optimizer).__name__}


def slots_of(optimizer: Any, holders: Sequence[Holder]) -> Values:
    """Running means and squares of gradients by "slot/<first|second>/<unit>/<role>"."""
    state: Mapping[Any, Any] = getattr(optimizer, "state", {})
    values = {}
    for slot, names in SLOTS.items():

        def kept(part: Part, names: tuple[str, ...] = names) -> Tensor | None:
            slots = {} if part.is_made else state.get(part.whole, {})
            whole = next((slots[name] for name in names if name in slots), None)
            return None if whole is None else part.of(whole)

        for holder, role in trained_roles(holders):
            if kept(holder.roles[role].parts[0]) is not None:
                name = f"slot/{slot}/{holder.unit.name}/{role}"
                values[name] = read_trained(holder, role, kept)
    return values


def trained_roles(holders: Sequence[Holder]) -> list[tuple[Holder, str]]:
    """Each unit with each of its roles that is not frozen."""
    return [(h, role) for h in holders for role in h.roles if role not in h.unit.frozen]


def read_trained(holder: Holder, role: str, get: Callable[[Part], Tensor | None]) -> np.ndarray:
    """What `get` has for the parts that train; zeros for the rest, as a bias held at zero."""

    def of(part: Part) -> Tensor:
        tensor = get(part) if part.is_made or part.whole.requires_grad else None
        return torch.zeros_like(part.of(part.whole)) if tensor is None else tensor

    return holder.read(role, of)
