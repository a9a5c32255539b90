"""Causes of training: each is planted in NumPy and found; what merely looks different is not."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.twins.causes import (
    gradients,
    losses,
    optimizers,
    penalties,
    preprocessing,
    running,
)
from benchmarks.twins.causes.asked import Asked, _chosen
from benchmarks.twins.causes.catalogue import ENTRIES
from benchmarks.twins.causes.comparing import differences, known
from benchmarks.twins.causes.constraints import apart
from benchmarks.twins.causes.declared import constants, declared
from benchmarks.twins.causes.fitting import Fit, fit, fixed
from benchmarks.twins.causes.losses import explained
from benchmarks.twins.causes.objectives import (
    BINARY,
    CATEGORICAL,
    LOGITS,
    PROBABILITIES,
    TWICE,
    Draw,
    Objective,
    loss,
)
from benchmarks.twins.causes.optimizers import _cause
from benchmarks.twins.causes.penalties import Penalty, penalties_of, penalty_of
from benchmarks.twins.causes.preprocessing import explained as preprocessed
from benchmarks.twins.causes.resizing import RESIZES, Resize, resized
from benchmarks.twins.causes.rules import moves, walk_of
from benchmarks.twins.prepared import Prepared, judged
from common.twins.raw import preprocessed as made_of
from common.twins.rule import BEFORE, BESIDE, INSIDE, Rule

NAMES = ("keras", "torch")
SHAPES = {"h/kernel": (6, 5), "h/bias": (5,), "out/kernel": (5, 1), "out/bias": (1,)}
STEPS = 5


def walked(rule, rates, *, behind=lambda name, weight: weight, size=1.0, only=SHAPES):
    """A walk of a rule on gradients that change at every step, and a little with the weights."""
    rng = np.random.default_rng(0)
    weights = [{name: rng.normal(size=shape) for name, shape in SHAPES.items()}]
    slopes: list[dict] = []
    for number in range(len(rates)):
        noise = {name: size * rng.normal(size=shape) for name, shape in SHAPES.items()}
        slopes.append({n: noise[n] + 0.1 * size * np.tanh(weights[-1][n]) for n in SHAPES})
        walk = walk_of([*weights, weights[-1]], slopes, 1000)
        step = moves(rule, walk, rates[: number + 1])[-1]
        after = {}
        for i, name in enumerate(walk.names):
            moved = weights[-1][name] + step[walk.part(i)].reshape(SHAPES[name])
            after[name] = behind(name, moved) if name in only else weights[-1][name]
        weights.append(after)
    return walk_of(weights, slopes, 1000)


def compared(one, other, rates=(1e-2,) * STEPS, other_rates=None, both=(None, None), size=1.0):
    """The fields of each difference that is found between two rules, and whether it is sure."""
    first = known(walked(one, rates, size=size), both[0])
    found = differences(first, walked(other, other_rates or rates, size=size), *both[::-1])
    return {d.fields: d.sure for d in found}


ADAM = Rule("Adam", epsilon=1e-8)
KERAS_ADAM = Rule("Adam", place=BEFORE)
RMSPROP = Rule("RMSprop", place=INSIDE)
PLANTED = {
    "epsilon": (ADAM, replace(ADAM, epsilon=0.1), ("epsilon",)),
    "place": (replace(KERAS_ADAM, epsilon=0.01), replace(ADAM, epsilon=0.01), ("place",)),
    "inside": (replace(RMSPROP, epsilon=0.01), Rule("RMSprop", epsilon=0.01), ("place",)),
    "rho": (RMSPROP, replace(RMSPROP, rho=0.97), ("rho",)),
    "centered": (RMSPROP, replace(RMSPROP, centered=True), ("centered",)),
    "beta_1": (ADAM, replace(ADAM, beta_1=0.85), ("beta_1",)),
    "beta_2": (ADAM, replace(ADAM, beta_2=0.98), ("beta_2",)),
    "correction": (ADAM, replace(ADAM, corrected=False), ("corrected",)),
    "coupled": (replace(ADAM, decay=0.1), replace(ADAM, decay=0.1, coupled=True), ("coupled",)),
    "decay": (ADAM, replace(ADAM, decay=0.05), ("decay",)),
    "of kernels": (
        replace(ADAM, decay=0.1),
        replace(ADAM, decay=0.1, kernels_only=True),
        ("kernels_only",),
    ),
    "momentum": (Rule(), Rule(momentum=0.8), ("momentum",)),
    "nesterov": (Rule(momentum=0.9), Rule(momentum=0.9, nesterov=True), ("nesterov",)),
    "amsgrad": (ADAM, replace(ADAM, amsgrad=True), ("amsgrad",)),
    "family": (RMSPROP, ADAM, ("family",)),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_change_of_the_rule_is_found_and_nothing_else(name):
    one, other, fields = PLANTED[name]
    assert compared(one, other) == {fields: True}


def test_a_change_that_another_would_do_for_is_not_sure():
    """Inside the root, what Adagrad's sum begins with and epsilon are one number."""
    one, other = (Rule("Adagrad", initial=x, place=INSIDE) for x in (0.1, 0.7))
    assert list(compared(one, other).values()) == [False]


@pytest.mark.parametrize("kind", ["value", "norm", "global norm"])
def test_the_kind_of_clipping_is_told(kind):
    told = (Rule(clip="norm", limit=1.5), 1e-2)
    other = Rule(clip=kind, limit=1.5)
    found = compared(told[0], other, both=(told, None))
    assert found == ({} if kind == "norm" else {("clip",): True})
    plain = (Rule(), 1e-2)
    assert compared(Rule(), other, both=(plain, plain)) == {("clip", "limit"): True}


def test_rates_and_schedules_are_told_from_the_rule():
    falling, constant = tuple(0.1 * 0.5**i for i in range(STEPS + 1)), (1e-2,) * STEPS
    assert compared(ADAM, ADAM, constant, (3e-3,) * STEPS) == {("rates",): True}
    (found,) = differences(
        known(walked(Rule(), falling[:-1]), None), walked(Rule(), falling[1:]), None
    )
    cause = _cause(found, NAMES)
    assert cause.entry == "schedule_off_by_one" and cause.proved and cause.after < 1e-9
    (found,) = differences(
        known(walked(Rule(), constant), None), walked(Rule(), falling[:-1]), None
    )
    assert _cause(found, NAMES).entry == "learning_rate"


def test_under_a_schedule_a_buffer_of_steps_is_not_one_of_gradients():
    falling = tuple(0.1 * 0.5**i for i in range(STEPS))
    keras = Rule(momentum=0.9, rate_in_buffer=True)
    torch = Rule(momentum=0.9, coupled=True)
    both = ((keras, None), (torch, 0.1))
    assert compared(keras, torch, falling, both=both) == {("rate_in_buffer",): True}


def test_what_an_optimiser_denies_and_a_schedule_that_is_guessed_are_not_sure():
    """Dampened momentum makes steps of other rates; of a rule of its own, other constants do."""
    constant, guessed = (1e-2,) * STEPS, (1e-2, *[5e-3] * (STEPS - 1))
    rule = Rule(momentum=0.9, rate_in_buffer=True)
    told = (rule, 1e-2)
    assert compared(rule, rule, constant, guessed, both=(told, told)) == {("rates",): False}
    assert compared(rule, rule, constant, guessed, both=(told, (rule, None))) == {("rates",): True}
    dampened = replace(rule, rate_in_buffer=False, dampening=0.5)
    both = (told, (dampened, 1e-2))
    assert compared(rule, dampened, both=both) == {("dampening",): True}
    other = replace(rule, momentum=0.5)
    assert compared(rule, other, both=(told, told)) == {("momentum",): False}


SAME = {
    "an epsilon too small to be felt": (KERAS_ADAM, ADAM),
    "decay of plain descent": (Rule(decay=0.1), Rule(decay=0.1, coupled=True)),
    "a buffer of steps": (Rule(momentum=0.9), Rule(momentum=0.9, rate_in_buffer=True)),
    "a limit that is never reached": (Rule(), Rule(clip="global norm", limit=100.0)),
}


@pytest.mark.parametrize("name", SAME)
def test_rules_that_make_the_same_steps_do_not_differ(name):
    one, other = SAME[name]
    walk = walked(other, (1e-2,) * STEPS, size=1e4 if "epsilon" in name else 1.0)
    first = Fit(one, (1e-2,) * STEPS, np.zeros((STEPS, 4)))
    assert differences(first, walk, (other, 1e-2)) == []


def test_steps_that_no_rule_makes_have_no_cause():
    rng = np.random.default_rng(1)
    walk = walked(ADAM, (1e-2,) * STEPS, behind=lambda _, w: w + 1e-3 * rng.normal(size=w.shape))
    one = known(walked(ADAM, (1e-2,) * STEPS), None)
    assert known(walk, None) is None and differences(one, walk, (ADAM, 1e-2)) == []


def test_what_an_optimiser_says_is_believed_only_where_its_steps_agree():
    """RMSprop as both have it differs in three things, of which large gradients feel one."""
    torch = declared({"class": "RMSprop", "lr": 1e-2, "alpha": 0.99, "eps": 1e-8}, "torch")
    keras = declared(
        {"class": "RMSprop", "learning_rate": 1e-2, "rho": 0.9, "epsilon": 1e-7}, "keras"
    )
    assert torch == (Rule("RMSprop", rho=0.99, epsilon=1e-8, place=BESIDE, coupled=True), 1e-2)
    assert compared(keras[0], torch[0], both=(keras, torch), size=1e4) == {("rho",): True}
    lying = replace(torch[0], rho=0.8)
    assert compared(keras[0], lying, both=(keras, torch), size=1e4) == {("rho",): False}
    assert declared({"class": "Lion", "lr": 1e-2}, "torch") is None and declared({}, "jax") is None


def test_a_cause_says_what_to_write_in_the_second_framework():
    rates = (1e-3,) * STEPS
    one = known(walked(replace(KERAS_ADAM, epsilon=1e-3), rates), None)
    other = walked(replace(KERAS_ADAM, epsilon=0.1), rates)
    cause = _cause(differences(one, other, None)[0], NAMES)
    assert str(cause).startswith(
        "cause, proved: Adam has epsilon 1e-3 in keras and epsilon 0.1 in torch; with epsilon 0.1 "
        "in keras's rule the difference falls from "
    )
    assert cause.write == "torch.optim.Adam(eps=1e-3)"
    assert constants(ADAM, ["beta_2"], "torch") == "betas=(0.9, 0.999)"
    assert constants(RMSPROP, ["rho", "rate_in_buffer"], "torch") == "alpha=0.9"
    assert constants(ADAM, ["beta_1", "beta_2"], "jax") == "b1=0.9, b2=0.999"


def cut(limit):
    def behind(name, weight):
        if name != "h/kernel":
            return weight
        return weight * np.minimum(1, limit / np.linalg.norm(weight, axis=0, keepdims=True))

    return behind


@pytest.mark.parametrize("what", ["max_norm", "still", "rate"])
def test_a_tensor_that_is_treated_apart_is_named(what):
    rates = (1e-2,) * STEPS
    behind = cut(0.5) if what == "max_norm" else lambda _, weight: weight
    walk = walked(
        RMSPROP,
        rates,
        behind=behind,
        only=set(SHAPES) - ({"h/kernel"} if what == "still" else set()),
    )
    if what == "rate":
        part, weights = walk.part(walk.names.index("h/kernel")), walk.weights.copy()
        weights[:, part] = weights[:1, part] + 3 * (weights[:, part] - weights[:1, part])
        walk = walk._replace(weights=weights)
    (found,) = apart(walk, fit(RMSPROP, walk, fixed(rates)))
    assert (found.tensor, found.what) == ("h/kernel", what) and found.after < 1e-6 < found.before
    expected = {"max_norm": 0.5, "still": 0.0, "rate": 3.0}[what]
    assert found.value == pytest.approx(expected) and found.axes == (
        (0,) if expected == 0.5 else ()
    )


def test_no_tensor_is_apart_where_the_rule_moves_few():
    walk = walked(ADAM, (1e-2,) * STEPS)
    assert not list(apart(walk, fit(RMSPROP, walk, fixed((1e-2,) * STEPS))))


def test_every_finder_names_entries_of_the_catalogue():
    modules = (optimizers, losses, penalties, gradients, running, preprocessing)
    assert {name for module in modules for name in module.FINDER.entries} <= set(ENTRIES)


# losses


RNG = np.random.default_rng(0)
LOGIT, CLASS = RNG.normal(size=(8, 3)), RNG.integers(0, 3, 8)
TOKEN, WORD = RNG.normal(size=(8, 5, 3)), RNG.integers(0, 3, (8, 5))
VALUE, TARGET = RNG.normal(size=(8, 1)), 3 * RNG.normal(size=(8, 1))
SCORE, LABEL = RNG.normal(size=(8, 1)), RNG.integers(0, 2, (8, 1)).astype(float)
SHARE = np.exp(LOGIT) / np.exp(LOGIT).sum(axis=1, keepdims=True)
CROSS, SQUARE, SIGN = (
    Objective(CATEGORICAL, LOGITS),
    Objective("mean_squared_error"),
    Objective(BINARY, LOGITS),
)
WEIGHTED = replace(CROSS, weights=(1.0, 2.0, 0.5))
LOSSES = {
    "loss_reduction": (VALUE, TARGET, SQUARE, replace(SQUARE, reduction="sum")),
    "loss_reduction over time": (TOKEN, WORD, CROSS, replace(CROSS, reduction="rows")),
    "target_shape": (VALUE, TARGET, SQUARE, replace(SQUARE, every=True)),
    "label_smoothing": (LOGIT, CLASS, replace(CROSS, smoothing=0.1), CROSS),
    "logits_for_probabilities": (SHARE, CLASS, Objective(CATEGORICAL, PROBABILITIES), CROSS),
    "logits_for_probabilities twice": (SCORE, LABEL, SIGN, replace(SIGN, form=TWICE)),
    "class_weights": (LOGIT, CLASS, CROSS, WEIGHTED),
    "class_weights of positives": (SCORE, LABEL, SIGN, replace(SIGN, weights=(1.0, 3.0))),
    "class_weight_denominator": (LOGIT, CLASS, WEIGHTED, replace(WEIGHTED, by_weights=True)),
    "huber_delta": (VALUE, TARGET, Objective("huber"), Objective("huber", delta=0.7)),
    "loss_kind": (VALUE, TARGET, SQUARE, Objective("mean_absolute_error")),
    "loss_factor": (VALUE, TARGET, SQUARE, replace(SQUARE, factor=0.5)),
}


def asked(output, target, one, other):
    draws = [Draw(output[rows], target[of]) for rows, of in _chosen(len(output))]
    return Asked(draws, (np.array([*map(one, draws)]), np.array([*map(other, draws)])))


def of(objective):
    return lambda draw: loss(objective, draw)


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_written_otherwise_is_found_either_way_round(name):
    output, target, *objectives = LOSSES[name]
    for one, other in (objectives, objectives[::-1]):
        (cause,) = explained(asked(output, target, of(one), of(other)), NAMES)
        assert cause.entry == name.partition(" ")[0] and cause.proved, str(cause)
        assert cause.after < 1e-6 < cause.before


def test_two_changes_of_a_loss_are_both_found():
    one, other = replace(CROSS, smoothing=0.1), replace(CROSS, reduction="sum")
    causes = list(explained(asked(LOGIT, CLASS, of(one), of(other)), NAMES))
    assert [c.entry for c in causes] == ["loss_reduction", "label_smoothing"]


def powered(power, total=np.mean):
    return lambda draw: float(total(np.abs(draw.output - draw.target) ** power))


def test_a_loss_that_no_formula_gives_is_compared_by_a_factor_alone():
    seen = asked(VALUE, TARGET, powered(1.5), powered(1.5, np.sum))
    (cause,) = explained(seen, NAMES)
    assert cause.entry == "loss_reduction" and "times the number of rows" in cause.difference
    assert not list(explained(asked(VALUE, TARGET, powered(1.5), powered(1.6)), NAMES))
    assert not list(explained(asked(VALUE, TARGET, powered(1.5), powered(1.5)), NAMES))
    other = replace(CROSS, weights=(1.0, 1.0, 1.0))
    assert not list(explained(asked(LOGIT, CLASS, of(CROSS), of(other)), NAMES))


# penalties


def test_the_gradient_of_a_penalty_is_known_by_its_weight():
    weight = RNG.normal(size=(4, 3))
    assert penalty_of(0.02 * weight, weight) == [Penalty("L2", 0.01)]
    assert penalty_of(-0.3 * np.sign(weight), weight) == [Penalty("L1", -0.3)]
    both = penalty_of(0.02 * weight + 0.3 * np.sign(weight), weight)
    assert both == [Penalty("L2", 0.01), Penalty("L1", 0.3)]
    assert penalty_of(RNG.normal(size=(4, 3)), weight) == []
    assert penalty_of(np.ones(1), np.ones(1)) == []  # one number is a multiple of any other
    weights = {"kernel": weight, "bias": np.array([0.7])}
    slopes = {name: 0.02 * value for name, value in weights.items()}
    assert penalties_of(slopes, weights) == {k: [Penalty("L2", 0.01)] for k in weights}
    other = penalties_of(slopes | {"bias": np.array([0.5])}, weights)
    assert other == {"kernel": [Penalty("L2", 0.01)], "bias": []}


# gradients and running statistics, of models that are a few lines of NumPy


class Model:
    """y = b tanh(a x) by weights "a/kernel" and "b/kernel"; the way back to `a` is `back` times."""

    framework = "numpy"

    def __init__(self, back=1.0):
        self.back = back
        self.first = {"a/kernel": np.array([[0.3, -0.7]]), "b/kernel": np.array([[1.1], [0.4]])}
        self.values = dict(self.first)

    def ask64(self, method, *args):
        return getattr(self, f"_{method}")(*args)

    def _values(self):
        return dict(self.values)

    def _assign(self, values):
        self.values |= values

    def _gradients(self, rows, targets):
        a, b = self.values["a/kernel"], self.values["b/kernel"]
        hidden = np.tanh(rows[0] @ a)
        error = hidden @ b - targets[0]
        behind = 2 * error @ b.T * (1 - hidden**2) / error.size
        return {
            "loss": np.mean(error**2),
            "weight/a/kernel": self.back * rows[0].T @ behind,
            "weight/b/kernel": 2 * hidden.T @ error / error.size,
        }


class Broken(SimpleNamespace):
    broken = True


def scene_of(models, rungs, pairs=()):
    rows, targets = [RNG.normal(size=(8, 1))], [RNG.normal(size=(8, 1))]
    traces = {}
    for n, model in enumerate(models):
        slopes = model.ask64("gradients", rows, targets)
        trace = {k.replace("weight/", "gradients/"): v for k, v in slopes.items()}
        traces[n, "float64"] = trace | {"loss/loss": slopes["loss"]}
    same = SimpleNamespace(
        to_other=dict, to_one=lambda values, prefix="": dict(values), pairs=pairs
    )
    return SimpleNamespace(
        judgement=SimpleNamespace(
            frameworks=NAMES, rungs=[Broken(rung=r, tensor=t) for r, t in rungs]
        ),
        models=SimpleNamespace(matching=same, other=()),
        sides=models,
        traces=traces,
        rows=rows,
        given=(targets, targets),
        outputs_part=False,
        reset=lambda n: models[n].values.update(models[n].first),
    )


@pytest.fixture
def unrenamed(monkeypatch):
    monkeypatch.setattr(gradients, "renamed", lambda trace, matching: trace)


@pytest.mark.parametrize(
    "backs, entry, where",
    [
        ((1, 0), "detached", "torch"),
        ((0, 1), "detached", "keras"),
        ((1, -0.5), "own_gradient", "torch"),
    ],
)
def test_differences_of_the_loss_say_whose_way_back_is_wrong(unrenamed, backs, entry, where):
    models = [Model(back) for back in backs]
    scene = scene_of(models, [("gradients", "a/kernel")])
    (cause,) = gradients.FINDER.find(scene)
    assert cause.entry == entry and cause.proved and cause.after < 1e-4 < cause.before
    assert f"in {where}: it is not the slope" in cause.difference and cause.places == ("a",)
    assert all(
        np.array_equal(model.values[k], v) for model in models for k, v in model.first.items()
    )


def test_two_ways_back_that_are_both_wrong_have_no_cause(unrenamed):
    scene = scene_of([Model(0.5), Model(2.0)], [("gradients", "a/kernel")])
    assert not list(gradients.FINDER.find(scene))


class Normalised:
    """A batch normalisation in training, of whose variance `correction` is taken off n."""

    framework = "numpy"

    def __init__(self, share, correction=0):
        self.share, self.correction = share, correction
        self.first = {
            "bn/moving_mean": np.array([0.2, 0.5]),
            "bn/moving_variance": np.array([1.0, 2]),
        }
        self.values = dict(self.first)

    def ask64(self, method, *args):
        if method == "values":
            return dict(self.values)
        if method == "assign":
            return self.values.update(args[0])
        x = args[0][0] * [1.0, -2.0]
        batch = x.mean(axis=0), x.var(axis=0, ddof=self.correction)
        for (name, old), new in zip(list(self.values.items()), batch, strict=True):
            self.values[name] = self.share * old + (1 - self.share) * new
        return {"loss": np.array(1.0), **self.values}


@pytest.mark.parametrize(
    "one, other, entries",
    [
        ((0.99,), (0.9,), ["momentum"]),
        ((0.99,), (0.01,), ["momentum"]),
        ((0.9, 0), (0.9, 1), ["biased_variance"]),
        ((0.9, 1), (0.9, 0), ["biased_variance"]),
        ((1.0,), (0.9,), ["momentum"]),
        ((0.9,), (0.9,), []),
    ],
)
def test_the_share_that_is_kept_is_solved_for(one, other, entries):
    weights = {"moving_mean": (2,), "moving_variance": (2,)}
    unit = SimpleNamespace(name="bn", layer="bn", weights=weights)
    links = [SimpleNamespace(one=role, other=role) for role in weights]
    pair = SimpleNamespace(one=unit, other=unit, links=links, name="bn")
    rungs = [("step 1", "bn/moving_mean")]
    scene = scene_of([Normalised(*one), Normalised(*other)], rungs, [pair])
    causes = list(running.FINDER.find(scene))
    assert [cause.entry for cause in causes] == entries
    assert all(cause.proved and cause.after < 1e-9 for cause in causes)
    if entries == ["momentum"]:
        assert f"keeps {one[0]:g}" in causes[0].difference.replace("1.0", "1")


# preprocessing


IMAGES = list(np.random.default_rng(2).integers(0, 256, (3, 20, 24, 3), dtype=np.uint8))
MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


def prepared_by(one, other):
    rows = [[np.asarray(function(x.astype(float))) for x in IMAGES] for function in (one, other)]
    return list(preprocessed(Prepared(IMAGES, *rows), NAMES))


def to(size, *rule, **more):
    return lambda x: resized(x, size, Resize(*rule, **more)) / 255


def test_a_scale_and_an_order_of_colours_are_found_together_and_alone():
    (scale,) = prepared_by(lambda x: x / 127.5 - 1, lambda x: (x / 255 - MEAN) / DEVIATION)
    assert scale.entry == "preprocessing_scale" and scale.proved
    assert scale.write == "x / 127.5 - 1, with x in bytes" and "std of ImageNet" in scale.difference
    (order,) = prepared_by(lambda x: x / 255, lambda x: x[..., ::-1] / 255)
    assert order.entry == "preprocessing_channels" and order.proved
    causes = prepared_by(lambda x: x[..., ::-1] - [103.939, 116.779, 123.68], lambda x: x / 255)
    assert [c.entry for c in causes] == ["preprocessing_channels", "preprocessing_scale"]


@pytest.mark.parametrize("rule", RESIZES[1:], ids=str)
def test_the_rule_of_a_resize_is_found(rule):
    (cause,) = prepared_by(to((9, 7), "bilinear"), to((9, 7), *rule))
    assert cause.entry == "preprocessing_resize" and cause.proved
    assert str(rule) in cause.difference


def test_what_is_no_recipe_and_what_is_the_same_have_no_cause():
    assert prepared_by(lambda x: x / 255, lambda x: x * (1 / 255)) == []
    assert prepared_by(lambda x: x / 255, lambda x: (x / 255) ** 2.2) == []
    assert prepared_by(to((9, 7), "bilinear"), lambda x: x[4:13, 8:15] / 255) == []


FILE = """
def keras_preprocess(raw):
    return raw / 127.5 - 1

def torch_preprocess(raw):
    return {torch}
"""


class Prepares:
    """A side whose functions run here."""

    def __init__(self, framework):
        self.framework = framework

    def prepare(self, path, raw):
        return made_of(path, self.framework, raw)


def judged_file(tmp_path, torch, more="RAW = (4, 5, 3)"):
    path = tmp_path / f"raw{len(list(tmp_path.iterdir()))}.py"
    path.write_text(more + FILE.format(torch=torch))
    return judged(str(path), [Prepares("keras"), Prepares("torch")], 0)


def test_raw_rows_are_compared_whatever_the_order_of_axes(tmp_path):
    (rung,), faults = judged_file(tmp_path, "(raw.transpose(2, 0, 1)[None] - 127.5) / 127.5")
    assert not rung.broken and not faults
    (rung,), (fault,) = judged_file(tmp_path, "raw / 255")
    assert rung.broken and fault.places == ("preprocess",)
    (rung,), (fault,) = judged_file(tmp_path, "raw[1:] / 127.5 - 1")
    assert "not even in shape: (4, 5, 3) and (3, 5, 3)" in fault.sentence
    words = "import numpy as np\ndef raw(): return [np.arange(3), np.arange(2)]"
    (rung,), faults = judged_file(tmp_path, "raw / 127.5 - 1", words)
    assert rung.error == 0 and not faults


def test_a_file_without_raw_rows_or_without_a_pair_is_told_so_or_left_alone(tmp_path):
    with pytest.raises(ValueError, match="RAW is 'missing', expected the shape of one raw image"):
        judged_file(tmp_path, "raw", more="")
    with pytest.raises(ValueError, match="gives a str, expected an array of numbers"):
        judged_file(tmp_path, "'words'")
    path = tmp_path / "alone.py"
    path.write_text("def keras_preprocess(raw):\n    return raw\n")
    assert judged(str(path), [Prepares("keras"), Prepares("torch")], 0) == ([], [])
