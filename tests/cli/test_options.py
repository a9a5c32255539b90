"""The shared options, and what is made of them before anything runs."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace

import pytest

from benchmarks.cli import options, requests
from benchmarks.cli.main import main
from benchmarks.cli.parser import Parser
from benchmarks.records.job import PROTOCOL
from benchmarks.records.record import read_record, write_record
from common.framework import frameworks, plain_frameworks
from tests.sample_records import run


def parsed(*words: str, add=("problems",), **changes) -> argparse.Namespace:
    parser = argparse.ArgumentParser(exit_on_error=False)
    options.add(parser, *add, **changes)
    return parser.parse_args(words)


def test_every_option_is_an_argument_whose_default_is_of_its_type_unless_it_is_changed():
    for name in options.OPTIONS:
        words = ["boston"] if name == "problem" else []
        (value,) = vars(parsed(*words, add=[name])).values()
        assert not isinstance(value, str) or name in ("problem", "one --regime", "--data"), name
    assert parsed(add=["--regime"]).regime == ["native", "matched"]
    assert parsed(add=["--device"]).device == ["cpu"]
    assert parsed("--rounds", "3", add=["--rounds"]).seeds == 3
    assert parsed(add=["--seeds"], default=10).seeds == 10
    assert parsed(add=["--regime"], default="tuned").regime == ["tuned"]
    assert options.OPTIONS["--seeds"]["default"] == 1


MEASURING = (
    "run",
    "race",
    "limit",
    "scale",
    "compile",
    "tune",
    "crossval",
    "study",
    "explain",
    "factorial",
    "parity",
)


@pytest.mark.parametrize("command", [*MEASURING, "explain --time"])
def test_a_folder_of_another_protocol_is_refused_before_anything_runs(command, tmp_path, capsys):
    old = run("boston", protocol=PROTOCOL - 1)
    path = tmp_path / "boston" / "seed0.json"
    write_record(old, path)
    name, *time = command.split()
    assert main([name, "boston", *time, "--results", str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert f"{tmp_path} holds records of protocol {PROTOCOL - 1}" in err
    assert "give another --results" in err and ("--force" in err) == (name != "parity")
    assert [*tmp_path.rglob("*.*")] == [path] and read_record(path) == old


def test_a_folder_of_this_protocol_and_one_with_force_are_taken(tmp_path):
    given = parsed("--results", str(tmp_path), add=["--results", "--force"])
    requests.check_protocol(given)
    write_record(run("boston", protocol=PROTOCOL), tmp_path / "seed0.json")
    (tmp_path / "seed1.json").write_text("{}")  # no record: whoever shows it names it
    requests.check_protocol(given)
    write_record(run("boston", protocol=PROTOCOL + 1), tmp_path / "seed2.json")
    with pytest.raises(ValueError, match=f"holds records of protocol {PROTOCOL + 1}"):
        requests.check_protocol(given)
    requests.check_protocol(argparse.Namespace(results=tmp_path, force=True))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, "-1") for name in ("--seed", "--seeds", "--folds", "--jobs")),
        ("--seed", f"{2**64}"),
        ("--seed", f"{2**31}"),
        ("--seed-start", "9" * 30),
        ("--seeds", "100001"),
        ("--rounds", f"{2**31 - 1}"),
        ("--epochs", f"{2**63}"),
        ("--batch-size", "9" * 5000),
        ("--hidden", f"64,{2**40}"),
        ("--learning-rate", "1e300"),
        ("--learning-rate", "1e-300"),
        ("--timeout", "1e7"),  # no clock can wait so long
        ("--timeout", "nan"),
    ],
)
def test_a_number_that_no_framework_takes_is_refused(name, value):
    with pytest.raises(argparse.ArgumentError, match=r"of at least|at most|Exceeds the limit"):
        parsed(name, value, add=[name])
    assert parsed("--seed", f"{2**31 - 1}", add=["--seed"]).seed == 2**31 - 1


@pytest.mark.parametrize("option", ["--results", "--data-dir", "--output", "--python", "boston"])
def test_an_argument_that_no_record_can_hold_is_refused(option, capsys):
    assert main(["run", option, "a\udcffb"]) == 2
    assert r"'a\udcffb' is no text in UTF-8" in capsys.readouterr().err


def test_a_problem_has_the_changes_that_were_given():
    one = parsed("boston", "--epochs", "2", add=("problem", *options.SETTINGS))
    several = parsed("boston", "--epochs", "2", add=("problems", *options.SETTINGS))
    assert [requests.problem(one)] == requests.problems(several)
    assert requests.problem(one).epochs == 2
    assert [problem.name for problem in requests.problems(parsed())][-1] == "boston"


def test_a_framework_elsewhere_need_not_be_here(monkeypatch):
    monkeypatch.setattr("common.framework.find_spec", lambda name: None)
    here, (first, *others) = requests.available, plain_frameworks()
    with pytest.raises(ValueError, match="no framework is installed:\n"):
        here(None)
    with pytest.raises(ValueError, match=f"{first} is not installed .*install it with"):
        here([first])
    assert here([first], [(first, "there")]) == here(None, [(first, "there")]) == [first]
    every = [(name, "there") for name in plain_frameworks()]
    assert here(None, every) == [first, *others]
    less = {**frameworks(), "jax": replace(frameworks()["jax"], without={"twins": ""})}
    monkeypatch.setattr(requests, "framework", less.get)
    assert here(None, every, ["twins"]) == ["keras", "torch"]


def test_one_on_request_is_trained_where_it_is_named_or_alone(monkeypatch):
    monkeypatch.setattr("common.framework.find_spec", lambda name: object())
    given = {"framework": None, "python": [], "regime": "matched"}
    default = requests.frameworks(argparse.Namespace(**given))
    assert default == [name for name in plain_frameworks() if name != "jax"] == ["keras", "torch"]
    assert requests.frameworks(argparse.Namespace(**given | {"framework": ["jax"]})) == ["jax"]
    there = {"python": [("jax", sys.executable)]}
    assert "jax" in requests.frameworks(argparse.Namespace(**given | there))
    monkeypatch.setattr(requests, "plain_frameworks", lambda: ["jax"])
    assert requests.frameworks(argparse.Namespace(**given)) == ["jax"]
    parser = Parser()
    options.add(parser, "--framework")
    assert "but jax)" in " ".join(parser.format_help().split())


def test_a_regime_that_a_framework_has_not_is_refused_before_anything_runs():
    given = {"framework": ["keras:torch"], "python": [("keras:torch", sys.executable)]}
    for regime in ("tuned", ["matched", "tuned"]):
        with pytest.raises(NotImplementedError, match="keras:torch has no tuned"):
            requests.frameworks(argparse.Namespace(**given, regime=regime))
    assert requests.frameworks(argparse.Namespace(**given, regime="matched")) == ["keras:torch"]


def asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """JAX as one of those that are trained without being named."""
    known = {**frameworks(), "jax": replace(frameworks()["jax"], on_request=False)}
    monkeypatch.setattr(requests, "framework", known.get)


def test_one_that_was_not_named_is_left_out_of_a_regime_that_it_lacks(capsys, monkeypatch):
    monkeypatch.setattr("common.framework.find_spec", lambda name: True)
    asked_for(monkeypatch)
    named = argparse.Namespace(framework=["jax"], python=[])
    unnamed = argparse.Namespace(framework=None, python=[])

    def asked(given: argparse.Namespace, *regimes: str) -> list[str]:
        given.regime = list(regimes)
        return requests.frameworks(given)

    with pytest.raises(NotImplementedError, match=r"jax has no compiled; .*matched is it"):
        asked(named, "matched", "compiled")
    assert "jax" not in asked(unnamed, "compiled")
    assert "NOTE, jax has no compiled" in capsys.readouterr().err
    assert "jax" in asked(unnamed, "matched", "compiled")  # and trains in matched alone
    without = {name: replace(one, without={"tuned": "why"}) for name, one in frameworks().items()}
    monkeypatch.setattr(requests, "framework", without.get)
    with pytest.raises(NotImplementedError, match="keras has no tuned"):
        asked(unnamed, "tuned")


def test_a_plan_has_no_arm_of_a_regime_that_its_framework_lacks(monkeypatch):
    monkeypatch.setattr("common.framework.find_spec", lambda name: True)
    asked_for(monkeypatch)
    add = [
        "problems",
        "--framework",
        "--regime",
        "--device",
        "--seeds",
        "--seed-start",
        "--threads",
    ]
    add += ["--python", "--timeout", "--data", "--data-dir", "--results", "--deterministic"]
    given = parsed("boston", "--data", "embedded", "--regime", "matched,compiled", add=add)
    jobs = requests.jobs(given, requests.problems(given), requests.regimes(given))
    found = {(job.framework, job.regime.name) for job in jobs}
    assert ("jax", "matched") in found and ("jax", "compiled") not in found
    assert {("keras", "matched"), ("keras", "compiled")} <= found


def test_a_plan_has_no_arm_in_bf16_of_a_framework_that_lacks_it(monkeypatch):
    monkeypatch.setattr("common.framework.find_spec", lambda name: True)
    without = {**frameworks(), "torch": replace(frameworks()["torch"], without={"bf16": "why"})}
    monkeypatch.setattr(requests, "framework", without.get)
    add = ["problems", "--framework", "--regime", "--device", "--seeds", "--seed-start"]
    add += ["--threads", "--python", "--timeout", "--data", "--data-dir", "--results"]
    given = parsed("boston", "--data", "embedded", "--regime", "matched,bf16", add=add)
    given.deterministic = False
    jobs = requests.jobs(given, requests.problems(given), requests.regimes(given))
    found = {(job.framework, job.regime.name) for job in jobs}
    assert found == {("keras", "matched"), ("keras", "bf16"), ("torch", "matched")}
