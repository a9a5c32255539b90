"""How PyTorch's modules split into units: weights that belong together, and where each is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from common.twins.probe import Unit
from common.twins.units import View, kinds_of
from torch_impl.probing.effective import Part, can_be_written, old_norm
from torch_impl.probing.layouts import Kept, canonical, own, settings, split

STATISTICS = ("running_mean", "running_var")


class Role(NamedTuple):
    """One weight of a unit: the parts that it is kept in, and how PyTorch keeps it."""

    parts: tuple[Part, ...]
    kept: Kept

    @property
    def is_trained(self) -> bool:
        part = self.parts[0]
        return part.is_made or part.whole.requires_grad


class Holder(NamedTuple):
    """A unit, and the tensors behind its roles; `module` is the one whose call shows it."""

    unit: Unit
    roles: Mapping[str, Role]
    module: nn.Module

    def read(self, role: str, get: Callable[[Part], Tensor] | None = None) -> np.ndarray:
        """The canonical array, float64, of the weight, or of what `get` has for each part."""
        parts, kept = self.roles[role]
        tensors = [get(part) if get else part.of(part.whole) for part in parts]
        copies = [t.detach().to("cpu", torch.float64, copy=True) for t in tensors]
        values = [copy.contiguous().numpy() for copy in copies]
        return canonical(values, self.unit.kind, role, kept)

    def write(self, role: str, value: np.ndarray) -> None:
        """Take over a canonical array. Raises ValueError for another shape."""
        parts, kept = self.roles[role]
        if value.shape != self.unit.weights[role]:
            raise ValueError(
                f"{self.unit.name}/{role} is {self.unit.weights[role]}, and was given {value.shape}"
            )
        values = own(value, self.unit.kind, role, kept)
        for part, tensor in zip(parts, map(torch.from_numpy, values), strict=True):
            part.write(tensor.reshape(part.of(part.whole).shape).to(part.whole))


def holders_of(names: Mapping[nn.Module, str]) -> list[Holder]:
    """All units of the modules of a model (with the user's names), in the order of registration."""
    holders: list[Holder] = []
    inside: set[nn.Module] = set()
    for module, name in names.items():
        if module in inside:
            continue
        made: Any = getattr(module, "parametrizations", None)
        hidden = tuple(made.modules()) if parametrize.is_parametrized(module) else ()
        inside.update(hidden)
        if isinstance(module, nn.MultiheadAttention):
            inside.add(module.out_proj)
        for suffix, kind, roles in _split(module, hidden):
            unit = Unit(name + suffix, kind, {}, settings=settings_of(module))
            holder = Holder(unit, roles, module)
            unit = unit._replace(
                weights={role: holder.read(role).shape for role in roles},
                frozen=frozenset(role for role, held in roles.items() if not held.is_trained),
                made=any(part.is_made for role in roles.values() for part in role.parts),
            )
            holders.append(holder._replace(unit=unit))
    return holders


def apart(holder: Holder) -> Holder:
    """The same module by the weights that its own are made of, as a layer of one's own."""
    module: Any = holder.module
    made = getattr(module, "parametrizations", None)
    roles = _others(module, tuple(made.modules()) if made is not None else ())
    taken = holder._replace(roles=roles)
    shapes = {role: taken.read(role).shape for role in roles}
    unit = holder.unit._replace(kind="other", weights=shapes, frozen=frozenset(), made=False)
    return taken._replace(unit=unit)


def with_ties(holders: Sequence[Holder]) -> list[Holder]:
    """The same, those of a memory that an earlier one has already tied to it."""
    first: dict[Any, str] = {}
    tied_holders = []
    for holder in holders:
        tied = {}
        for role, kept in holder.roles.items():
            part, weight = kept.parts[0], f"{holder.unit.name}/{role}"
            memory = (id(part.whole), str(part.rows))
            if not part.is_made and first.setdefault(memory, weight) != weight:
                tied[role] = first[memory]
        tied_holders.append(holder._replace(unit=holder.unit._replace(tied=tied)))
    return tied_holders


def settings_of(module: nn.Module) -> dict[str, Any]:
    """A module's conventions, spelt as Keras spells them where it has a word."""
    return settings(_view(module), type(module).__name__)


def _view(module: nn.Module) -> View:
    """By its weights' names alone: what is made of others has a shape only once it is made."""
    made: Any = module.parametrizations if parametrize.is_parametrized(module) else ()
    # made by a hook, or put there by the user
    plain = [name for name in ("weight", "bias") if isinstance(vars(module).get(name), Tensor)]
    hidden = {f"{name}_{end}" for name in plain if old_norm(module, name) for end in "gv"}
    names = [name for name in _ordered(module) if name not in hidden]
    shapes = dict.fromkeys([*names, *made, *plain], ())
    return View(kinds_of(module, "torch.nn"), vars(module), shapes)


Split = tuple[str, str, dict[str, Role]]


def _split(module: nn.Module, hidden: Sequence[nn.Module]) -> Iterator[Split]:
    """What stands behind the module's name, kind and roles of each unit."""
    for suffix, kind, weights in split(_view(module)):
        roles = {
            role: Role(tuple(_part(module, name, kept.rows) for name in kept.names), kept)
            for role, kept in weights.items()
        }
        parts = [part for role in roles.values() for part in role.parts]
        if not suffix and (kind == "other" or not all(map(can_be_written, parts))):
            kind, roles = "other", _others(module, hidden)
        if roles:
            yield suffix, kind, roles


def _part(module: nn.Module, name: str, rows: slice) -> Part:
    inside, _, name = name.rpartition(".")
    return Part(module.get_submodule(inside), name, rows)


def _others(module: nn.Module, inside: Sequence[nn.Module]) -> dict[str, Role]:
    """A layer of one's own: its weights in the order of definition, each as it is kept."""
    parts = [Part(owner, name) for owner in (module, *inside) for name in _ordered(owner)]
    return {f"weight{i}": Role((p,), Kept((p.name,), "")) for i, p in enumerate(parts, 1)}


def _ordered(module: nn.Module) -> list[str]:
    """Names of a module's own weights and statistics."""
    parameters = [name for name, _ in module.named_parameters(recurse=False)]
    buffers = [name for name, b in module.named_buffers(recurse=False) if b.is_floating_point()]
    normalises = set(STATISTICS) <= set(buffers)
    known = {*STATISTICS, "weight", "bias"} if normalises else ()
    return [*parameters, *(name for name in buffers if name in known)]
