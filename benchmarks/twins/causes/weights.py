"""Finder: weights: a bias on one side, kernels turned, gates and layers exchanged, ties."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import numpy as np

from benchmarks.twins.cause import Cause, exchanged
from benchmarks.twins.causes.catalogue import ENTRIES
from benchmarks.twins.causes.gaps import outputs
from benchmarks.twins.causes.halves import code_of, layers
from benchmarks.twins.causes.scene import Finder, Scene
from benchmarks.twins.causes.trial import closes, fits
from benchmarks.twins.climb import Refused, aligned, distance
from benchmarks.twins.compare import same_outputs
from benchmarks.twins.flow import CLOSE, event_of
from benchmarks.twins.match import Link, Pair
from benchmarks.twins.phrases import listed
from common.language import phrase
from common.twins.probe import Unit, Values

Array = np.ndarray
GATED = {"lstm": 4, "gru": 3, "gru_v1": 3}
TRIALS = 30  # sets of weights that the second model is given
WITH_BIAS = ("dense", "conv1d", "conv2d", "conv3d", "depthwise_conv1d", "depthwise_conv2d")


def find(scene: Scene) -> Iterator[Cause]:
    """What differs in the weights themselves, tried by giving them to the second model."""
    if not scene.outputs_part:
        return
    yield from _biases(scene)
    wrong = _wrong_weights(scene)
    yield from wrong
    if not wrong:
        yield from _ties(scene)
        yield from _exchanged_layers(scene)


def _biases(scene: Scene) -> Iterator[Cause]:
    """A layer without the bias that the other model's has."""
    for layer in layers(scene, WITH_BIAS):
        one, other = layer.one, layer.other
        has = ["bias" in half.weights for half in (one, other)]
        if has[0] == has[1] or not layer.agree or one.y.shape != other.y.shape:
            continue
        bias = (one if has[0] else other).weights["bias"]
        mended = other.y + bias if has[0] else other.y - bias
        before, after = distance(other.y, one.y), distance(mended, one.y)
        if closes(before, after):
            with_it = phrase("with it in {name}", name=other.framework)
            without = phrase("without it in {name}", name=other.framework)
            told = scene.models.names if has[0] else scene.models.names[::-1]
            yield Cause(
                "bias_missing",
                layer.places,
                phrase(
                    "{layer} has a bias in {one} and none in {other}",
                    layer=layer.name,
                    one=told[0],
                    other=told[1],
                ),
                ENTRIES["bias_missing"].line(
                    other.framework, {"layer": code_of(other), "use_bias": has[0]}
                ),
                proved=True,
                trial=with_it if has[0] else without,
                before=before,
                after=after,
            )


def _wrong_weights(scene: Scene) -> list[Cause]:
    """Weights that both bring and that are not the same: what makes them so, all at once."""
    if scene.judgement.weights != "own":
        return []
    mended, parts = dict(scene.values[1]), []
    for pair in scene.models.matching.pairs:
        for link in pair.links:
            mine = link.to_other(scene.values[0][f"{pair.one.name}/{link.one}"])
            key = f"{pair.other.name}/{link.other}"
            theirs = scene.values[1][key]
            if fits(theirs, mine, 1e-5):
                continue
            turned = _turned(pair, link, mine, theirs)
            if turned:
                parts.append((turned, pair, link))
                mended[key] = mine
    gap = _tried(scene, mended) if parts else None
    order = phrase("{name}'s order", name=scene.models.names[0])
    trial = exchanged(order, scene.models.names[1])
    return [
        Cause(
            entry,
            (pair.name,),
            told,
            line,
            proved=closes(*gap) if gap else False,
            trial=trial if gap else "",
            before=gap[0] if gap else float("nan"),
            after=gap[1] if gap else float("nan"),
        )
        for (entry, told, line), pair, _ in parts
    ]


def _turned(pair: Pair, link: Link, mine: Array, theirs: Array) -> tuple[str, str, str] | None:
    """The entry, the words and the line for a weight that is the other one in another order."""
    name = phrase("{layer}'s {role}", layer=pair.name, role=link.one)
    entry = ENTRIES["transposed_kernel"]
    if mine.ndim > 1 and fits(theirs, np.swapaxes(mine, -1, -2), 1e-5):
        told = phrase("{weight} is transposed in one of the two", weight=name)
        return entry.name, told, phrase("the kernel transposed once")
    if mine.ndim > 2 and fits(theirs, np.swapaxes(mine, 0, 1), 1e-5):
        told = phrase("{weight} has its window transposed in one of the two", weight=name)
        return entry.name, told, ""
    count = GATED.get(pair.one.kind, 0)
    if count:
        gates = np.split(mine, count, axis=-1)
        for order in list(permutations(range(count)))[1:]:
            if fits(theirs, np.concatenate([gates[i] for i in order], axis=-1), 1e-5):
                told = phrase(
                    "{weight} has the gates in the order {order} of the other's",
                    weight=name,
                    order=order,
                )
                return "gate_order", told, phrase("the gates in the other framework's order")
        if link.one == "bias" and any(fits(theirs, f * mine, 1e-5) for f in (2.0, 0.5)):
            told = phrase("{weight} is twice the other's", weight=name)
            return "double_bias", told, phrase("one of two biases at zero")
    return None


def _ties(scene: Scene) -> Iterator[Cause]:
    """Layers of one model alone that are one of the other's once more, or its table transposed:
    tried with the weights of that one in all of them."""
    matching, trials = scene.models.matching, 0
    for number, alone in enumerate((matching.alone_one, matching.alone_other)):
        for pair in matching.pairs:
            owner = pair.other if number else pair.one
            again = {unit.name: _again(unit, owner, scene.values[number]) for unit in alone}
            again = {name: values for name, values in again.items() if values}
            values = {key: value for given in again.values() for key, value in given.items()}
            if not values or trials == TRIALS:
                continue
            trials += 1
            gap = _tried(scene, {**scene.values[number], **values}, number)
            if gap and closes(*gap):
                names = scene.models.names
                here, there = names[number], names[1 - number]
                told = {"layers": listed(again), "owner": owner.name, "one": here, "other": there}
                words = phrase(
                    "{layers} has weights of its own in {one}, and is {owner} in {other}", **told
                )
                if not any(u.name in again and u.weights == owner.weights for u in alone):
                    words = phrase(
                        "{layers} has weights of its own in {one}, and is {owner} transposed in "
                        "{other}",
                        **told,
                    )
                undo = phrase("{layers} with weights of its own", layers=listed(again))
                filling = {"first": owner.name, "second": next(iter(again))}
                line = ENTRIES["tied"].line(names[1], filling)
                yield Cause(
                    "tied",
                    (*again, owner.name),
                    words,
                    line if number else undo,
                    True,
                    phrase("with {owner}'s in {one}", **told),
                    *gap,
                )
                return


def _again(unit: Unit, owner: Unit, values: Values) -> Values:
    """The owner's weights under another unit's names; empty where they do not fit."""
    if unit.kind == owner.kind and unit.weights == owner.weights:
        return {f"{unit.name}/{role}": values[f"{owner.name}/{role}"] for role in unit.weights}
    shape = unit.weights.get("kernel", ())
    return {
        f"{unit.name}/kernel": values[f"{owner.name}/{role}"].T
        for role, wanted in owner.weights.items()
        if len(shape) == 2 and shape == wanted[::-1]
    }


def _exchanged_layers(scene: Scene) -> Iterator[Cause]:
    """Two layers of one shape: tried with the weights of the two exchanged."""
    pairs, trials = scene.models.matching.pairs, 0
    for i, one in enumerate(pairs):
        for two in pairs[i + 1 :]:
            if not (_alike(one, two) and trials < TRIALS and _meet(scene, one, two)):
                continue
            trials += 1
            values = dict(scene.values[1])
            for role in one.other.weights:
                a, b = f"{one.other.name}/{role}", f"{two.other.name}/{role}"
                if a in values and b in values:
                    values[a], values[b] = values[b], values[a]
            gap = _tried(scene, values)
            if gap and closes(*gap):
                names = scene.models.names
                filling = {"first": two.other.name, "second": one.other.name}
                yield Cause(
                    "layers_exchanged",
                    (one.name, two.name),
                    phrase(
                        "{one} and {two} stand in each other's place in one of the two",
                        one=one.name,
                        two=two.name,
                    ),
                    ENTRIES["layers_exchanged"].line(names[1], filling),
                    True,
                    phrase("with their weights exchanged in {name}", name=names[1]),
                    *gap,
                )
                return


def _meet(scene: Scene, one: Pair, two: Pair) -> bool:
    """Whether the second model's first layer is given what the first model's is and gives another
    output, or its second layer is given that. A layer that is not shown may be any."""
    mine = event_of(scene.models.one, one.one)
    own, partner = (event_of(scene.models.other, pair.other) for pair in (one, two))
    if not all(event and event.inputs and event.outputs for event in (mine, own, partner)):
        return True
    assert mine is not None and own is not None and partner is not None
    if fits(own.inputs[0], mine.inputs[0], CLOSE):
        return not fits(own.outputs[0], mine.outputs[0], CLOSE)
    return fits(partner.inputs[0], mine.inputs[0], CLOSE)


def _alike(one: Pair, two: Pair) -> bool:
    return one.other.kind == two.other.kind and one.other.weights == two.other.weights


def _tried(scene: Scene, values: Values, number: int = 1) -> tuple[float, float] | None:
    """The gap of the outputs before, and with other weights in model `number`; None where it
    cannot be given any."""
    seen = outputs(scene)
    side = scene.sides[number]
    try:
        side.ask64("assign", scene.assignable(values, number))
        theirs = side.ask64("outputs", scene.parted_rows)
    except (Refused, RuntimeError):
        return None
    finally:
        scene.reset(number)
    prefix = f"{scene.parted}/"
    mine = {
        key.removeprefix(prefix): value
        for key, value in scene.traces[1 - number, "float64"].items()
        if key.startswith(prefix)
    }
    names = same_outputs(list(mine), list(theirs))
    after = max((distance(aligned(mine[a], theirs[b]), mine[a]) for a, b in names.items()))
    before = max((distance(other, one) for one, other in seen), default=np.inf)
    return min(before, 1.0), after


FINDER = Finder(
    ("bias_missing", "transposed_kernel", "gate_order", "double_bias", "tied", "layers_exchanged"),
    find,
)
