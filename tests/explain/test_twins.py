"""The walk between two trainings of a user's: what differs, what is turned, where it ends."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import fields, replace
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.cli.main import main
from benchmarks.explain.twins.layers import of_dropout, of_layers
from benchmarks.explain.twins.losses import FORM, REDUCTION, loss_of, of_losses
from benchmarks.explain.twins.optimizers import (
    COUPLING,
    DECAY,
    EPSILON,
    RATE,
    RULE,
    Optimizer,
    of_optimizers,
)
from benchmarks.explain.twins.runs import TwinWalked, keep_draws
from benchmarks.explain.twins.sides import Sides, ask_sides
from benchmarks.explain.twins.starts import differs, of_starts
from benchmarks.explain.twins.switch import Found
from benchmarks.explain.twins.walk import EXCHANGED, ORDER, READ, found_of, twin_walk
from benchmarks.explain.walk import OWN, Explained, plan_walks
from benchmarks.explain.walk_table import sections
from benchmarks.harness.process import Child
from benchmarks.report.contents import contents, read_kinds
from benchmarks.twins.causes.objectives import CATEGORICAL, LOGITS, TWICE, Objective
from benchmarks.twins.causes.rules import moves, walk_of
from benchmarks.twins.match import match
from common.framework import frameworks
from common.regime import NATIVE
from common.twins.file import read_file
from common.twins.probe import Unit
from common.twins.problem import Twins, read_twins
from common.twins.rule import BEFORE, BESIDE, INSIDE, Rule
from common.twins.turned import Turned
from common.twins.turns import Loss, Turns
from tests.sample_records import made
from tests.twins.numpy_model import FILE, Process

NAMES = ("keras", "torch")
ADAM = Optimizer(Rule("Adam", epsilon=1e-7, place=BEFORE, decay=0.01), 1e-3)
TWINS = Twins(
    "twins:mine",
    "Twins of mine",
    features=4,
    outputs=3,
    hidden=(),
    loss="categorical_crossentropy",
    epochs=1,
    batch_size=32,
    learning_rate=1e-3,
    output_shapes=((3,),),
)


def norm(name, **settings):
    return Unit(name, "batch_norm", {"gamma": (4,), "beta": (4,)}, layer=name, settings=settings)


def paired(one, other):
    return match([one], [other], {}, {}).pairs


def turned(found, number=0, start=None):
    """What all switches together make of a model that has nothing of the other's."""
    turns = start or Turns()
    for switch in found.switches:
        turns = switch.turns[number](turns)
    return turns


def test_each_constant_of_an_optimiser_is_a_switch_and_all_together_are_the_other_rule():
    other = Optimizer(
        replace(ADAM.rule, epsilon=1e-8, place=BESIDE, coupled=True, beta_2=0.99), 3e-3
    )
    found = of_optimizers(NAMES, ADAM, other)
    assert [s.name for s in found.switches] == [EPSILON, "betas", COUPLING, RATE]
    assert found.switches[0].values == ("1e-07 before the correction", "1e-08 beside the root")
    assert "the same on both sides: Adam" in found.skipped[RULE]
    assert found.skipped[DECAY] == "the same on both sides: 0.01"  # its coupling is another
    for number, wanted in enumerate((other, ADAM)):
        turns = turned(found, number)
        assert (turns.rule, turns.rate) == wanted
    first = found.switches[0].turns[0](Turns())
    assert first.rule == replace(ADAM.rule, epsilon=1e-8, place=BESIDE) and first.rate == 1e-3


def test_another_rule_takes_its_constants_and_rate_along_and_a_decay_of_one_side_is_its_own_step():
    sgd = Optimizer(Rule("SGD", momentum=0.9), 0.1)
    found = of_optimizers(NAMES, sgd, ADAM)
    assert [s.name for s in found.switches] == [RULE, DECAY] and RATE not in found.skipped
    assert found.switches[0].turns[0](Turns()).rule == replace(ADAM.rule, decay=0.0)
    assert (turned(found).rule, turned(found).rate) == ADAM
    back = turned(found, 1)
    assert (back.rule.family, back.rule.momentum, back.rule.decay, back.rate) == (
        ("SGD", 0.9, 0.0, 0.1)
    )


def test_an_optimiser_that_is_not_known_is_not_tried_and_what_agrees_is_no_step():
    found = of_optimizers(NAMES, ADAM, None)
    assert (
        not found.switches
        and "not tried, it goes with the framework" in (found.skipped["optimiser"])
    )
    same = of_optimizers(NAMES, ADAM, ADAM)
    assert not same.switches and set(same.skipped) == {RULE, EPSILON, DECAY, RATE}
    schedule = replace(ADAM.rule, rate_in_buffer=True)  # is felt under a schedule alone
    assert not of_optimizers(NAMES, ADAM, ADAM._replace(rule=schedule)).switches


def test_settings_of_normalisations_are_turned_and_what_stands_in_the_graph_is_named():
    pairs = paired(norm("a", epsilon=1e-3, momentum=0.99), norm("b", epsilon=1e-5, momentum=0.9))
    found = of_layers(pairs, NAMES)
    assert [s.name for s in found.switches] == ["epsilon of batch_norm", "momentum of batch_norm"]
    assert turned(found).layers == (("a", "epsilon", 1e-5), ("a", "momentum", 0.9))
    assert turned(found, 1).layers == (("b", "epsilon", 1e-3), ("b", "momentum", 0.99))
    same = of_layers(paired(norm("a", epsilon=1e-3), norm("b", epsilon=1e-3)), NAMES)
    assert not same.switches and "the same" in same.skipped["epsilon of batch_norm"]
    weights = {"kernel": (2, 4)}
    acts = [Unit("d", "dense", weights, settings={"activation": a}) for a in ("relu", "tanh")]
    found = of_layers(paired(*acts), NAMES)
    assert not found.switches and "not tried" in found.skipped["activation of d"]


def test_dropout_is_exchanged_by_layer_or_switched_off_and_on_or_not_tried():
    rates = of_dropout(([("a", 0.5), ("b", 0.1)], [("x", 0.2), ("y", 0.1)]), NAMES)
    assert turned(rates).dropout == (("a", 0.5, 0.2),)
    assert turned(rates, 1).dropout == (("x", 0.2, 0.5),)
    one = of_dropout(([("a", 0.5)], []), NAMES)
    assert turned(one).without_dropout and one.switches[0].turns[1] is None
    both = of_dropout(([("a", 0.5)], [("x", 0.2), ("y", 0.1)]), NAMES)
    assert [s.turns[0] is None for s in both.switches] == [False, True]
    code = of_dropout(([("a", 0.5)], [("block: dropout", 0.2)]), NAMES)
    assert not code.switches and "block: dropout is a function" in code.skipped["dropout"]
    assert "the same" in of_dropout(([("a", 0.5)], [("x", 0.5)]), NAMES).skipped["dropout"]


def test_form_and_reduction_of_two_losses_are_two_switches():
    one = loss_of(Objective(CATEGORICAL, LOGITS), (3,))
    other = loss_of(Objective(CATEGORICAL, LOGITS, reduction="sum", smoothing=0.1), (3,))
    found = of_losses("functions", NAMES, [one, other])
    assert [s.name for s in found.switches] == [FORM, REDUCTION]
    assert turned(found).loss == other and turned(found, 1).loss == one
    assert found.switches[1].values == ("the mean", "the sum over rows")
    assert other.scaled(2.0, 32) == 64 and one.scaled(2.0, 32) == 2
    rows = loss_of(Objective("mean_squared_error", reduction="rows"), (4, 2))
    assert rows.scaled(1.0, 32) == 8  # each row has eight numbers, and the mean is over rows
    assert loss_of(Objective(CATEGORICAL, TWICE), (3,)) is None
    unknown = of_losses("functions", NAMES, [one, None])
    assert "LOSS of torch is no loss that is known" in unknown.skipped["loss"]
    assert "the same" in of_losses("huber", NAMES, [None, None]).skipped["loss"]


def draws(draw, first=0):
    seeds = range(first, first + 5)
    return [draw(np.random.default_rng(seed)).astype(np.float32) for seed in seeds]


def dense(draw, bias, first=0):
    kernels = draws(draw, first)
    return [{"d/kernel": kernel, "d/bias": np.full(8, bias, np.float32)} for kernel in kernels]


def uniform(limit):
    return lambda rng: rng.uniform(-limit, limit, (16, 8))


UNITS = [Unit("d", "dense", {"kernel": (16, 8), "bias": (8,)})]
MATCHING = match(UNITS, UNITS, {}, {})


def test_initial_values_that_are_drawn_alike_are_no_step_and_others_are():
    ones = dense(uniform(0.5), 0)
    found, alike = of_starts(MATCHING, (ones, dense(uniform(0.5), 0, first=9)), NAMES)
    assert not found.switches and alike == (("d/kernel", "d/bias"),) * 2
    found, alike = of_starts(MATCHING, (ones, dense(uniform(0.25), 0)), NAMES)
    (switch,) = found.switches
    assert switch.name == "initial values of dense" and alike == ((), ())
    assert switch.values == ("kernel sd 0.28", "kernel sd 0.14")
    turns = switch.turns[0](Turns())
    assert (turns.initial, turns.giver) == (("d/kernel", "d/bias"), "torch")
    found, _ = of_starts(MATCHING, (ones, dense(uniform(0.5), 0.1)), NAMES)
    assert found.switches[0].values == ("bias 0", "bias 0.1")


def test_a_lost_initialiser_is_seen_in_a_small_layer_by_its_spread_or_its_bias():
    glorot, own = (dense(uniform(limit), 0) for limit in (0.65, 0.41))
    few = [{"d/kernel": v["d/kernel"][:6], "d/bias": v["d/bias"]} for v in glorot]
    theirs = [{"d/kernel": v["d/kernel"][6:12], "d/bias": v["d/bias"]} for v in own]
    units = [Unit("d", "dense", {"kernel": (6, 8), "bias": (8,)})]
    matching = match(units, units, {}, {})
    (switch,) = of_starts(matching, (few, theirs), NAMES)[0].switches
    assert switch.values[0].startswith("kernel sd 0.3")
    biases = draws(lambda rng: rng.uniform(-0.4, 0.4, 8))
    biased = [v | {"d/bias": bias} for v, bias in zip(few, biases, strict=True)]
    (switch,) = of_starts(matching, (few, biased), NAMES)[0].switches
    assert switch.values[0] == "bias 0"


def test_a_draw_with_the_same_numbers_and_another_structure_is_another_draw():
    def orthogonal(rng):
        return np.linalg.qr(rng.normal(size=(64, 64)))[0]

    plain = draws(lambda rng: rng.normal(size=(64, 64)) / 8)
    ortho = draws(orthogonal)
    drawn = SimpleNamespace(one=plain, other=ortho)
    assert differs(drawn, 1e-3)
    other = draws(lambda rng: rng.normal(size=(64, 64)) / 8, first=9)
    assert not differs(SimpleNamespace(one=plain, other=other), 1e-3)


def sides(found=None, losses=(None, None)):
    return Sides(NAMES, MATCHING, found or Found([], {}), (ADAM, ADAM), losses, [])


def walked(found, *, back=False, losses=(None, None), alike=((), ()), order=()):
    both = sides(found, losses)
    every = found_of(both, Found([], {}))
    return twin_walk(TWINS, both, every, alike, back=back, order=order)


def test_a_walk_turns_a_switch_a_step_and_ends_where_the_other_side_is():
    other = ADAM._replace(rule=replace(ADAM.rule, coupled=True))
    found = of_optimizers(NAMES, ADAM, other)
    found.add(of_layers(paired(norm("a", epsilon=1e-3), norm("b", epsilon=1e-5)), NAMES))
    walk = walked(found)
    names = [step.switch for step in walk.steps]
    reading = READ.format("keras")
    middle = [reading, COUPLING, "epsilon of batch_norm", ORDER, EXCHANGED]
    assert names == [OWN, *middle, OWN]
    assert [walk.regimes[arm] for arm in (walk.arms[0], walk.arms[-1])] == [NATIVE, NATIVE]
    assert [walk.problems[arm] for arm in (walk.arms[0], walk.arms[-1])] == [TWINS, TWINS]
    before = walk.problems[walk.arms[5]].turns
    assert before == Turns(layers=(("a", "epsilon", 1e-5),), rule=other.rule, rate=1e-3)
    assert walk.problems[walk.arms[6]].turns == Turns()  # torch by itself, in the order of both
    orders = [walk.regimes[arm].order for arm in walk.arms]
    assert orders == [None, *["repeated"] * 4, *["reshuffled"] * 2, None]
    assert len({arm.regime for arm in walk.arms[1:-1]}) == 6 and all(s.paired for s in walk.steps)
    first = walked(found, order=["epsilon of batch_norm"])
    assert first.steps[1].switch == "epsilon of batch_norm"
    with pytest.raises(ValueError, match="no switch 'rho'"):
        walked(found, order=["rho"])


def test_what_the_start_cannot_be_given_is_turned_at_the_goal():
    found = of_dropout(([], [("drop", 0.5)]), NAMES)
    walk = walked(found)
    names = [step.switch for step in walk.steps]
    assert names == [OWN, ORDER, EXCHANGED, "dropout of torch", OWN]
    without = walk.problems[walk.arms[3]]
    assert walk.arms[3].framework == "torch" and without.turns.without_dropout
    back = walked(found, back=True)
    assert [s.switch for s in back.steps] == [OWN, "dropout of torch", ORDER, EXCHANGED, OWN]
    assert back.steps[1].new == "off"


def test_weights_that_both_draw_alike_are_shared_from_the_first_step_on():
    walk = walked(Found([], {}), alike=(("d/kernel",), ("e/kernel",)))
    assert walk.problems[walk.arms[1]].turns == Turns(initial=("d/kernel",), giver="torch")
    assert [step.paired for step in walk.steps] == [False, True, True, True]
    back = walked(Found([], {}), alike=(("d/kernel",), ("e/kernel",)), back=True)
    assert back.problems[back.arms[1]].turns == Turns(initial=("e/kernel",), giver="keras")


def test_one_loss_judges_all_arms_where_the_two_have_their_own():
    one = Loss("categorical_crossentropy", "probabilities")
    other = one._replace(form="logits", a_row=True)
    walk = walked(of_losses("functions", NAMES, [one, other]), losses=(one, other))
    judged = [walk.problems[arm].turns.judged for arm in walk.arms]
    assert {loss.form for loss in judged[:-2]} == {"probabilities"}
    assert judged[-1] == one._replace(form="logits")
    same = walked(Found([], {}), losses=(one, one._replace(form="logits")))
    assert all(same.problems[arm].turns.judged is None for arm in same.arms)


def test_the_table_names_the_steps_and_what_is_none(tmp_path):
    (tmp_path / "mine.py").write_text('LOSS, INPUT = "huber", (4,)\n')
    twins = replace(read_twins(tmp_path / "mine.py"), output_shapes=((3,),))
    found = of_layers(paired(norm("a", epsilon=1e-3), norm("b", epsilon=1e-5)), NAMES)
    both = sides(found)
    walk = twin_walk(twins, both, found_of(both, Found([], {})), ((), ()))
    turned_at = [step.switch for step in walk.steps].index("epsilon of batch_norm")

    def record(number, arm, seed):
        value = 0.5 + 0.1 * (number > turned_at) + 0.01 * seed
        where = {"problem": arm.problem, "framework": arm.framework, "regime": arm.regime}
        more = {"metrics": {"loss": value}, "process": "a", "steady_epoch_seconds": 1.0}
        return made(kind="explain", seed=seed, **where, **more)

    records = {
        arm: {seed: record(number, arm, seed) for seed in range(3)}
        for number, arm in enumerate(walk.arms)
    }
    (section,) = sections(Explained(twins, (walk,), records, {}))
    assert [len(row) for row in section.rows] == [len(section.headings)] * len(section.rows)
    table = {row[0]: row for row in section.rows}
    assert table["epsilon of batch_norm"][4] == "*+0.1000 [+0.1000, +0.1000]"
    assert table[ORDER][4] == "0 exactly"
    notes = " ".join(section.notes)
    assert "no step for last batch: the same on both sides: kept" in notes
    assert "the largest first: epsilon of batch_norm (+0.1000)" in notes
    assert "first seen at" not in notes


OPTIMIZERS = """

def steps(*_):
    return None


OPTIMIZER = {"keras": steps, "torch": steps}
"""


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """What is known of two models in NumPy, of which the second has a fault."""
    path = tmp_path / "mine.py"
    path.write_text(FILE + OPTIMIZERS)
    twins = replace(TWINS, path=str(path), sha256=read_file(path).sha256, output_shapes=((4,),))

    def ask(fault):
        children = {"keras": Process(("a", "b")), "torch": Process(("one", "two"), fault)}
        monkeypatch.setattr(
            "benchmarks.explain.twins.sides.Child", lambda name, **_: nullcontext(children[name])
        )
        return ask_sides(twins, NAMES, {}, ("auto", None))

    return ask


@pytest.mark.parametrize(("fault", "rate"), [("", "0.1"), ("rate", "0.2")])
def test_both_sides_are_asked_and_an_optimiser_is_read_by_its_steps(fault, rate, asked):
    seen = asked(fault)
    assert [pair.other.name for pair in seen.matching.pairs] == ["one", "two"]
    assert [o.rule.family for o in seen.optimizers] == ["SGD", "SGD"]
    assert f"{seen.optimizers[1].rate:g}" == rate
    assert [s.name for s in seen.found.switches] == ([RATE] if fault else [])
    assert "same on both sides: none" in seen.found.skipped["dropout"]


def test_models_that_cannot_be_held_against_the_same_targets_are_refused(asked):
    with pytest.raises(ValueError, match="the outputs of the two models have other shapes"):
        asked("shape")


def test_what_a_side_draws_reaches_the_model_that_is_given_it(tmp_path):
    ones = [{"d/kernel": np.full((16, 8), s), "d/bias": np.zeros(8)} for s in (1.0, 2.0)]
    others = [{name: 10 * value for name, value in of.items()} for of in ones]
    keep_draws(tmp_path, MATCHING, NAMES, [3, 4], (ones, others))
    exchanged = Turns(initial=("d/kernel",), giver="torch")
    known = {each.name: getattr(TWINS, each.name) for each in fields(TWINS)}
    problem = Turned(**known, exchanged=exchanged, folder=str(tmp_path))
    given = problem.initial("keras", 4)
    assert given.keys() == {"d/kernel"} and np.all(given["d/kernel"] == 20)
    assert Turned(**known).initial("keras", 4) == {} == TWINS.initial("keras", 4)


def test_runs_of_a_walk_have_keys_of_their_own_wherever_their_draws_lie():
    found = of_layers(paired(norm("a", epsilon=1e-3), norm("b", epsilon=1e-5)), NAMES)
    walk = walked(found)
    jobs = plan_walks(TWINS, [walk], range(2), content="sha256:1")
    keys = {TwinWalked.of(job, draws=draws).key for job in jobs for draws in ("/a", "/b")}
    assert len(keys) == len(jobs) == 2 * len(walk.arms)
    assert {job.problem.turns.layers for job in jobs} == {(), (("a", "epsilon", 1e-5),)}


RULED = [
    Rule("SGD", momentum=0.9, nesterov=True, dampening=0.0, decay=0.1, coupled=True),
    Rule("SGD", momentum=0.9, dampening=0.5, rate_in_buffer=True, clip="value", limit=0.5),
    Rule("RMSprop", centered=True, momentum=0.5, place=INSIDE, clip="norm", limit=0.5),
    Rule("Adam", amsgrad=True, decay=0.1, kernels_only=True, clip="global norm", limit=0.5),
    Rule("Adam", place=BEFORE, epsilon=1e-3, decay=0.1, coupled=True),
    Rule("Adagrad", initial=0.1, epsilon=1e-3),
]


@pytest.mark.parametrize("name", ["keras", "torch", "jax"])
def test_a_framework_steps_by_any_rule_as_numpy_does(name):
    if frameworks()[name].missing:
        pytest.skip(f"{name} is not installed")
    rng = np.random.default_rng(0)
    shapes = {"w": (4, 3), "b": (3,)}
    slopes = [{k: rng.normal(size=shape) for k, shape in shapes.items()} for _ in range(4)]
    with Child(name, threads=1) as child:
        for rule in RULED:
            weights = [{k: np.ones(shape) for k, shape in shapes.items()}]
            for number in range(1, 5):
                walked = walk_of([*weights, weights[-1]], slopes[:number], 100)
                flat = moves(rule, walked, [0.01] * number)[-1]
                parts = np.split(flat, walked.starts[1:])
                named = zip(walked.names, walked.shapes, parts, strict=True)
                steps = {k: part.reshape(shape) for k, shape, part in named}
                weights.append({k: weights[-1][k] + steps[k] for k in shapes})
            given = [[g[k].astype(np.float32) for k in shapes] for g in slopes]
            start = [np.ones(shape, np.float32) for shape in shapes.values()]
            ended = child.call(f"tests.explain.calls:in_{name}", rule, start, given)
            for value, wanted in zip(ended, weights[-1].values(), strict=True):
                assert np.allclose(value, wanted, rtol=1e-4, atol=1e-5), rule


PLANTED = """
import numpy as np

LOSS, INPUT, RULES = "mean_squared_error", (6,), {"epochs": 2}


def data():
    x = 4 * np.random.default_rng(0).normal(size=(400, 6))  # far from a variance of 1
    return x, np.tanh(x[:, 0])


def keras_model():
    import keras
    from keras import layers

    norm = layers.BatchNormalization()
    return keras.Sequential([keras.Input(INPUT), layers.Dense(8), norm, layers.Dense(1)])


def torch_model():
    from torch import nn

    model = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8, eps=1e-3), nn.Linear(8, 1))
    for module in (model[0], model[2]):
        nn.init.xavier_uniform_(module.weight)
        nn.init.zeros_(module.bias)
    return model


def keras_sgd():
    import keras

    return keras.optimizers.SGD(0.01)


def torch_sgd(parameters):
    import torch

    return torch.optim.SGD(parameters, 0.01)


OPTIMIZER = {"keras": keras_sgd, "torch": torch_sgd}
"""


@pytest.mark.long
@pytest.mark.skipif(any(frameworks()[n].missing for n in NAMES), reason="needs both frameworks")
@pytest.mark.timeout(900)
def test_a_planted_momentum_is_the_step_with_the_effect_and_what_has_run_stays(tmp_path, capsys):
    path = tmp_path / "planted.py"
    path.write_text(PLANTED)
    arguments = ["explain", "--twins", str(path), "--seeds", "3", "--threads", "1", "--json"]
    # PyTorch's runs are the shorter ones
    arguments += ["--results", str(tmp_path / "results"), "--from", "torch", "--to", "keras"]
    assert main(arguments) == 0
    captured = capsys.readouterr()
    ((walk,),) = [found["walks"] for found in json.loads(captured.out)["results"]]
    effects = {step["switch"]: abs(step["effect"]["mean"]) for step in walk["steps"][1:-1]}
    assert list(effects) == ["momentum of batch_norm", ORDER, EXCHANGED]
    assert max(effects, key=effects.get) == "momentum of batch_norm"
    # the two are one model from the same numbers, but for PyTorch's variance, of n - 1 values
    assert effects[EXCHANGED] < 0.1 * max(effects.values())
    for name in ("epsilon of batch_norm", "initial values of dense", RULE, "dropout", "loss"):
        assert "the same on both sides" in walk["no_step"][name]
    assert "; about " in captured.err and " s a run in keras" in captured.err
    assert main(arguments) == 0
    again = capsys.readouterr()
    assert json.loads(again.out)["results"][0]["walks"] == [walk]
    assert again.err.count("(was there)") == 3 * (len(walk["steps"]) + 1)


LOST = PLANTED.replace(
    PLANTED[PLANTED.index("    model = nn.Seq") : PLANTED.index("def keras_sgd")],
    """    norm = nn.BatchNorm1d(8, eps=1e-3, momentum=0.01)
    return nn.Sequential(nn.Linear(6, 8), norm, nn.Linear(8, 1))


""",
)


@pytest.mark.long
@pytest.mark.skipif(any(frameworks()[n].missing for n in NAMES), reason="needs both frameworks")
@pytest.mark.timeout(900)
def test_a_lost_initialiser_is_walked_to_its_end_and_reported(tmp_path, capsys):
    path, results = tmp_path / "lost.py", tmp_path / "results"
    path.write_text(LOST)
    arguments = ["explain", "--twins", str(path), "--seeds", "2", "--threads", "1", "--json"]
    assert main([*arguments, "--results", str(results)]) == 0
    ((walk,),) = [found["walks"] for found in json.loads(capsys.readouterr().out)["results"]]
    steps = [step["switch"] for step in walk["steps"]]
    assert steps == [OWN, "initial values of dense", ORDER, EXCHANGED, OWN]
    assert all(step["effect"] for step in walk["steps"])
    part, *_ = contents(read_kinds(results))
    (table,) = part.sections
    assert part.name == "explain-twins" and [row[0] for row in table.rows[1:-1]] == steps


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--from", "torch", "--to", "torch"], "got torch and torch; it has: keras, torch"),
        (["--time"], "those of no twins"),
        (["--into", "no/such/page.md"], "no/such/page.md is not there"),
        (["boston"], "--twins stands instead of a problem"),
    ],
)
def test_what_is_wrong_with_a_walk_is_said_before_anything_runs(arguments, said, tmp_path, capsys):
    path = tmp_path / "planted.py"
    path.write_text(PLANTED)
    words = ["explain", "--twins", str(path), *arguments, "--results", str(tmp_path / "results")]
    assert main(words) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "results").exists()
