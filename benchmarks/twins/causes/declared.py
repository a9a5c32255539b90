"""What an optimiser says of itself, as a `Rule`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from benchmarks.twins.causes.entry import shown
from benchmarks.twins.causes.rules import BEFORE, BESIDE, INSIDE, Rule
from common.twins.user_file import family

KERAS = {"SGD": BESIDE, "RMSprop": INSIDE, "Adam": BEFORE, "AdamW": BEFORE, "Adagrad": INSIDE}
TORCH = dict.fromkeys(KERAS, BESIDE)
"""Class -> where it has epsilon."""
NAMES = {  # PyTorch's, where they are not Keras's
    "alpha": "rho",
    "eps": "epsilon",
    "initial_accumulator_value": "initial",
    "weight_decay": "decay",
}


def declared(settings: Mapping[str, Any], framework: str) -> tuple[Rule, float | None] | None:
    """The rule and its learning rate, None where that is a schedule; None of an unknown class.

    `settings` are those of `Probe.optimizer_settings`.
    """
    name = str(settings.get("class"))
    places = KERAS if family(framework) == "keras" else TORCH
    if name not in places:
        return None
    known = {NAMES.get(key, key): value for key, value in settings.items()}
    constants = {
        key: value
        for key, value in known.items()
        if key in Rule.__dataclass_fields__ and value is not None
    }
    keras = places is KERAS
    if keras:
        constants["initial"] = settings.get("initial_accumulator_value", 0.0)
        constants["rate_in_buffer"] = True
        clips = {"clipvalue": "value", "clipnorm": "norm", "global_clipnorm": "global norm"}
        for key, kind in clips.items():
            if settings.get(key):
                constants |= {"clip": kind, "limit": float(settings[key])}
    else:
        decoupled = name == "AdamW" or settings.get("decoupled_weight_decay", False)
        constants["coupled"] = not decoupled
    family_name = "Adam" if name == "AdamW" else name
    rule = Rule(**{**constants, "family": family_name, "place": places[name]})
    rate = settings.get("learning_rate", settings.get("lr"))
    return rule, rate if isinstance(rate, float) else None


def spelled(name: str, framework: str) -> str:
    """A constant or a family as the framework's users write it."""
    if family(framework) == "jax":
        return {"rho": "decay", "epsilon": "eps", "beta_1": "b1", "beta_2": "b2"}.get(
            name, name.lower()
        )
    if family(framework) == "torch":
        return {ours: theirs for theirs, ours in NAMES.items()}.get(name, name)
    return {"initial": "initial_accumulator_value", "decay": "weight_decay"}.get(name, name)


def constants(rule: Rule, names: Iterable[str], framework: str) -> str:
    """Constants of a rule as arguments."""
    names = [name for name in names if name != "rate_in_buffer"]
    if family(framework) == "torch" and {"beta_1", "beta_2"} & set(names):
        return f"betas=({shown(rule.beta_1)}, {shown(rule.beta_2)})"
    return ", ".join(f"{spelled(name, framework)}={shown(getattr(rule, name))}" for name in names)
