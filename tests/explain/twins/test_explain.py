"""`explain --twins` from outside: a planted difference is found, a wrong question is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.cli.main import main
from benchmarks.cli.parser import make_parser
from benchmarks.explain.twins import explain
from benchmarks.explain.twins.optimizers import RULE
from benchmarks.explain.twins.runs import draw_path
from benchmarks.explain.twins.walk import EXCHANGED, ORDER
from benchmarks.explain.walk import OWN
from benchmarks.report.contents import contents, read_kinds
from common.framework import frameworks
from tests.explain.twins.samples import NAMES, TWINS, dense, sides, uniform

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


class NoProcesses:
    """A dry run needs none beside those that build the two models."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def call(self, target, *_):
        raise AssertionError(target)


@pytest.fixture
def dry_run(tmp_path, monkeypatch):
    """What `--dry-run` plans of two models that draw unlike initial values."""
    monkeypatch.setattr(explain, "Processes", NoProcesses)
    monkeypatch.setattr(explain, "requested", lambda args: TWINS)
    monkeypatch.setattr(explain, "ask_sides", lambda *_: sides())
    monkeypatch.setattr(explain.requests, "data", lambda *_: SimpleNamespace(again=0, digest="x"))
    words = ["explain", "--twins", "mine.py", "--dry-run", "--seeds", "2"]
    args = make_parser(words).parse_args([*words, "--results", str(tmp_path / "results")])
    args.direction = "there"
    return lambda: explain.planned(args, NAMES, "cpu")


def test_a_dry_run_draws_times_and_writes_nothing(dry_run, tmp_path, capsys):
    _, (walk,), jobs = dry_run()
    assert [step.switch for step in walk.steps[1:-1]] == [ORDER, EXCHANGED]
    assert len(jobs) == 2 * len(walk.arms) and not (tmp_path / "results").exists()
    assert "initial values: not known before both draw" in capsys.readouterr().err


def test_a_dry_run_compares_what_was_drawn_before(dry_run):
    """A run has drawn, and ended before its first training."""
    _, _, jobs = dry_run()
    folder = Path(jobs[0].draws)
    folder.mkdir(parents=True)
    for name, limit in zip(NAMES, (0.5, 0.25), strict=True):
        for seed, values in enumerate(dense(uniform(limit), 0)):
            job = replace(jobs[0], framework=name, seed=seed)
            np.savez(draw_path(job, folder), **values)
    before = sorted(folder.iterdir())
    _, (walk,), _ = dry_run()
    assert "initial values of dense" in [step.switch for step in walk.steps]
    assert sorted(folder.iterdir()) == before
