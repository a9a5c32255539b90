"""Every subset of a few defaults: the design, its effects, its page, and runs against NumPy."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import sparse

from benchmarks.cli.main import main
from benchmarks.explain.factorial import MATTER, designs, subsets, treated
from benchmarks.explain.factorial_table import figure, parts, sections, verdicts
from benchmarks.records.job import Job
from benchmarks.show.figures import spec
from benchmarks.show.section import markdown
from common.framework import framework, plain_frameworks
from common.problem import PROBLEMS
from common.reference import ReferenceTask
from common.regime import NATIVE, TUNED
from tests.conftest import RemoteTask, error
from tests.sample_records import made

REUTERS = PROBLEMS["reuters"]
KERAS, TORCH = framework("keras"), framework("torch")


def jobs(switches=MATTER, seeds=1):
    planned = [Job(REUTERS, "torch", TUNED, seed=seed) for seed in range(seeds)]
    return treated(planned, KERAS, TORCH, switches)


def records(effects: dict[tuple[str, ...], float], *, seeds: int = 8, switches=MATTER, **more):
    """Made runs: each part of a subset that is in `effects` adds its own."""
    found = []
    for seed in range(seeds):
        noise = 0.5 * np.random.default_rng(seed).normal()  # shared by all subsets of a seed
        for turned in subsets(switches):
            value = sum(effect for part, effect in effects.items() if {*part} <= {*turned})
            tiny = 1e-4 * np.random.default_rng([seed, len(str(turned))]).normal()
            fields = {
                "kind": "factorial",
                "problem": "reuters",
                "framework": "torch",
                "regime": "+".join(["rules", *turned]),
                "seed": seed,
                "metrics": {"accuracy": 0.8 + value + noise + tiny},
                "total_seconds": 1.0,
                "start": "keras",
                "goal": "torch",
                "switches": list(switches),
                "turned": list(turned),
            }
            found.append(made(**{**fields, **more}))
    return found


def test_every_subset_is_trained_once_and_turns_its_switches_alone():
    found = jobs(seeds=3)
    assert len(found) == 3 * 16 == len({job.path for job in found})
    assert not any(job.timed for job in found)
    here, there = NATIVE.resolve(KERAS.native), NATIVE.resolve(TORCH.native)
    for job in found:
        switches = job.regime.switches()
        for switch in MATTER:
            assert switches[switch] == getattr(there if switch in job.turned else here, switch)
        others = {name: value for name, value in switches.items() if name not in MATTER}
        assert others == {n: v for n, v in TUNED.switches().items() if n not in MATTER}
    assert len({job.process for job in found}) == 1
    assert [j.turned for j in found[:16]] != [j.turned for j in found[16:32]]  # an order a seed


@pytest.mark.parametrize(
    "switches, said",
    [
        (("rho", "rhoo"), "no switch 'rhoo'"),
        (("loss_on",), "no switch 'loss_on'"),
        ((), "1 to 5 switches"),
    ],
)
def test_a_design_that_cannot_be_is_refused(switches, said):
    with pytest.raises(ValueError, match=said):
        jobs(switches)
    with pytest.raises(ValueError, match="epsilon_inside_root is True in keras and jax alike"):
        treated([], KERAS, framework("jax"), ["epsilon_inside_root"])


def test_effects_and_interactions_are_those_that_were_put_in():
    put_in = {("kernels",): -0.03, ("rho",): 0.01, ("kernels", "epsilon"): 0.02}
    (design,) = designs(records(put_in))
    effect = {subset: design.effect("torch", subset) for subset in design.subsets[1:]}
    assert effect["kernels",].interval.mean == pytest.approx(-0.03, abs=1e-3)
    assert effect["kernels", "epsilon"].interval.mean == pytest.approx(-0.01, abs=1e-3)
    assert effect[MATTER].interval.mean == pytest.approx(0.0, abs=1e-3)
    assert effect["kernels",].seen and effect["rho",].seen and not effect["epsilon",].seen
    contrast = {term: design.contrast("torch", term) for term in design.terms}
    # the mean over epsilon at both its values
    assert contrast["kernels",].interval.mean == pytest.approx(-0.03 + 0.02 / 2, abs=1e-3)
    assert contrast["kernels", "epsilon"].interval.mean == pytest.approx(0.02, abs=1e-3)
    assert contrast["kernels", "epsilon"].seen and not contrast["kernels", "rho"].seen
    assert len(contrast) == 4 + 6


def test_a_subset_without_a_number_has_no_effect_and_leaves_its_seed_out_of_the_terms():
    runs = records({("rho",): 0.01})
    lost = [run for run in runs if run.turned == ["rho"] and run.seed == 0]
    (design,) = designs([run for run in runs if run not in lost])
    assert design.effect("torch", ("rho",)).interval.mean == pytest.approx(0.01, abs=1e-3)
    assert design.contrast("torch", ("rho",)).interval.mean == pytest.approx(0.01, abs=1e-3)
    (design,) = designs([run for run in runs if run.turned != ["rho"]])
    assert design.effect("torch", ("rho",)) is None
    assert design.contrast("torch", ("kernels",)) is None
    assert "| rho | - |" in markdown(sections(design))


def test_the_page_says_what_was_taken_over_and_what_that_did():
    runs = records({("kernels",): -0.03, ("kernels", "rho"): 0.03})
    (design,) = designs(runs)
    text = markdown(sections(design))
    assert "| kernels | **-0.0300 [" in text and "| all of them | +0.0000 [" in text
    assert "| kernels and rho | **+0.0300 [" in text
    assert "kernels glorot_uniform to fan_in_uniform; rho 0.9 to 0.99" in text
    assert "8 seeds (0 to 7)" in text and "(Holm)" in text and "sha256:1" in text
    sentence, entries = verdicts(runs)
    assert "of torch's taken over changes accuracy by -0.03" in sentence and len(entries) == 15
    words = {entry["about"].rpartition(": ")[2]: entry["verdict"] for entry in entries}
    assert words["kernels"] == "changes" and words["rho"] == "no change seen"
    notice = {"data": {"source": "generated", "digest": "sha256:2", "notice": "made up"}}
    (made_up,) = designs(records({}, **notice))
    assert "NOT THE REAL DATA FILES: made up" in markdown(sections(made_up))
    (part,) = parts({"factorial": runs})
    assert part.title == "Which defaults belong together" and len(part.sections) == 2
    assert not list(parts({}))


def test_the_figure_has_a_bar_for_each_subset():
    pytest.importorskip("altair")
    (design,) = designs(records({("kernels",): -0.03}))
    drawn = spec(figure(design))
    bars = drawn["layer"][0]["data"]["values"] if "data" in drawn["layer"][0] else None
    rows = bars or drawn["data"]["values"]
    assert [row["row"] for row in rows][:2] == ["kernels", "rho"] and len(rows) == 15
    assert rows[0]["mean"] == pytest.approx(-0.03, abs=1e-3)


@pytest.mark.parametrize("name", plain_frameworks())
def test_each_framework_turns_every_switch_as_numpy_does(process_of, name):
    """By its fastest code, which is written for the rule of one framework."""
    small = REUTERS.but(features=30, hidden=(8, 8), outputs=5, batch_size=16)
    rng = np.random.default_rng(0)
    x = sparse.csr_matrix((rng.random((48, 30)) < 0.2).astype(np.float32))
    y = rng.integers(0, 5, 48)
    order = np.stack([rng.permutation(48) for _ in range(3)])
    states = []
    for job in treated([Job(small, name, TUNED)], KERAS, TORCH, MATTER):
        if job.turned not in ((), MATTER) and len(job.turned) != 1:
            continue
        task = RemoteTask(process_of(name), small, regime=job.regime)
        reference = ReferenceTask(small, regime=job.regime)
        for each in (task, reference):
            each.fit(x, y, epochs=3, order=order)
        states.append(reference.get_state())
        for key, value in states[-1].items():
            assert error(task.get_state()[key], value) <= 1e-4, (job.turned, key)
    weights = [np.concatenate([v.ravel() for v in state.values()]) for state in states]
    assert len(weights) == 6 and all(
        np.abs(a - b).max() > 1e-4 for i, a in enumerate(weights) for b in weights[:i]
    )


def test_the_command_trains_every_subset_once_and_shows_packed_records(tmp_path, capsys):
    arguments = ["factorial", "boston", "--framework", "torch", "--switches", "rho,epsilon"]
    arguments += ["--seeds", "2", "--epochs", "2", "--threads", "1", "--data", "embedded"]
    arguments += ["--results", str(tmp_path)]
    assert main([*arguments, "--dry-run"]) == 0 and "8 runs" in capsys.readouterr().out
    assert main([*arguments, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert len(answer["results"]) == 8 and len(answer["verdicts"]) == 3
    assert {tuple(run["turned"]) for run in answer["results"]} == {*subsets(("rho", "epsilon"))}
    assert main(arguments) == 0
    captured = capsys.readouterr()
    assert captured.err.count("(was there)") == 8 and "all of them" in captured.out
    assert main(["factorial", *arguments[1:-4], "--from", "keras", "--to", "keras"]) == 2
    said = "twinbench factorial: --from names one framework, --to another, got keras and keras; "
    assert said in capsys.readouterr().err
