"""Which frameworks there are: every folder ending in `_impl`, each with a manifest."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.machinery import ModuleSpec
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from pkgutil import resolve_name
from types import MappingProxyType
from typing import Any

from common.install import pip_install
from common.problem import Problem
from common.regime import MATCHED, Regime
from common.say import none_such


@dataclass(frozen=True)
class Framework:
    """What may be known of a framework without importing it.

    `lowest` has each package to install, with the oldest version that will do, as pyproject.toml
    asks for it, `companions` what its users build models with, which a model of theirs alone needs;
    `environment(regime, device, threads)` gives the variables that a process needs *before* the
    import; `native` says what the framework does where a regime leaves a switch open; `suffix` is
    that of the file that its own users keep weights in, empty where it has none; `ablation` names
    the module that takes its steps apart, `pieces` what `tuned` does by hand and users do not, and
    `extents` what of a step it can compile, beside the whole; `fixed` names the switches
    that it cannot set to anything but their native value; `without` has what it does not have, and
    why: `compiled`, `tuned` or `bf16`, the regimes, `ablation`, or `twins`, whose `twin` is the
    Task of a user's own model; those of a lower `rank` stand first in every list; one `on_request`
    is trained only where it is named; `colour`, #RRGGBB, is that of every figure, where it is empty
    the name decides.
    """

    name: str
    task: str  # "package.module:Class"
    requires: tuple[str, ...]  # import names
    devices: tuple[str, ...]  # kinds of device it can use: cpu, cuda, mps
    environment: Callable[[Regime, str, int | None], Mapping[str, str]]
    native: Mapping[str, Any]
    lowest: Mapping[str, str] = field(default_factory=dict)  # by the name of the package
    companions: Mapping[str, str] = field(
        default_factory=dict
    )  # the same: its users' own, not ours
    suffix: str = ""
    ablation: str = ""  # the module that takes its steps apart
    pieces: tuple[str, ...] = ()  # as its class `OtherwiseTask` takes them
    extents: tuple[str, ...] = ()  # as its class `PartlyCompiledTask` takes them
    fixed: tuple[str, ...] = ()
    without: Mapping[str, str] = field(default_factory=dict)
    twin: str = ""  # "package.module:Class"
    probe: str = ""  # the same, of what the judge of two models asks
    recorded: str = ""  # the module that reads its traces, and does not import the framework
    rank: int = 0
    on_request: bool = False  # by default others are trained, as long as there are any
    label: str = ""  # what a reader is shown; empty: the name
    colour: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """Import names that this interpreter does not have."""
        return tuple(name for name in self.requires if find_spec(name) is None)

    @property
    def install(self) -> str:
        """The command line that installs what it requires."""
        oldest = [f"{name}>={version}" for name, version in self.lowest.items()]
        return pip_install(oldest or self.requires)

    @property
    def not_installed(self) -> str:
        """A sentence on what it lacks here and how to get it."""
        return (
            f"{self.name} is not installed (missing: {', '.join(self.missing)}); "
            f"install it with: {self.install}"
        )

    def check_versions(self) -> None:
        """Raise ImportError for a package that is older than what works; imports nothing."""
        for name, lowest in self.lowest.items():
            with suppress(PackageNotFoundError):  # another build has another name
                found = version(name)
                if _numbers(found) < _numbers(lowest):
                    raise ImportError(
                        f"{name} {found} is too old: {self.name} needs {lowest} or later; "
                        f"get it with: {self.install}"
                    )

    def check_has(self, what: str) -> None:
        """Raise NotImplementedError for what this framework is without."""
        if what in self.without:
            others = ", ".join(f.name for f in frameworks().values() if what not in f.without)
            why = f" ({self.without[what]})" if self.without[what] else ""
            raise NotImplementedError(f"{self.name} has no {what}; these have it: {others}{why}")

    def check_runs(self, regime: Regime) -> None:
        """Raise NotImplementedError for a regime that this framework is without."""
        for what in regime.needs:
            self.check_has(what)

    def ablation_module(self) -> Any:
        """What takes its steps apart; imports the framework.

        Raises NotImplementedError where there is no such thing.
        """
        self.check_has("ablation")
        return importlib.import_module(self.ablation)

    @property
    def package(self) -> str:
        """The folder of the implementation."""
        return self.task.partition(".")[0]

    def task_class(self, solver: str = "task") -> type:
        """The Task class that a problem's `solver` asks for.

        Imports the framework, so only for a process that is its own: no other can be imported
        there from then on. Raises ImportError for one that is too old.
        """
        self.check_versions()
        self.keep_others_out()
        return resolve_name(getattr(self, solver))

    def keep_others_out(self) -> None:
        """Let no other framework be imported in this process from now on.

        TensorFlow and Keras take what they find, wanted or not.
        """
        others = {name for other in frameworks().values() for name in other.requires}
        refusal = _Refusal(frozenset(others - set(self.requires)))
        if refusal not in sys.meta_path:  # a process makes many Tasks
            sys.meta_path.insert(0, refusal)

    def make_task(self, problem: Problem, **options: Any) -> Any:
        """A fresh Task for the problem; `options` and errors as for `Task`."""
        self.check_runs(options.get("regime", MATCHED))
        return self.task_class(problem.solver)(problem, **options)


def _numbers(version: str) -> tuple[int, ...]:
    """Those that a version begins with: "2.20.0rc1" is (2, 20, 0)."""
    parts = version.split(".")
    return tuple(int(m[0]) for m in (re.match(r"\d+", part) for part in parts) if m)


@dataclass(frozen=True)
class _Refusal:
    """Finder and loader of modules that can be looked up and not imported.

    None in `sys.modules` would mislead SciPy, and an error at the look-up PyTorch's compiler.
    """

    names: frozenset[str]

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name in self.names else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> None:
        raise ModuleNotFoundError(f"{spec.name} stays out of this process", name=spec.name)

    def exec_module(self, module: Any) -> None:
        """Never reached, and yet asked for."""


@cache
def frameworks() -> Mapping[str, Framework]:
    """Every framework by name, from the manifests of the `*_impl` folders beside this one."""
    found: list[Framework] = []
    for folder in sorted(Path(__file__).resolve().parent.parent.glob("*_impl")):
        if (folder / "manifest.py").is_file():
            found += importlib.import_module(f"{folder.name}.manifest").VARIANTS
    return MappingProxyType({each.name: each for each in sorted(found, key=lambda f: f.rank)})


def plain_frameworks(*, installed: bool = False) -> list[str]:
    """Names without those of variants, which have a colon; if `installed`, of what is here."""
    found = frameworks().values()
    return [f.name for f in found if ":" not in f.name and not (installed and f.missing)]


def label_of(name: str) -> str:
    """What a reader is shown for a framework's name, or for a text that begins with one.

    Whatever follows the name stays; a name that no manifest has is shown as it is.
    """
    first, space, rest = name.partition(" ")
    known = frameworks().get(first)
    return ((known and known.label) or first) + space + rest


def framework(name: str) -> Framework:
    """The framework of that name; ValueError names those there are."""
    if name not in frameworks():
        raise ValueError(none_such("framework", name, frameworks()))
    return frameworks()[name]
