"""Optimisers that differ: a third witness in NumPy makes the step of each from its gradients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.twins.cause import Cause
from benchmarks.twins.causes.catalogue import ENTRIES
from benchmarks.twins.causes.comparing import Difference, differences, known, shifted
from benchmarks.twins.causes.constraints import Apart, apart
from benchmarks.twins.causes.declared import KERAS, constants, declared, spelled
from benchmarks.twins.causes.entry import rounded, shown
from benchmarks.twins.causes.fitting import Fit, constant, fit, fixed
from benchmarks.twins.causes.rules import Walk
from benchmarks.twins.causes.scene import Finder, Scene
from benchmarks.twins.causes.walks import walk
from benchmarks.twins.fused import whole
from benchmarks.twins.match import STATE
from benchmarks.twins.place import listed
from common.twins.rule import Rule
from common.twins.user_file import function_of

WORDS = {  # of a group's first field
    "rho": "rho {rho}",
    "beta_1": "betas {beta_1} and {beta_2}",
    "momentum": "momentum {momentum}",
    "corrected": "correction of the bias {corrected}",
    "centered": "centered={centered}",
    "amsgrad": "amsgrad={amsgrad}",
    "initial": "an initial sum of squares of {initial}",
}


def _find(scene: Scene) -> Iterator[Cause]:
    if not scene.given or not _steps_part(scene):
        return
    walks = [walk(scene, number) for number in (0, 1)]
    if walks[0] is None or walks[1] is None:
        return
    names = scene.judgement.frameworks
    declarations = [
        declared(side.ask64("optimizer_settings"), side.framework) for side in scene.sides
    ]
    one = known(walks[0], declarations[0])
    if one is None:
        yield from _apart(scene, walks[0], walks[1], declarations)
        return
    apart_in_rule = differences(one, walks[1], declarations[1], declarations[0])
    for difference in sorted(apart_in_rule, key=lambda difference: -difference.before):
        yield _cause(difference, names)
    if not apart_in_rule:
        yield from _apart(scene, walks[0], walks[1], declarations)


def _steps_part(scene: Scene) -> bool:
    """Whether weights differ after a step and their gradients do not, or optimisers are a pair."""
    broken = [r for r in scene.judgement.rungs if r.broken]
    stepped = any(
        r.rung.startswith("step") and r.tensor.rpartition("/")[2] not in (*STATE, "loss")
        for r in broken
    )
    if not stepped or not any(r.rung == "gradients" for r in broken):
        return stepped
    names = scene.judgement.frameworks
    return all(function_of(scene.file.path, "OPTIMIZER", name) for name in names)


def _cause(difference: Difference, names: Sequence[str]) -> Cause:
    """The difference in words, and what makes the second's optimiser the first's."""
    one, other = difference.one, difference.other
    entry, phrase, settings = _described(difference, names[1])
    words = [phrase(one), phrase(other)]
    return Cause(
        entry,
        ("optimizer",),
        f"{other.rule.family if entry != 'optimizer_kind' else 'the optimiser'} has {words[0]} in "
        f"{names[0]} and {words[1]} in {names[1]}",
        ENTRIES[entry].line(names[1], settings),
        difference.sure,
        f"with {words[1]} in {names[0]}'s rule",
        difference.before,
        difference.after,
    )


def _described(difference: Difference, framework: str) -> tuple[str, Any, Mapping[str, Any]]:
    """The entry, words on either rule, and the settings of the line to write."""
    names, one = difference.fields, difference.one
    rule = one.rule
    apart = rule.family == "Adam" and rule.decay and not rule.coupled
    settings: dict[str, Any] = {"optimizer": spelled("AdamW" if apart else rule.family, framework)}
    if names == ("family",):
        return "optimizer_kind", lambda f: f"the rule of {_named(f.rule)}", settings
    if names == ("rates",):
        return _rates(difference, settings)
    if "epsilon" in names or "place" in names:
        settings["epsilon"] = rule.epsilon
        if "place" not in names:
            return "optimizer_epsilon", lambda f: f"epsilon {shown(f.rule.epsilon)}", settings
        place = "epsilon_place"
        settings["place"] = rule.place
        settings["keras_place"] = KERAS.get(rule.family, rule.place)
        return place, lambda f: f"epsilon {shown(f.rule.epsilon)} {f.rule.place}", settings
    if "clip" in names or "limit" in names:
        return "clipping", _clipping, {**settings, **_clips(rule)}
    if "decay" in names:
        settings["constants"] = constants(rule, ["decay"], framework)
        return "optimizer_constants", _decay, settings
    if "coupled" in names or "kernels_only" in names:
        return "decay_coupled", _decay, _decays(rule)
    if names == ("corrected",):
        return "bias_correction", _words("corrected"), settings
    if names == ("rate_in_buffer",):
        return "momentum_buffer", _buffer, settings
    if {"nesterov", "dampening"} & set(names):
        names = ("momentum", *names)
    settings["constants"] = constants(rule, dict.fromkeys(names), framework)
    return "optimizer_constants", _words(names[0]), settings


def _words(name: str) -> Any:
    group = {"beta_2": "beta_1", "nesterov": "momentum", "dampening": "momentum"}

    def phrase(fitted: Fit) -> str:
        rule = fitted.rule
        values = {key: shown(value) for key, value in vars(rule).items()}
        values["corrected"] = "on" if rule.corrected else "off"
        text = WORDS[group.get(name, name)].format(**values)
        if "momentum" in text and rule.nesterov:
            text += ", Nesterov's"
        if "momentum" in text and rule.dampening:
            text += f", dampened by {shown(rule.dampening)}"
        return text

    return phrase


def _buffer(fitted: Fit) -> str:
    return f"a buffer of {'steps' if fitted.rule.rate_in_buffer else 'gradients'} under a schedule"


def _named(rule: Rule) -> str:
    if rule.family == "SGD" and rule.momentum:
        return f"SGD with momentum {shown(rule.momentum)}"
    return rule.family


def _rates(difference: Difference, settings: Mapping[str, Any]) -> tuple[str, Any, dict[str, Any]]:
    def phrase(fitted: Fit) -> str:
        values = [shown(rounded(rate, 4)) for rate in fitted.rates]
        same = len(set(values)) == 1
        return f"the learning rate {values[0]}" if same else f"the rates {', '.join(values[:3])}"

    off = shifted(difference.one, difference.other)
    entry = "schedule_off_by_one" if off else "learning_rate"
    first = rounded(difference.one.rates[0], 4)
    return entry, phrase, {**settings, "learning_rate": first}


def _clipping(fitted: Fit) -> str:
    rule = fitted.rule
    if not rule.clip:
        return "gradients that are not clipped"
    kind = {"norm": "each tensor's norm", "global norm": "the norm of all", "value": "value"}
    return f"gradients clipped by {kind[rule.clip]} at {shown(rule.limit)}"


def _clips(rule: Rule) -> dict[str, str]:
    """What to write for a rule's clipping in each framework."""
    limit = shown(rule.limit)
    keras = {"norm": "clipnorm", "global norm": "global_clipnorm", "value": "clipvalue"}
    torch = {
        "norm": f"for p in parameters: nn.utils.clip_grad_norm_(p, {limit})",
        "global norm": f"nn.utils.clip_grad_norm_(parameters, {limit})",
        "value": f"nn.utils.clip_grad_value_(parameters, {limit})",
        "": "the step without clip_grad_norm_ or clip_grad_value_",
    }
    jax = {
        "norm": f"a clip of each gradient's norm at {limit}, before the optimiser",
        "global norm": f"optax.clip_by_global_norm({limit})",
        "value": f"optax.clip({limit})",
        "": "the optimiser without optax.clip",
    }
    none = "the optimiser without clipnorm, global_clipnorm and clipvalue"
    return {
        "keras_clipping": f"{keras[rule.clip]}={limit}" if rule.clip else none,
        "torch_clipping": torch[rule.clip],
        "jax_clipping": jax[rule.clip],
    }


def _decay(fitted: Fit) -> str:
    rule = fitted.rule
    if not rule.decay:
        return "no weight decay"
    where = "in the gradient" if rule.coupled else "beside the step"
    which = ", of kernels alone" if rule.kernels_only else ""
    return f"weight decay {shown(rule.decay)} {where}{which}"


def _decays(rule: Rule) -> dict[str, str]:
    """What to write for a rule's decay in each framework."""
    decay, name = shown(rule.decay), rule.family
    some = " of kernels alone" if rule.kernels_only else ""
    if rule.coupled:
        half = shown(rule.decay / 2)
        return {
            "keras_decay": f"keras.regularizers.L2({half}) on the weights, for weight_decay{some}",
            "torch_decay": f"torch.optim.{name}(weight_decay={decay}), coupled{some}",
            "jax_decay": f"optax.add_decayed_weights({decay}) before the rule{some}",
        }
    decoupled = "AdamW" if name == "Adam" else name
    return {
        "keras_decay": f"keras.optimizers.{decoupled}(weight_decay={decay}), decoupled{some}",
        "torch_decay": f"torch.optim.AdamW(weight_decay={decay}), decoupled{some}"
        if name == "Adam"
        else f"p.mul_(1 - lr * {decay}) before the step, and no weight_decay{some}",
        "jax_decay": f"optax.add_decayed_weights({decay}) behind the rule{some}",
    }


def _apart(scene: Scene, one: Walk, other: Walk, declarations: Sequence[Any]) -> Iterator[Cause]:
    """Tensors of one model that its own rule moves otherwise than the rest."""
    pairs = {
        f"{whole(pair.one.name)}/{link.one}": f"{whole(pair.other.name)}/{link.other}"
        for pair in scene.models.matching.pairs
        for link in pair.links
    }
    tensors: list[dict[str, Apart]] = []
    for walked, rule in ((one, declarations[0]), (other, declarations[1])):
        start, rate = rule or (Rule("RMSprop", place="inside the root"), None)
        rated = fixed([rate] * len(walked.total)) if rate else constant
        tensors.append({a.tensor: a for a in apart(walked, fit(start, walked, rated))})
    alike: dict[tuple[int, str, float], list[tuple[str, Apart]]] = {}
    for mine, theirs in pairs.items():
        first, second = tensors[0].get(mine), tensors[1].get(theirs)
        if bool(first) != bool(second):
            treatment: Any = first or second
            key = (int(first is None), treatment.what, rounded(treatment.value, 4))
            alike.setdefault(key, []).append((mine, treatment))
    for (number, _, _), several in alike.items():
        yield _left(scene.judgement.frameworks, number, several)


def _left(names: Sequence[str], number: int, several: Sequence[tuple[str, Apart]]) -> Cause:
    """Tensors, by the first model's names, that model 0 or 1 alone treats so."""
    tensors = listed(tensor for tensor, _ in several)
    layers = list(dict.fromkeys(tensor.rpartition("/")[0] for tensor, _ in several))
    what, value = several[0][1].what, several[0][1].value
    settings = {"limit": value, "layer": listed(layers)}
    if what == "max_norm":
        entry, phrase = "max_norm", f"has its norms cut at {shown(value)} after each step"
        undo = f"{listed(layers)} without the constraint"
    elif what == "still":
        entry, phrase = "not_in_optimizer", "has a gradient and is moved by no step"
        undo = ENTRIES[entry].line(names[1], settings)
    else:
        entry, phrase = "learning_rate", f"takes {value:.4g} times the step of the others"
        undo = f"one learning rate for {listed(layers)} and the rest"
    same = f"{listed(layers)} with {value:.4g} times the learning rate, or out of the optimiser"
    do = ENTRIES[entry].line(names[1], settings) if entry == "max_norm" else same
    return Cause(
        entry,
        ("optimizer", *layers),
        f"{tensors} {phrase} in {names[number]}, and not in {names[1 - number]}",
        undo if number else do,
        True,
        f"with that in {names[1 - number]}'s step too",
        max(treatment.before for _, treatment in several),
        max(treatment.after for _, treatment in several),
    )


FINDER = Finder(
    (
        "optimizer_kind",
        "learning_rate",
        "schedule_off_by_one",
        "optimizer_constants",
        "momentum_buffer",
        "optimizer_epsilon",
        "epsilon_place",
        "bias_correction",
        "decay_coupled",
        "clipping",
        "max_norm",
        "not_in_optimizer",
    ),
    _find,
)
