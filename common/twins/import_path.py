"""What builds a user's model, found by its import path: what it takes, and what rows its model has.

Looked at in a process of one framework, which lets no other in: what loads a framework there is of
that one.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable
from contextlib import suppress
from keyword import iskeyword
from textwrap import dedent
from typing import Any, NamedTuple

from common.framework import Framework, framework, frameworks
from common.twins.user_file import packages_in, user_package
from common.visible import visible

LETTERS = 60  # of an annotation, and of a user's error
OWN = 8  # names of a module that an error lists


class Target(NamedTuple):
    """An import path, `package.module:Name` or `package.module:Name.method`."""

    module: str
    name: str

    @classmethod
    def of(cls, text: str) -> Target:
        """The target that a text names; ValueError for what is no import path."""
        module, _, name = text.partition(":")
        words = [*module.split("."), *name.split(".")]
        if not all(word.isidentifier() and not iskeyword(word) for word in words):
            raise ValueError(f"package.module:Name was expected, got {text!r}")
        return cls(module, name)

    def __str__(self) -> str:
        return f"{self.module}:{self.name}"


class Argument(NamedTuple):
    """An argument that must be given; `hint` is its annotation, empty where it has none."""

    name: str
    hint: str = ""
    by_name: bool = True


class Builder(NamedTuple):
    """What a twins file has to know of a target.

    Without `arguments` the model was built once: `shapes` has one row of each input, an axis None
    where it may be of any size, and `tokens` says how many words the embedding of an input has, 0
    where it goes into none. Both are empty where the model does not say; `failed` is the error of a
    model that could not be built.
    """

    arguments: tuple[Argument, ...] = ()
    shapes: tuple[tuple[int | None, ...], ...] = ()
    tokens: tuple[int, ...] = ()
    failed: str = ""


def look(name: str, path: str, target: Target) -> Builder | str:
    """What builds a model of this framework; or in words why this does not.

    The target is imported as the twins file at `path`, which need not be there, would import it.
    Raises ValueError where there is no such target.
    """
    manifest = framework(name)
    manifest.check_versions()
    manifest.keep_others_out()
    try:
        module = user_package(path, target.module)
    except Exception as error:  # whatever the user's code raises
        if refused := _another(error, manifest):
            return refused
        _check_there(error, target)
        return f"its import ends with {_short(error)}"
    build = _attribute(module, target)
    arguments = _arguments(build)
    model, failed = None, ""
    if not arguments:
        try:
            model = build()
        except Exception as error:
            if refused := _another(error, manifest):
                return refused
            failed = _short(error)
    made = type(model) if model is not None else build if inspect.isclass(build) else None
    if made and not _is_model(made, manifest) and made is not tuple:  # (apply, params) of plain JAX
        return f"it gives a {made.__name__}, no model of {name}"
    packages = {*manifest.requires, *manifest.companions}
    if not packages & {*(name.partition(".")[0] for name in sys.modules), *_named_in(build)}:
        return f"it loads nothing of {name}"
    return Builder(arguments, _shapes(model), _tokens(model), failed)


def _check_there(error: Exception, target: Target) -> None:
    """Raise ValueError where it is the target's own module that is not found."""
    name = error.name if isinstance(error, ModuleNotFoundError) and error.name else "."
    if f"{target.module}.".startswith(f"{name}."):
        raise ValueError(
            f"{target}: no module {name}, in the working folder, beside the file, or installed"
        ) from error


def _another(error: Exception, manifest: Framework) -> str:
    """That it imports another framework, which this process refuses; empty for another error."""
    if not isinstance(error, ModuleNotFoundError):
        return ""
    top = (error.name or "").partition(".")[0]
    others = {name for other in frameworks().values() for name in other.requires}
    return f"it imports {top}" if top in others - set(manifest.requires) else ""


def _attribute(module: Any, target: Target) -> Callable[..., Any]:
    thing = module
    for name in target.name.split("."):
        if not hasattr(thing, name):
            own = [key for key, value in vars(thing).items() if callable(value) and key[0] != "_"]
            more = f"; it has {', '.join(own[:OWN])}" if own else ""
            raise ValueError(f"{target}: no {name} in {thing.__name__}{more}")
        thing = getattr(thing, name)
    if not (inspect.isclass(thing) or inspect.isroutine(thing)):
        raise ValueError(
            f"{target} is a {type(thing).__name__}; name the function or class that builds a model"
        )
    return thing


def _arguments(build: Callable[..., Any]) -> tuple[Argument, ...]:
    """Those without a default, in order."""
    # of a class its metaclass is asked first, and Flax's takes anything
    function = build.__init__ if inspect.isclass(build) else build
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except ValueError:  # one that is not written in Python
        return ()
    return tuple(
        Argument(p.name, _hint(p), p.kind is not p.POSITIONAL_ONLY)
        for p in parameters[inspect.isclass(build) :]
        if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    )


def _hint(parameter: inspect.Parameter) -> str:
    kind = parameter.annotation
    if kind is parameter.empty:
        return ""
    return _line(kind if isinstance(kind, str) else inspect.formatannotation(kind))


def _is_model(made: type, manifest: Framework) -> bool:
    """Whether a class of the framework's, or of what its users build models with, is a base."""
    package = next(iter((*manifest.companions, *manifest.requires)))
    return any(base.__module__.partition(".")[0] == package for base in made.__mro__)


def _named_in(build: Callable[..., Any]) -> set[str]:
    """The packages that are imported once it is called."""
    with suppress(OSError, TypeError, SyntaxError):
        tree = ast.parse(dedent(inspect.getsource(build)))
        return set().union(*map(packages_in, ast.walk(tree)))
    return set()


def _shapes(model: Any) -> tuple[tuple[int | None, ...], ...]:
    """Of a Keras model alone, once it has been built."""
    with suppress(AttributeError, TypeError):
        return tuple(tuple(tensor.shape)[1:] for tensor in model.inputs)
    return ()


def _tokens(model: Any) -> tuple[int, ...]:
    """Of Keras by input, of PyTorch from the module that was registered first."""
    with suppress(AttributeError, TypeError):
        return tuple(
            next((n.input_dim for n in model.layers if _looks_up(n) and n.input is tensor), 0)
            for tensor in model.inputs
        )
    with suppress(AttributeError, TypeError):
        leaf = next((m for m in model.modules() if not any(m.children())), None)
        return (getattr(leaf, "num_embeddings", 0),)
    return ()


def _looks_up(layer: Any) -> bool:
    return type(layer).__name__ == "Embedding"


def _short(error: Exception) -> str:
    return _line(f"{type(error).__name__}: {error}")


def _line(text: str) -> str:
    line = visible(" ".join(text.split()))
    return line if len(line) <= LETTERS else f"{line[:LETTERS]} ..."
