"""How PyTorch's modules split into units: weights that belong together, and where each is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from common.twins.probe import Unit
from torch_impl.probing import layouts
from torch_impl.probing.effective import Part, can_be_written, old_norm
from torch_impl.probing.layouts import (
    CELLS,
    DEPTHWISE,
    DEPTHWISE_1D,
    RUNNING,
    SCALE,
    Kept,
    Layout,
    canonical,
    own,
)
from torch_impl.probing.settings import settings_of

KNOWN = {getattr(nn, name): layout for name, layout in layouts.LAYOUTS.items()}
STATISTICS = ("running_mean", "running_var")


class Role(NamedTuple):
    """One weight of a unit: the parts that it is kept in, and the order of their axes."""

    parts: tuple[Part, ...]
    axes: str = ""  # by the letters of `AXES`; empty: as PyTorch keeps it

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
        kept = self.roles[role]
        tensors = [get(part) if get else part.of(part.whole) for part in kept.parts]
        values = [t.detach().to("cpu", torch.float64, copy=True).numpy() for t in tensors]
        if self.unit.kind.startswith("depthwise") and role == "kernel":
            groups: Any = self.module.groups
            values = [v.reshape(groups, -1, *v.shape[2:]) for v in values]
        names = tuple(part.name for part in kept.parts)
        return canonical(values, self.unit.kind, role, Kept(names, kept.axes))

    def write(self, role: str, value: np.ndarray) -> None:
        """Take over a canonical array. Raises ValueError for another shape."""
        kept = self.roles[role]
        if value.shape != self.unit.weights[role]:
            raise ValueError(
                f"{self.unit.name}/{role} is {self.unit.weights[role]}, and was given {value.shape}"
            )
        names = tuple(part.name for part in kept.parts)
        values = own(value, self.unit.kind, role, Kept(names, kept.axes))
        for part, tensor in zip(kept.parts, map(torch.from_numpy, values), strict=True):
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
                frozen=frozenset(role for role, kept in roles.items() if not kept.is_trained),
                made=any(part.is_made for kept in roles.values() for part in kept.parts),
            )
            holders.append(holder._replace(unit=unit))
    return holders


def apart(holder: Holder) -> Holder:
    """The same module by the weights that its own are made of, as a layer of one's own."""
    module: Any = holder.module
    made = getattr(module, "parametrizations", None)
    kind, roles = _others(module, tuple(made.modules()) if made is not None else ())
    taken = holder._replace(roles=roles)
    shapes = {role: taken.read(role).shape for role in roles}
    unit = holder.unit._replace(kind=kind, weights=shapes, frozen=frozenset(), made=False)
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


Split = tuple[str, str, dict[str, Role]]


def _split(module: nn.Module, hidden: Sequence[nn.Module]) -> Iterator[Split]:
    """What stands behind the module's name, kind and roles of each unit."""
    if isinstance(module, nn.RNNBase) and not module.proj_size:
        yield from _recurrent(module)
    elif isinstance(module, nn.RNNCellBase):
        cell = next(kind for name, kind in CELLS.items() if isinstance(module, getattr(nn, name)))
        yield "", cell, _gates(module, cell, "")
    elif isinstance(module, nn.MultiheadAttention):
        yield from _attention(module)
    else:
        kind, roles = _layout(module, hidden)
        if roles:
            yield "", kind, roles


def _layout(module: nn.Module, hidden: Sequence[nn.Module]) -> tuple[str, dict[str, Role]]:
    kind, kept = _known(module)
    roles = {
        role: Role(tuple(Part(module, name) for name in names), axes)
        for role, (names, axes) in kept.items()
        if getattr(module, names[0], None) is not None
    }
    parts = [part for role in roles.values() for part in role.parts]
    used = {part.name for part in parts}
    used |= {f"{n}_{end}" for n in used if old_norm(module, n) for end in "gv"}
    if kind == "other" or _own(module) - used or not all(map(can_be_written, parts)):
        return _others(module, hidden)
    return kind, roles


def _known(module: nn.Module) -> Layout:
    groups = getattr(module, "groups", 1)
    if isinstance(module, nn.Conv1d | nn.Conv2d) and 1 < groups == module.in_channels:
        return DEPTHWISE if isinstance(module, nn.Conv2d) else DEPTHWISE_1D
    for known, layout in KNOWN.items():
        if isinstance(module, known):
            return layout
    if _own(module) == {"weight", "bias", *STATISTICS}:  # a frozen normalisation, all of it buffers
        return "batch_norm", SCALE | RUNNING
    return "other", {}


def _own(module: nn.Module) -> set[str]:
    """Names of a module's own weights and statistics."""
    names = {name for name, _ in module.named_parameters(recurse=False)}
    buffers = {name for name, b in module.named_buffers(recurse=False) if b.is_floating_point()}
    normalises = set(STATISTICS) <= buffers
    return names | (buffers & {*STATISTICS, "weight", "bias"} if normalises else set())


def _others(module: nn.Module, inside: Sequence[nn.Module]) -> tuple[str, dict[str, Role]]:
    """A layer of one's own: its weights in the order of definition, each as it is kept."""
    parts = [Part(owner, name) for owner in (module, *inside) for name in _ordered(owner)]
    return "other", {f"weight{i}": Role((part,)) for i, part in enumerate(parts, 1)}


def _ordered(module: nn.Module) -> list[str]:
    own_names = _own(module)
    tensors = [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]
    return [name for name, _ in tensors if name in own_names]


def _recurrent(module: nn.RNNBase) -> Iterator[Split]:
    kind = {"LSTM": "lstm", "GRU": "gru"}.get(module.mode, "simple_rnn")
    directions = (("", ".forward"), ("_reverse", ".backward"))
    for layer in range(module.num_layers):
        for end, direction in directions if module.bidirectional else directions[:1]:
            suffix = f".layer{layer + 1}" if module.num_layers > 1 else ""
            suffix += direction if module.bidirectional else ""
            yield suffix, kind, _gates(module, kind, f"_l{layer}{end}")


def _gates(module: nn.Module, kind: str, end: str) -> dict[str, Role]:
    roles = {
        "kernel": Role((Part(module, f"weight_ih{end}"),), "gi"),
        "recurrent_kernel": Role((Part(module, f"weight_hh{end}"),), "go"),
    }
    if module.bias:
        parts = (Part(module, f"bias_ih{end}"), Part(module, f"bias_hh{end}"))
        roles["bias"] = Role(parts, "bg" if kind == "gru" else "g")
    return roles


def _attention(module: nn.MultiheadAttention) -> Iterator[Split]:
    width = module.embed_dim
    for i, (name, letter) in enumerate(zip(("query", "key", "value"), "qkv", strict=True)):
        rows = slice(i * width, (i + 1) * width)
        kernel = Part(module, f"{letter}_proj_weight")
        if module.in_proj_weight is not None:
            kernel = Part(module, "in_proj_weight", rows)
        roles = {"kernel": Role((kernel,), "oi")}
        if module.in_proj_bias is not None:
            roles["bias"] = Role((Part(module, "in_proj_bias", rows),), "o")
        yield f".{name}", "dense", roles
    out = module.out_proj
    roles = {"kernel": Role((Part(out, "weight"),), "oi")}
    if out.bias is not None:
        roles["bias"] = Role((Part(out, "bias"),), "o")
    yield ".output", "dense", roles
    if module.bias_k is not None:
        parts = [Part(module, "bias_k"), Part(module, "bias_v")]
        yield ".bias", "other", {f"weight{i}": Role((p,)) for i, p in enumerate(parts, 1)}
