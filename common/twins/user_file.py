"""A user's twins file as a module, and whatever it imports from beside it.

The file's own folder and the working folder are on its path, and on nobody else's: a user's package
called `common`, `benchmarks` or `tests` is theirs in their code, and ours in ours.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import inspect
import os
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.machinery import PathFinder, SourceFileLoader
from importlib.util import spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

from common.framework import frameworks
from common.install import ROOT

FRAMEWORKS = frozenset(name for f in frameworks().values() for name in (*f.requires, *f.companions))
NEVER_THEIRS = FRAMEWORKS | sys.stdlib_module_names  # a file keras.py must not hide the framework
OURS = frozenset(
    {"common", "benchmarks", "tests", "tools"} | {f.package for f in frameworks().values()}
)


LETTERS = 100  # of a value in a message
_beside: list[str] = []


def user_module(path: str) -> tuple[ModuleType, str]:
    """The user's file, executed once as it is now, and its SHA-256.

    Raises ValueError if it is no Python, or imports a framework at its top level; and whatever its
    own code raises.
    """
    try:
        text = Path(path).read_bytes()
    except OSError as error:
        raise ValueError(f"{path} cannot be read as a Python module: {error}") from error
    return _executed(path, text), hashlib.sha256(text).hexdigest()


@cache
def _executed(path: str, text: bytes) -> ModuleType:
    try:
        tree = ast.parse(text, path)
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"{path} cannot be read as a Python module: {error}") from error
    for node in tree.body:
        if imported := FRAMEWORKS & packages_in(node) - {"numpy"}:
            raise ValueError(
                f"{path}, line {node.lineno} imports {', '.join(imported)}; move that into "
                "the function that builds the model: no process may hold two frameworks"
            )
    module = ModuleType(f"twins_of_{Path(path).stem}")
    module.__file__ = path
    module.__dict__["__builtins__"] = _builtins_for(path)
    exec(compile(tree, path, "exec"), module.__dict__)
    return module


def packages_in(node: ast.AST) -> set[str]:
    """The packages that an import statement names; none for another node."""
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
    names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
    return {name.partition(".")[0] for name in names}


def user_package(path: str, name: str) -> ModuleType:
    """The module `name` as a user's file at `path`, which need not be there, would import it."""
    return _builtins_for(path)["__import__"](name, None, None, ["__name__"])


def beside() -> list[str]:
    """The modules that this process has imported and that are nobody's packages: the users'."""
    files = {getattr(module, "__file__", None) or "" for module in list(sys.modules.values())}
    known = (sysconfig.get_path("stdlib"), *(str(ROOT / name) for name in OURS))
    return sorted(
        path
        for path in {*files, *_beside}
        if path.endswith(".py") and not path.startswith(known) and not _installed(path)
        if os.path.isabs(path) and os.path.isfile(path)  # a framework makes modules of no file
    )


def _installed(path: str) -> bool:
    """Whether it lies among packages; an environment beside a user's code has other people's."""
    return bool({"site-packages", "dist-packages"} & set(Path(path).parts))


def refusal(path: str, name: str, expected: str) -> ValueError:
    """An error that says what a name of the file is, and what was expected."""
    value = repr(getattr(user_module(path)[0], name, "missing"))
    return ValueError(f"{path}: {name} is {value[:LETTERS]}, {expected}")


def family(framework: str) -> str:
    """What a file calls a framework: of Keras on whatever backend, "keras"."""
    return framework.partition(":")[0]


def model_of(path: str, framework: str, seed: int) -> Any:
    """The framework's model, freshly built; imports the framework.

    A function that has a parameter `seed` is given it: JAX has no seed of a whole process.
    """
    make = getattr(user_module(path)[0], f"{family(framework)}_model")
    return make(seed=seed) if "seed" in inspect.signature(make).parameters else make()


def function_of(path: str, name: str, framework: str) -> Callable | None:
    """The framework's part of LOSS or OPTIMIZER, where that is a pair of functions; else None.

    A pair is a dict by framework, or a tuple in the order in which the file defines the models.
    """
    module = user_module(path)[0]
    pair = getattr(module, name, None)
    if isinstance(pair, Mapping):
        return pair.get(family(framework)) if _callables(pair.values()) else None
    if isinstance(pair, Sequence) and _callables(pair):
        return dict(zip(models_of(module), pair, strict=False)).get(family(framework))
    return None


def models_of(module: ModuleType) -> list[str]:
    """The frameworks that the file has a model for, in the order of its definitions."""
    known = {f"{family(name)}_model": family(name) for name in frameworks()}
    return list(dict.fromkeys(known[name] for name in vars(module) if name in known))


def _callables(values: Any) -> bool:
    values = list(values)
    return bool(values) and all(map(callable, values))


def _builtins_for(path: str) -> dict[str, Any]:
    """The built-in names of a user's code, with an `import` that looks beside the file first."""
    folders = list(dict.fromkeys([str(Path(path).resolve().parent), str(Path.cwd())]))
    folders = [folder for folder in folders if Path(folder) != ROOT]
    names: dict[str, Any] = dict(vars(builtins))
    theirs: dict[str, ModuleType] = {}  # what stands in sys.modules while their code imports

    inside: list[str] = []  # what is being imported: its own imports find everything in place

    def imported(name: str, *rest: Any, **more: Any) -> Any:
        if inside:
            return builtins.__import__(name, *rest, **more)
        inside.append(name)
        try:
            with _path_of(folders, names, theirs):
                return builtins.__import__(name, *rest, **more)
        finally:
            inside.pop()

    names["__import__"] = imported
    return names


@contextmanager
def _path_of(
    folders: list[str], names: dict[str, Any], theirs: dict[str, ModuleType]
) -> Iterator[None]:
    """Import from the user's folders; modules of ours of the same names step aside meanwhile."""
    finder = _Beside(folders, names)
    mine = {
        name: module
        for name, module in list(sys.modules.items())
        if (top := name.partition(".")[0]) in OURS and finder.has(top)
    }
    for name in mine:
        del sys.modules[name]
    sys.modules.update(theirs)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        tops = {name.partition(".")[0] for name in mine}
        theirs.update({k: v for k, v in sys.modules.items() if k.partition(".")[0] in tops})
        for name in theirs:
            sys.modules.pop(name, None)
        sys.modules.update(mine)


class _Beside:
    """Finds modules in the user's folders, and gives them the user's built-in names."""

    def __init__(self, folders: list[str], names: dict[str, Any]) -> None:
        self.folders, self.names = folders, names

    def has(self, name: str) -> bool:
        return PathFinder.find_spec(name, self.folders) is not None

    def _theirs(self, folder: str) -> bool:
        """Whether it is the user's."""
        return folder.startswith(tuple(self.folders)) and not _installed(folder)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name in NEVER_THEIRS:
            return None
        if path is not None and not any(self._theirs(str(folder)) for folder in path):
            return None
        spec = PathFinder.find_spec(name, self.folders if path is None else path)
        if spec and isinstance(spec.loader, SourceFileLoader):
            loader = _Loader(name, spec.loader.path, self.names)
            places = spec.submodule_search_locations
            spec = spec_from_loader(name, loader, is_package=places is not None)
        return spec


class _Loader(SourceFileLoader):
    """A module of the user's: its imports, now and later, are the user's too."""

    def __init__(self, name: str, path: str, names: dict[str, Any]) -> None:
        super().__init__(name, path)
        self.names = names

    def exec_module(self, module: ModuleType) -> None:
        _beside.append(str(self.path))
        module.__dict__["__builtins__"] = self.names
        super().exec_module(module)
