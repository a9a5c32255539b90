"""The tables of defaults: what differs is bold, and each framework knows every setting."""

from __future__ import annotations

import pytest

from benchmarks.lessons.defaults import FRAMEWORKS, Things, defaults, defaults_of, table
from tests.conftest import installed

KNOWN = {  # what the pages of differences tell of as well
    "keras": {
        "keras.layers:BatchNormalization.epsilon": "1e-3",
        "keras.layers:GRU.reset_after": "True",
        "keras.losses:Huber.reduction": "'sum_over_batch_size'",
    },
    "torch": {
        "torch.nn:BatchNorm2d.eps": "1e-5",
        "torch.nn:LSTM.batch_first": "False",
        "torch.nn:Linear.bias()": "uniform_(self.bias, -bound, bound)",
        "torch.optim:Adam.betas[1]": "0.999",
    },
    "jax": {
        "flax.nnx:BatchNorm.momentum": "0.99",
        "flax.nnx:Linear.bias_init": "zeros",
        "flax.nnx:GRUCell.recurrent_kernel_init": "orthogonal(1.0)",
        "jax.nn:gelu.approximate": "True",
        "optax:sgd.learning_rate": "",
    },
}


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_a_framework_knows_every_setting(name):
    collected = defaults_of(installed(name))
    assert KNOWN[name].items() <= collected.items()
    assert not [value for value in collected.values() if " at 0x" in value]


@pytest.mark.parametrize(
    ("values", "bold"),
    [
        (("1e-3", "1e-5", "1e-5"), True),
        (("0.5", "0.50", ""), False),
        (("0.0", "None", "None"), False),
        (("'sum_over_batch_size'", "'mean'", "'mean'"), False),
        (("'zeros'", "zeros_(self.bias)", "zeros"), False),
        (("'zeros'", "uniform_(self.bias, -bound, bound)", "zeros"), True),
        (("'valid'", "0", "'SAME'"), True),
        (("False", "'none'", "True"), True),
        (("", "0.5", ""), False),
    ],
)
def test_a_row_is_bold_where_the_defaults_mean_something_else(values, bold):
    things = Things(("a:A", "b:B", "c:C"), [("one", "two", "three()")])
    keys = ("a:A.one", "b:B.two", "c:C.three()")
    collected = {
        name: {key: value} for name, key, value in zip(FRAMEWORKS, keys, values, strict=True)
    }
    head, _, row = table(things, collected).splitlines()
    assert head == "| `a.A` | `b.B` | `c.C` |"
    assert ("**" in row) == bold
    assert row.count("must be given") == values.count("")


def test_a_setting_that_a_framework_lacks_is_a_dash():
    things = Things(("a:A", "b:B", "c:C"), [("one", "", "")])
    row = table(things, {"keras": {"a:A.one": "True"}}).splitlines()[-1]
    assert row == "| `one=True` | \N{EN DASH} | \N{EN DASH} |"


class Parent:
    def __init__(self, size, rate=0.1, pair=(1, 2)):
        pass


class Layer(Parent):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)

    def reset_parameters(self):
        init.ones_(self.weight)  # noqa: F821
        init.uniform_(self.bias, -1, 1)  # noqa: F821


def test_a_default_is_read_from_the_class_or_its_parent_or_what_fills_the_weight():
    owner = f"{__name__}:Layer"
    names = ["size", "rate", "pair[1]", "bias()", ""]
    values = [defaults([(owner, names)])[f"{owner}.{name}"] for name in names if name]
    assert values == ["", "0.1", "2", "uniform_(self.bias, -1, 1)"]


@pytest.mark.parametrize("name", ["epsilon", "kernel()"])
def test_a_setting_that_nobody_knows_is_an_error(name):
    with pytest.raises(LookupError, match=r"epsilon|kernel"):
        defaults([(f"{__name__}:Layer", [name])])
