"""Optimisers that differ: a third witness in NumPy makes the step of each from its gradients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.twins.cause import Cause, has_in_each
from benchmarks.twins.causes import rule_words
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
from benchmarks.twins.phrases import listed
from common.language import phrase
from common.twins.rule import Rule
from common.twins.user_file import function_of


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
    entry, words_of, settings = _described(difference, names[1])
    words = [words_of(one), words_of(other)]
    rule = other.rule.family if entry != "optimizer_kind" else phrase("the optimiser")
    return Cause(
        entry,
        ("optimizer",),
        has_in_each(rule, words, names),
        ENTRIES[entry].line(names[1], settings),
        difference.sure,
        phrase("with {value} in {name}'s rule", value=words[1], name=names[0]),
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
        return "optimizer_kind", rule_words.rule_of, settings
    if names == ("rates",):
        return _rates(difference, settings)
    if "epsilon" in names or "place" in names:
        settings["epsilon"] = rule.epsilon
        if "place" not in names:
            return "optimizer_epsilon", lambda f: f"epsilon {shown(f.rule.epsilon)}", settings
        settings["place"] = phrase(rule.place)
        settings["keras_place"] = phrase(KERAS.get(rule.family, rule.place))
        return "epsilon_place", rule_words.epsilon, settings
    if "clip" in names or "limit" in names:
        return "clipping", rule_words.clipping, {**settings, **rule_words.clips(rule)}
    if "decay" in names:
        settings["constants"] = constants(rule, ["decay"], framework)
        return "optimizer_constants", rule_words.decay, settings
    if "coupled" in names or "kernels_only" in names:
        return "decay_coupled", rule_words.decay, rule_words.decays(rule)
    if names == ("corrected",):
        return "bias_correction", rule_words.in_words("corrected"), settings
    if names == ("rate_in_buffer",):
        return "momentum_buffer", rule_words.buffer, settings
    if {"nesterov", "dampening"} & set(names):
        names = ("momentum", *names)
    settings["constants"] = constants(rule, dict.fromkeys(names), framework)
    return "optimizer_constants", rule_words.in_words(names[0]), settings


def _rates(difference: Difference, settings: Mapping[str, Any]) -> tuple[str, Any, dict[str, Any]]:
    def words(fitted: Fit) -> str:
        values = [shown(rounded(rate, 4)) for rate in fitted.rates]
        if len(set(values)) == 1:
            return phrase("the learning rate {value}", value=values[0])
        return phrase("the rates {values}", values=", ".join(values[:3]))

    off = shifted(difference.one, difference.other)
    entry = "schedule_off_by_one" if off else "learning_rate"
    first = rounded(difference.one.rates[0], 4)
    return entry, words, {**settings, "learning_rate": first}


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
    told = {
        "tensors": listed(tensor for tensor, _ in several),
        "one": names[number],
        "other": names[1 - number],
    }
    layers = list(dict.fromkeys(tensor.rpartition("/")[0] for tensor, _ in several))
    what, value = several[0][1].what, several[0][1].value
    settings = {"limit": value, "layer": listed(layers)}
    if what == "max_norm":
        entry = "max_norm"
        words = phrase(
            "{tensors} has its norms cut at {limit} after each step in {one}, and not in {other}",
            limit=shown(value),
            **told,
        )
        undo = phrase("{layers} without the constraint", layers=listed(layers))
    elif what == "still":
        entry = "not_in_optimizer"
        words = phrase(
            "{tensors} has a gradient and is moved by no step in {one}, and not in {other}", **told
        )
        undo = ENTRIES[entry].line(names[1], settings)
    else:
        entry = "learning_rate"
        words = phrase(
            "{tensors} takes {value:.4g} times the step of the others in {one}, and not in {other}",
            value=value,
            **told,
        )
        undo = phrase("one learning rate for {layers} and the rest", layers=listed(layers))
    same = phrase(
        "{layers} with {value:.4g} times the learning rate, or out of the optimiser",
        layers=listed(layers),
        value=value,
    )
    do = ENTRIES[entry].line(names[1], settings) if entry == "max_norm" else same
    return Cause(
        entry,
        ("optimizer", *layers),
        words,
        undo if number else do,
        True,
        phrase("with that in {name}'s step too", name=names[1 - number]),
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
