"""Which kind of model a user has written, behind the one interface."""

from __future__ import annotations

from typing import Any

from common.install import pip_install
from common.twins.probe import Setup
from common.twins.user_file import model_of
from jax_impl.probing.functions import FunctionNet


def net_of(setup: Setup) -> Any:
    """A `ModuleNet` or a `FunctionNet`.

    Raises ImportError without Flax, where it is needed, ValueError for what is no model of JAX, and
    what the user's code raises.
    """
    try:
        model = model_of(setup.path, setup.framework, setup.seed)
        if isinstance(model, tuple) and len(model) == 2 and callable(model[0]):
            return FunctionNet(*model)
        from flax import nnx
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "flax":
            raise
        raise ImportError(f"flax is not installed; get it with: {pip_install(['flax'])}") from error
    if not isinstance(model, nnx.Module):
        raise ValueError(
            f"jax_model() gives a {type(model).__name__}, expected a flax.nnx.Module, or a pair "
            "(apply, params) for which apply(params, *inputs) gives the outputs"
        )
    from jax_impl.probing.modules import ModuleNet

    return ModuleNet(model)
