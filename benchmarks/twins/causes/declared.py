"""What an optimiser says of itself, as a `Rule`; a rule as the users of a framework write it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from benchmarks.twins.causes.entry import shown
from common.twins.rule import BEFORE, BESIDE, INSIDE, Rule
from common.twins.user_file import family

KERAS = {"SGD": BESIDE, "RMSprop": INSIDE, "Adam": BEFORE, "AdamW": BEFORE, "Adagrad": INSIDE}
PLACES = {"keras": KERAS, "torch": dict.fromkeys(KERAS, BESIDE)}
"""Framework -> class -> where it has epsilon; Optax tells nothing of itself."""
CLIPS = {"clipvalue": "value", "clipnorm": "norm", "global_clipnorm": "global norm"}
SPELLED: Mapping[str, Mapping[str, str]] = {
    "keras": {"initial": "initial_accumulator_value", "decay": "weight_decay"},
    "torch": {
        "rho": "alpha",
        "beta_1": "betas",
        "beta_2": "betas",
        "epsilon": "eps",
        "initial": "initial_accumulator_value",
        "decay": "weight_decay",
    },
    "jax": {
        "rho": "decay",
        "beta_1": "b1",
        "beta_2": "b2",
        "epsilon": "eps",
        "initial": "initial_accumulator_value",
        "decay": "weight_decay",
        **{name: name.lower() for name in KERAS},
    },
}
"""Framework -> our name of a constant, or an optimiser -> the framework's."""


def declared(settings: Mapping[str, Any], framework: str) -> tuple[Rule, float | None] | None:
    """The rule and its learning rate, None where that is a schedule; None of an unknown class.

    `settings` are those of `Probe.optimizer_settings`.
    """
    places, words = PLACES.get(family(framework), {}), SPELLED[family(framework)]
    name = str(settings.get("class"))
    if name not in places:
        return None
    constants: dict[str, Any] = {
        field: settings[words.get(field, field)]
        for field in Rule.__dataclass_fields__
        if settings.get(words.get(field, field)) is not None
    }
    constants |= {f"beta_{i}": settings[f"beta_{i}"] for i in (1, 2) if f"beta_{i}" in settings}
    if places is KERAS:
        constants["rate_in_buffer"] = True
        for key, kind in CLIPS.items():
            if settings.get(key):
                constants |= {"clip": kind, "limit": float(settings[key])}
    else:
        constants["coupled"] = not (name == "AdamW" or settings.get("decoupled_weight_decay"))
    constants |= {"family": name.removesuffix("W"), "place": places[name]}
    rate = settings.get("learning_rate", settings.get("lr"))
    return Rule(**constants), rate if isinstance(rate, float) else None


def spelled(name: str, framework: str) -> str:
    """A constant or an optimiser as the framework's users write it."""
    return SPELLED[family(framework)].get(name, name)


def constants(rule: Rule, names: Iterable[str], framework: str) -> str:
    """Constants of a rule as arguments; PyTorch takes both betas together."""
    arguments = [
        name for name in names if name != "rate_in_buffer"
    ]  # which is no argument anywhere
    values = {spelled(name, framework): shown(getattr(rule, name)) for name in arguments}
    if "betas" in values:
        values["betas"] = f"({shown(rule.beta_1)}, {shown(rule.beta_2)})"
    return ", ".join(f"{name}={value}" for name, value in values.items())
