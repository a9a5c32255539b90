"""Units in the order in which a run used them, and the layers that show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from common.twins.units import in_order
from torch_impl.probing.feed import Trial
from torch_impl.probing.flow import shows
from torch_impl.probing.units import Holder, with_ties
from torch_impl.probing.watch import is_whole


def as_used(
    holders: Sequence[Holder], trial: Trial, written: Mapping[int, torch.dtype]
) -> list[Holder]:
    """The units as they were first used, one that was not behind the one registered before it.

    `written` has the dtypes that the user left the parameters in, by their number.
    """
    ordered = []
    for holder in in_order(holders, [min(_uses(h, trial), default=None) for h in holders]):
        first = next(iter(holder.roles.values())).parts[0].whole
        dtype = str(written.get(id(first), first.dtype)).removeprefix("torch.")
        settings = {**holder.unit.settings, "dtype": dtype}
        unit = holder.unit._replace(layer=_layer(holder.module, trial), settings=settings)
        ordered.append(holder._replace(unit=unit))
    return with_ties(ordered)


def precision(holders: Sequence[Holder], trial: Trial, wanted: torch.dtype) -> dict[str, str]:
    """The dtype of the units whose weights or outputs have another than is wanted."""
    dtypes = {}
    for holder in holders:
        weight = next(iter(holder.roles.values())).parts[0].whole.dtype
        output = trial.outputs.get(holder.module, weight)
        other = weight if weight != wanted else output
        if other != wanted:
            dtypes[holder.unit.name] = str(other).removeprefix("torch.")
    return dtypes


def _uses(holder: Holder, trial: Trial) -> list[int]:
    """When the unit was used: its module if that is one thing, else each weight, else its module.

    A weight that is tied to an earlier one's memory is used earlier than its module.
    """
    module = trial.used.get(id(holder.module))
    parts = [part for role in holder.roles.values() for part in role.parts if not part.is_made]
    weights = [trial.used[id(p.whole)] for p in parts if id(p.whole) in trial.used]
    if module is None or (weights and not is_whole(holder.module)):
        return weights
    return [module]


def _layer(module: nn.Module, trial: Trial) -> str:
    """The nearest module around this one that is called and has events; else the model itself."""
    by_name = {name: module for module, name in trial.names.items()}
    name = trial.names[module]
    while name in by_name:
        around = by_name[name]
        if around in trial.called and shows(around, trial.model):
            return name
        name = name.rpartition(".")[0]
    return trial.names[trial.model]
