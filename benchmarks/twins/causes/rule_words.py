"""What is said of an optimiser's rule, and what to write for its clipping and its decay."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.twins.causes.entry import shown
from benchmarks.twins.causes.fitting import Fit
from common.language import chained, phrase
from common.twins.rule import Rule

WORDS = {
    "rho": "rho {rho}",
    "beta_1": "betas {beta_1} and {beta_2}",
    "momentum": "momentum {momentum}",
    "corrected": "correction of the bias {corrected}",
    "centered": "centered={centered}",
    "amsgrad": "amsgrad={amsgrad}",
    "initial": "an initial sum of squares of {initial}",
}
"""By a group's first field."""


def in_words(name: str) -> Callable[[Fit], str]:
    """What says a rule's setting, and those that go with it."""
    group = {"beta_2": "beta_1", "nesterov": "momentum", "dampening": "momentum"}

    def words(fitted: Fit) -> str:
        rule = fitted.rule
        values = {key: shown(value) for key, value in vars(rule).items()}
        values["corrected"] = phrase("on") if rule.corrected else phrase("off")
        parts = [phrase(WORDS[group.get(name, name)], **values)]
        if "momentum" in parts[0] and rule.nesterov:
            parts.append(phrase("Nesterov's"))
        if "momentum" in parts[0] and rule.dampening:
            parts.append(phrase("dampened by {value}", value=shown(rule.dampening)))
        return chained(", ", parts)

    return words


def buffer(fitted: Fit) -> str:
    """What a momentum keeps."""
    if fitted.rule.rate_in_buffer:
        return phrase("a buffer of steps under a schedule")
    return phrase("a buffer of gradients under a schedule")


def rule_of(fitted: Fit) -> str:
    """The rule itself."""
    name, momentum = fitted.rule.family, fitted.rule.momentum
    if name == "SGD" and momentum:
        return phrase("the rule of SGD with momentum {value}", value=shown(momentum))
    return phrase("the rule of {name}", name=name)


def epsilon(fitted: Fit) -> str:
    """Its epsilon, and where that stands."""
    value, place = shown(fitted.rule.epsilon), phrase(fitted.rule.place)
    return phrase("epsilon {value} {place}", value=value, place=place)


def clipping(fitted: Fit) -> str:
    """How it clips gradients."""
    rule = fitted.rule
    if not rule.clip:
        return phrase("gradients that are not clipped")
    limit = shown(rule.limit)
    words = {
        "norm": phrase("gradients clipped by each tensor's norm at {limit}", limit=limit),
        "global norm": phrase("gradients clipped by the norm of all at {limit}", limit=limit),
        "value": phrase("gradients clipped by value at {limit}", limit=limit),
    }
    return words[rule.clip]


def clips(rule: Rule) -> dict[str, str]:
    """What to write for a rule's clipping in each framework."""
    limit = shown(rule.limit)
    keras = {"norm": "clipnorm", "global norm": "global_clipnorm", "value": "clipvalue"}
    torch = {
        "norm": f"for p in parameters: nn.utils.clip_grad_norm_(p, {limit})",
        "global norm": f"nn.utils.clip_grad_norm_(parameters, {limit})",
        "value": f"nn.utils.clip_grad_value_(parameters, {limit})",
        "": phrase("the step without clip_grad_norm_ or clip_grad_value_"),
    }
    jax = {
        "norm": phrase(
            "a clip of each gradient's norm at {limit}, before the optimiser", limit=limit
        ),
        "global norm": f"optax.clip_by_global_norm({limit})",
        "value": f"optax.clip({limit})",
        "": phrase("the optimiser without optax.clip"),
    }
    none = phrase("the optimiser without clipnorm, global_clipnorm and clipvalue")
    return {
        "keras_clipping": f"{keras[rule.clip]}={limit}" if rule.clip else none,
        "torch_clipping": torch[rule.clip],
        "jax_clipping": jax[rule.clip],
    }


def decay(fitted: Fit) -> str:
    """How weights decay."""
    rule = fitted.rule
    if not rule.decay:
        return phrase("no weight decay")
    value = shown(rule.decay)
    beside = phrase("weight decay {value} beside the step", value=value)
    inside = phrase("weight decay {value} in the gradient", value=value)
    where = inside if rule.coupled else beside
    return chained(", ", [where, *[phrase("of kernels alone")] * rule.kernels_only])


def decays(rule: Rule) -> dict[str, str]:
    """What to write for a rule's decay in each framework."""
    told = {
        "decay": shown(rule.decay),
        "name": rule.family,
        "some": phrase(" of kernels alone") if rule.kernels_only else "",
    }
    if rule.coupled:
        return {
            "keras_decay": phrase(
                "keras.regularizers.L2({half}) on the weights, for weight_decay{some}",
                half=shown(rule.decay / 2),
                **told,
            ),
            "torch_decay": phrase(
                "torch.optim.{name}(weight_decay={decay}), coupled{some}", **told
            ),
            "jax_decay": phrase("optax.add_decayed_weights({decay}) before the rule{some}", **told),
        }
    adam = rule.family == "Adam"
    torch = phrase("p.mul_(1 - lr * {decay}) before the step, and no weight_decay{some}", **told)
    if adam:
        torch = phrase("torch.optim.AdamW(weight_decay={decay}), decoupled{some}", **told)
    return {
        "keras_decay": phrase(
            "keras.optimizers.{optimizer}(weight_decay={decay}), decoupled{some}",
            optimizer="AdamW" if adam else rule.family,
            **told,
        ),
        "torch_decay": torch,
        "jax_decay": phrase("optax.add_decayed_weights({decay}) behind the rule{some}", **told),
    }
