"""`Training`: a model runs as in training, but with nothing drawn, in Keras's conventions."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor, nn
from torch.nn import functional

from common.language import phrase
from torch_impl.probing.functions import DROPOUTS, arguments_of, plain_name
from torch_impl.probing.watch import Function, Watch, names_of, words

DROPPING = frozenset(words(DROPOUTS))
ATTENTION = {"scaled_dot_product_attention": 4, "multi_head_attention_forward": 10}
"""Functions that drop inside -> the place of their `dropout_p`."""
NORMALISED: dict[str, Function] = {
    "batch_norm": functional.batch_norm,
    "instance_norm": functional.instance_norm,
}
RATES = (
    (nn.RNNBase, "dropout"),
    (nn.MultiheadAttention, "dropout"),
    (nn.modules.dropout._DropoutNd, "p"),
)
PATHS = {"StochasticDepth": "p", "DropPath": "drop_prob"}  # of torchvision and timm


class Training(Watch):
    """Dropout is the identity; a running variance takes the biased variance of the batch in.

    `dropout` has the name and rate of each that would have drawn.
    """

    def __init__(self, model: nn.Module, **options: Any) -> None:
        super().__init__(model, **options)
        self.dropout: list[tuple[str, float]] = []
        self._rates = {
            module: (name, float(getattr(module, name))) for module, name in dropping(model)
        }

    def __enter__(self) -> Training:
        super().__enter__()
        for module, (name, _) in self._inside():
            setattr(module, name, 0.0)
        return self

    def __exit__(self, *error: Any) -> None:
        for module, (name, rate) in self._inside():
            setattr(module, name, rate)
        super().__exit__(*error)

    def _inside(self) -> list[tuple[nn.Module, tuple[str, float]]]:
        """Those that call no function which could be made the identity."""
        dropout = nn.modules.dropout._DropoutNd
        return [item for item in self._rates.items() if not isinstance(item[0], dropout)]

    def enters(self, module: nn.Module, args: Any, keywords: Any) -> None:
        _, rate = self._rates.get(module, ("", 0.0))
        between = not isinstance(module, nn.RNNBase) or module.num_layers > 1
        if rate > 0 and between and module.training:
            self.dropout.append((self.names[module], rate))

    def calls(self, name: str, function: Function, args: tuple, keywords: dict) -> Any:
        plain = plain_name(name)
        if plain in DROPPING:
            arguments = arguments_of(plain, function, args, keywords)
            self._drops(plain, arguments.get("p", 0.5), arguments)
            x = arguments["input"]
            return (x, torch.ones_like(x, dtype=torch.bool)) if plain == "native_dropout" else x
        if plain in ATTENTION:
            place = ATTENTION[plain]
            rate = keywords.get("dropout_p", args[place] if len(args) > place else 0.0)
            self._drops(plain, rate, keywords)
            if len(args) > place:
                args = (*args[:place], 0.0, *args[place + 1 :])
            else:
                keywords["dropout_p"] = 0.0
        if plain in NORMALISED:
            with _biased(plain, args, keywords):
                return function(*args, **keywords)
        return function(*args, **keywords)

    def _drops(self, name: str, rate: float, arguments: dict[str, Any]) -> None:
        on = arguments.get("training", arguments.get("train", True))
        if rate > 0 and on and not self.whole:
            self.dropout.append((f"{self.place}: {name}", float(rate)))


def dropping(model: nn.Module) -> Iterator[tuple[nn.Module, str]]:
    """The modules that drop, and the name of their rate."""
    for module in names_of(model):
        name = next((name for cls, name in RATES if isinstance(module, cls)), None)
        name = name or PATHS.get(type(module).__name__)
        if name and isinstance(getattr(module, name, None), int | float):
            yield module, name


@contextmanager
def _biased(name: str, args: tuple, keywords: dict) -> Iterator[None]:
    """PyTorch takes var n / (n - 1) of n values in, Keras var: the new part is made smaller."""
    call = inspect.signature(NORMALISED[name]).bind(*args, **keywords)
    call.apply_defaults()
    given = call.arguments
    variance, x = given["running_var"], given["input"]
    on = given["training"] if name == "batch_norm" else given["use_input_stats"]
    if variance is None or not on:
        yield
        return
    values = x.numel() // x.shape[1] // (1 if name == "batch_norm" else len(x))
    kept = variance.data * (1 - given["momentum"])
    yield
    # through `data`: autograd holds the tensor, though it needs no value of it
    variance.data.copy_(kept + (variance.data - kept) * (values - 1) / values)


@contextmanager
def biased_variances() -> Iterator[None]:
    """While entered, the running variances of PyTorch's own modules move as Keras's do."""
    with ExitStack() as stack:
        for name, function in NORMALISED.items():

            def call(
                *args: Any, name: str = name, function: Any = function, **keywords: Any
            ) -> Any:
                with _biased(name, args, keywords):
                    return function(*args, **keywords)

            stack.enter_context(patch.object(functional, name, call))
        yield


def merged_biases(model: nn.Module) -> list[str]:
    """Add the second bias of recurrent layers to the first, and freeze it at zero: Keras has one.

    Returns a sentence for each layer. A GRU's two are two in Keras as well.
    """
    notes: list[str] = []
    for module, name in names_of(model).items():
        if not isinstance(module, nn.RNNBase | nn.RNNCellBase) or not module.bias:
            continue
        if isinstance(module, nn.GRU | nn.GRUCell):
            continue
        for parameter, second in list(module.named_parameters(recurse=False)):
            if parameter.startswith("bias_hh"):
                first: Tensor = getattr(module, parameter.replace("_hh", "_ih"))
                with torch.no_grad():
                    first += second
                    second.zero_().requires_grad_(False)
        notes.append(
            phrase(
                "the second bias of torch's {name!r} is added to the first and held at zero: "
                "Keras has one, and two would both take a step",
                name=name,
            )
        )
    return notes


def has_running_variance(model: nn.Module) -> bool:
    """Whether the model has a running variance that a step would move."""
    return any(
        getattr(module, "running_var", None) is not None
        for module in model.modules()
        if isinstance(module, nn.modules.batchnorm._NormBase)
    )
