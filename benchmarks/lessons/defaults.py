"""What each framework does where a model says nothing: defaults of layers, optimisers and losses.

They stand in the signatures. PyTorch's initial values stand in none: they are read from the source
of `reset_parameters`. Every framework is asked in a process of its own.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pkgutil import resolve_name
from typing import Any, NamedTuple

from benchmarks.harness.process import Child
from benchmarks.show.markdown import pipe_table
from benchmarks.twins.causes.entry import shown
from common.framework import framework

FRAMEWORKS = ("keras", "torch", "jax")
NOTHING = "\N{EN DASH}"
ALIKE = {"sum_over_batch_size": "mean", "valid": "0", "none": "False", "None": "0"}
"""A default -> another framework's word for the same."""


class Things(NamedTuple):
    """One thing in every framework of FRAMEWORKS, and the names of its settings there.

    An owner is "module:name". A setting is a parameter, `betas[0]` a part of one, `weight()` what
    fills a weight where no parameter says so, "" what a framework lets nobody choose.
    """

    owners: Sequence[str]
    settings: list[list[str]]


TABLES = """
# layers
keras.layers:Dense torch.nn:Linear flax.nnx:Linear
    use_bias bias use_bias
    kernel_initializer weight() kernel_init
    bias_initializer bias() bias_init
keras.layers:Conv2D torch.nn:Conv2d flax.nnx:Conv
    padding padding padding
    use_bias bias use_bias
    kernel_initializer weight() kernel_init
    bias_initializer bias() bias_init
keras.layers:BatchNormalization torch.nn:BatchNorm2d flax.nnx:BatchNorm
    epsilon eps epsilon
    momentum momentum momentum
    gamma_initializer weight() scale_init
    beta_initializer bias() bias_init
keras.layers:LayerNormalization torch.nn:LayerNorm flax.nnx:LayerNorm
    epsilon eps epsilon
keras.layers:GroupNormalization torch.nn:GroupNorm flax.nnx:GroupNorm
    groups num_groups num_groups
    epsilon eps epsilon
keras.layers:Embedding torch.nn:Embedding flax.nnx:Embed
    embeddings_initializer weight() embedding_init
    mask_zero - -
    - padding_idx -
keras.layers:LSTM torch.nn:LSTM flax.nnx:LSTMCell
    activation - activation_fn
    recurrent_activation - gate_fn
    kernel_initializer weight() kernel_init
    recurrent_initializer weight() recurrent_kernel_init
    bias_initializer weight() bias_init
    unit_forget_bias - -
    - batch_first -
keras.layers:GRU torch.nn:GRU flax.nnx:GRUCell
    activation - activation_fn
    recurrent_activation - gate_fn
    kernel_initializer weight() kernel_init
    recurrent_initializer weight() recurrent_kernel_init
    bias_initializer weight() bias_init
    reset_after - -
    - batch_first -
keras.layers:MultiHeadAttention torch.nn:MultiheadAttention flax.nnx:MultiHeadAttention
    use_bias bias use_bias
    dropout dropout dropout_rate
    - batch_first -
keras.layers:Dropout torch.nn:Dropout flax.nnx:Dropout
    rate p rate
# activations
keras.layers:LeakyReLU torch.nn:LeakyReLU jax.nn:leaky_relu
    negative_slope negative_slope negative_slope
keras.activations:leaky_relu torch.nn.functional:leaky_relu jax.nn:leaky_relu
    negative_slope negative_slope negative_slope
keras.layers:ELU torch.nn:ELU jax.nn:elu
    alpha alpha alpha
keras.activations:gelu torch.nn:GELU jax.nn:gelu
    approximate approximate approximate
keras.layers:Softmax torch.nn:Softmax jax.nn:softmax
    axis dim axis
# optimisers
keras.optimizers:SGD torch.optim:SGD optax:sgd
    learning_rate lr learning_rate
    momentum momentum momentum
    nesterov nesterov nesterov
    - dampening -
    weight_decay weight_decay -
keras.optimizers:RMSprop torch.optim:RMSprop optax:rmsprop
    learning_rate lr learning_rate
    rho alpha decay
    epsilon eps eps
    - - eps_in_sqrt
    momentum momentum momentum
    centered centered centered
keras.optimizers:Adam torch.optim:Adam optax:adam
    learning_rate lr learning_rate
    beta_1 betas[0] b1
    beta_2 betas[1] b2
    epsilon eps eps
    weight_decay weight_decay -
keras.optimizers:AdamW torch.optim:AdamW optax:adamw
    learning_rate lr learning_rate
    beta_1 betas[0] b1
    beta_2 betas[1] b2
    epsilon eps eps
    weight_decay weight_decay weight_decay
keras.optimizers:Adagrad torch.optim:Adagrad optax:adagrad
    learning_rate lr learning_rate
    initial_accumulator_value initial_accumulator_value initial_accumulator_value
    epsilon eps eps
# losses
keras.losses:CategoricalCrossentropy torch.nn:CrossEntropyLoss optax.losses:softmax_cross_entropy
    from_logits - -
    label_smoothing label_smoothing -
    reduction reduction -
keras.losses:BinaryCrossentropy torch.nn:BCEWithLogitsLoss optax.losses:sigmoid_binary_cross_entropy
    from_logits - -
    label_smoothing - -
    reduction reduction -
keras.losses:Huber torch.nn:HuberLoss optax.losses:huber_loss
    delta delta delta
    reduction reduction -
"""
"""Groups of things: below an owner in each framework its settings, "-" where there is none."""


def _groups() -> dict[str, list[Things]]:
    groups: dict[str, list[Things]] = {}
    for line in TABLES.strip().splitlines():
        words = ["" if word == "-" else word for word in line.split()]
        if line.startswith("#"):
            things = groups[words[1]] = []
        elif line.startswith(" "):
            things[-1].settings.append(words)
        else:
            things.append(Things(words, []))
    return groups


GROUPS = _groups()


def tables(group: str, defaults: Mapping[str, Mapping[str, str]]) -> str:
    """A group's tables in Markdown; `defaults` has `defaults_of` each framework."""
    return "\n\n".join(table(things, defaults) for things in GROUPS[group])


def table(things: Things, defaults: Mapping[str, Mapping[str, str]]) -> str:
    """One table. A row whose defaults do not all mean the same is bold; what must be given has
    none."""
    headings = [f"`{owner.replace(':', '.')}`" for owner in things.owners]
    rows = (_row(things.owners, names, defaults) for names in things.settings)
    return pipe_table(headings, rows, left=range(len(FRAMEWORKS)))


def _row(
    owners: Sequence[str], names: Sequence[str], defaults: Mapping[str, Mapping[str, str]]
) -> Iterator[str]:
    values = [
        defaults[where][f"{owner}.{name}"] if name else None
        for where, owner, name in zip(FRAMEWORKS, owners, names, strict=True)
    ]
    bold = "**" if len({_meaning(value) for value in values if value}) > 1 else ""
    for name, value in zip(names, values, strict=True):
        if value is None:
            yield NOTHING
        elif not value:
            yield f"`{name}` must be given"
        else:
            yield f"{bold}`{value if name.endswith('()') else f'{name}={value}'}`{bold}"


def _meaning(value: str) -> str:
    """A default in the words of all frameworks: `zeros_(self.bias)` and 'zeros' are one."""
    word = re.sub(r"_?\(.*", "", value).strip("'")
    word = ALIKE.get(word, word)
    try:
        return str(float(word))
    except ValueError:
        return word


def defaults_of(name: str) -> dict[str, str]:
    """A framework's defaults by "owner.setting", as a process of its own says.

    Raises ModuleNotFoundError where it is not installed, and else as `defaults` does.
    """
    if framework(name).missing:
        raise ModuleNotFoundError(f"{name} is not installed: {framework(name).install}")
    column = FRAMEWORKS.index(name)
    asked = [
        (things.owners[column], [names[column] for names in things.settings])
        for group in GROUPS.values()
        for things in group
    ]
    with Child(name, regime="native") as child:
        return child.call(f"{__name__}:defaults", asked)


def defaults(asked: Iterable[tuple[str, Sequence[str]]]) -> dict[str, str]:
    """In a framework's process: "owner.setting" -> its default as code, "" where it has none.

    Raises LookupError for a setting that the framework does not know.
    """
    return {
        f"{owner}.{name}": _default(owner, name) for owner, names in asked for name in names if name
    }


def _default(owner: str, name: str) -> str:
    thing = resolve_name(owner)
    if name.endswith("()"):
        return _filler(thing, name[:-2])
    parameter, _, index = name.rstrip("]").partition("[")
    for signature in _signatures(thing):
        if parameter in signature.parameters:
            value = signature.parameters[parameter].default
            if value is inspect.Parameter.empty:
                return ""
            return _code(value[int(index)] if index else value)
    raise LookupError(f"{owner} has no parameter {parameter}")


def _signatures(thing: Any) -> Iterator[inspect.Signature]:
    """A function's; of a class each ancestor's, since a descendant may take (*args, **kwargs)."""
    if not inspect.isclass(thing):
        yield inspect.signature(thing)
        return
    for ancestor in thing.__mro__:
        if "__init__" in vars(ancestor) and ancestor is not object:
            yield inspect.signature(vars(ancestor)["__init__"])


def _filler(thing: Any, weight: str) -> str:
    source = inspect.getsource(thing.reset_parameters)
    call = re.search(rf"init\.(\w+_\((?:self\.)?{weight}\b.*\))", source)
    if call is None:
        raise LookupError(f"{thing.__name__}.reset_parameters fills no {weight}")
    return call[1]


def _code(value: Any) -> str:
    """A default as one would write it; of a function that a call made, the call."""
    if not callable(value):
        return repr(value) if isinstance(value, str) else shown(value)
    name, _, inner = getattr(value, "__qualname__", value.__name__).partition(".<locals>")
    return f"{name}({_arguments(value, name)})" if inner else name


def _arguments(made: Callable[..., Any], maker: str) -> str:
    kept = inspect.getclosurevars(made).nonlocals
    parameters = inspect.signature(getattr(sys.modules[made.__module__], maker)).parameters
    return ", ".join(repr(kept[p]) for p in parameters if isinstance(kept.get(p), str | float))
