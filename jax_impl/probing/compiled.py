"""Under `jit` where the user's code allows it, with 32 or 64 bits, and outputs by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import jax

from common.twins.probe import numbered
from jax_impl.probing.places import Path, dotted

LOOKS = (
    jax.errors.ConcretizationTypeError,
    jax.errors.TracerArrayConversionError,
    jax.errors.TracerIntegerConversionError,
    jax.errors.NonConcreteBooleanIndexError,
)
"""What JAX raises for code that looks at the values in an array while it is being compiled."""


class Compiled:
    """A function under `jit`; as it is from the first call on in which its code looks at values."""

    def __init__(self, function: Callable) -> None:
        self.function = function
        self.jitted: Callable | None = jax.jit(function)

    def __call__(self, *args: Any) -> Any:
        if self.jitted is not None:
            try:
                return self.jitted(*args)
            except LOOKS:
                self.jitted = None
        return self.function(*args)


def bits(wide: bool) -> AbstractContextManager[None]:
    """JAX's switch between 32 and 64 bits, for what is computed inside."""
    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(wide)  # type: ignore[return-value]
    from jax.experimental import enable_x64  # type: ignore[attr-defined]  # before 0.8

    return enable_x64(wide)


@contextmanager
def hasty() -> Iterator[None]:
    """Compile with few optimisations: what runs once takes far longer to compile than to run."""
    jax.config.update("jax_disable_most_optimizations", True)
    try:
        yield
    finally:
        jax.config.update("jax_disable_most_optimizations", False)


def named(out: Any) -> dict[str, Any]:
    """A model's outputs by name: the keys of its dict, or "output", or "output 1", "output 2", ...

    Raises ValueError for what holds no array.
    """
    arrays = dict(_leaves(out, ()))
    if not arrays:
        raise ValueError(f"the model gives a {type(out).__name__}, expected arrays")
    if isinstance(out, Mapping):
        return {dotted(path): array for path, array in arrays.items()}
    return numbered(list(arrays.values()))


def _leaves(out: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(out, Mapping | list | tuple):
        for key, value in out.items() if isinstance(out, Mapping) else enumerate(out):
            yield from _leaves(value, (*path, key))
    elif hasattr(out, "dtype"):
        yield path, out
