"""`Watch`: which module runs, and which function of PyTorch it calls, while a model runs."""

from __future__ import annotations

import re
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

Function = Callable[..., Any]

CHANNELS_AT_1 = re.compile(
    r"(conv(_transpose)?[123]d$|(batch|instance|group)_norm|(adaptive_|fractional_)?"
    r"(max|avg|lp)_pool|interpolate|upsample|pixel_(un)?shuffle|channel_shuffle"
    r"|local_response_norm|feature_dropout|dropout[123]d|grid_sample)"
)
"""Functions that take channels at axis 1, by the beginning of their name."""

MODULES_AT_1 = re.compile(
    r"(Conv|BatchNorm|InstanceNorm|GroupNorm|Pool|Upsampl|Pixel(Un)?[Ss]huffle|ChannelShuffle"
    r"|Dropout[123]d|LocalResponseNorm|Pad[123]d)"
)


def words(text: str) -> list[str]:
    """A list of names, written short."""
    return text.split()


ELSEWHERE = frozenset(
    words(
        "permute transpose swapaxes swapdims movedim moveaxis t T mT adjoint reshape view view_as "
        "reshape_as flatten unflatten ravel matmul __matmul__ mm bmm einsum tensordot linear lstm "
        "gru rnn_tanh rnn_relu multi_head_attention_forward scaled_dot_product_attention stack "
        "embedding unfold fold"
    )
)
"""Functions after which channels are no longer where they were."""

COMPOSITES = (nn.MultiheadAttention, nn.RNNBase)
CASTS = ("float", "half", "bfloat16")


def names_of(model: nn.Module) -> dict[nn.Module, str]:
    """Every module's name, the user's own; the model itself has its class's."""
    return {module: name or type(module).__name__ for name, module in model.named_modules()}


def is_torchs(module: nn.Module) -> bool:
    """Whether PyTorch's own code runs when the module is called."""
    runs = next(cls for cls in type(module).__mro__ if "forward" in vars(cls))
    return runs.__module__.startswith("torch.")


def is_whole(module: nn.Module) -> bool:
    """Whether a module is shown as one thing, and nothing inside it: PyTorch's own layers."""
    composite = isinstance(module, COMPOSITES)
    return is_torchs(module) and (composite or not any(_parts(module)))


def _parts(module: nn.Module) -> Iterator[nn.Module]:
    """The modules inside, but those that only make up a weight."""
    return (part for name, part in module.named_children() if name != "parametrizations")


def has_channels_at_1(module: nn.Module) -> bool:
    """Whether PyTorch's layer takes its channels at axis 1."""
    return is_torchs(module) and any(
        MODULES_AT_1.search(cls.__name__) is not None for cls in type(module).__mro__
    )


def tensors_in(value: Any) -> Iterator[Tensor]:
    """All tensors in tuples, lists and dicts, in order."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, nn.utils.rnn.PackedSequence):
        yield value.data
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from tensors_in(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from tensors_in(part)


def mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """The same tuples, lists and dicts with every leaf changed."""
    if isinstance(value, dict):
        return {key: mapped(part, change) for key, part in value.items()}
    if type(value) in (list, tuple):
        return type(value)(mapped(part, change) for part in value)
    return change(value)


class Watch(TorchFunctionMode):
    """Runs a model as it is; the classes of this one look on, or change what they must.

    With `double` whatever the model's own code casts to a shorter float becomes float64.
    """

    def __init__(self, model: nn.Module, *, double: bool = False) -> None:
        super().__init__()
        self.model, self.double = model, double
        self.names = names_of(model)
        self.running: list[nn.Module] = []
        self.whole = 0  # how many of the running modules are shown as one thing
        self._ours = False
        self._hooks: list[Any] = []
        self._at_1: dict[int, weakref.ref[Tensor]] = {}

    def __enter__(self) -> Watch:
        for module in self.names:
            before = module.register_forward_pre_hook(self._before, with_kwargs=True)
            after = module.register_forward_hook(self._after, with_kwargs=True)
            self._hooks += [before, after]
        super().__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        for hook in self._hooks:
            hook.remove()
        self._hooks.clear()
        self.running.clear()
        self._at_1.clear()

    def _before(self, module: nn.Module, args: Any, keywords: Any) -> None:
        if not self.whole:
            with self.aside():
                self.enters(module, args, keywords)
        self.running.append(module)
        self.whole += is_whole(module)

    def _after(self, module: nn.Module, args: Any, keywords: Any, output: Any) -> None:
        self.running.pop()
        self.whole -= is_whole(module)
        if not self.whole:
            with self.aside():
                self.leaves(module, output)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """What is called by us is no part of the model."""
        self._ours = True
        try:
            yield
        finally:
            self._ours = False

    def enters(self, module: nn.Module, args: Any, keywords: Any) -> None:
        """A module that is not inside another that is shown as one thing is about to run."""

    def leaves(self, module: nn.Module, output: Any) -> None:
        """It has run."""

    def calls(self, name: str, function: Function, args: tuple, keywords: dict) -> Any:
        """A function of PyTorch is called; what it gives."""
        return function(*args, **keywords)

    @property
    def place(self) -> str:
        """The user's name of the module that is running."""
        return self.names[self.running[-1] if self.running else self.model]

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        name = getattr(function, "__name__", "")
        args, keywords = tuple(args), dict(kwargs or {})
        if self._ours or name in ("__get__", "__set__"):  # an attribute such as x.shape
            return function(*args, **keywords)
        if self.double:
            if name in CASTS:
                return args[0].double()
            args, keywords = mapped(args, _doubled), mapped(keywords, _doubled)
        given = [t for t in tensors_in((args, keywords)) if not isinstance(t, nn.Parameter)]
        at_1 = CHANNELS_AT_1.match(name) is not None and bool(given) and given[0].ndim > 2
        if at_1:
            self.takes_channels(given[0])
            self.put_at_1(given[0])
        output = self.calls(name, function, args, keywords)
        for tensor in self.kept_at_1(name, given, output):
            self.put_at_1(tensor)
        return output

    def kept_at_1(self, name: str, given: Iterable[Tensor], output: Any) -> list[Tensor]:
        """A function's outputs that have their channels at axis 1 as its inputs have."""
        ranks = {t.ndim for t in given if self.at_1(t)} if name not in ELSEWHERE else set()
        return [tensor for tensor in tensors_in(output) if tensor.ndim in ranks]

    def takes_channels(self, tensor: Tensor) -> None:
        """A function that has its channels at axis 1 is about to be given this."""

    def put_at_1(self, tensor: Tensor) -> None:
        """From now on this tensor is known to have its channels at axis 1."""
        self._at_1[id(tensor)] = weakref.ref(tensor)

    def at_1(self, tensor: Tensor) -> bool:
        """Whether it is; another tensor may have got the number of one that is gone."""
        seen = self._at_1.get(id(tensor))
        return seen is not None and seen() is tensor


def _doubled(value: Any) -> Any:
    short = isinstance(value, torch.dtype) and value.is_floating_point
    return torch.float64 if short else value
