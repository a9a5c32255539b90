"""The pytest plugin: what is collected, asked once, and said; the judge is told what to answer."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import twinbench_pytest
from benchmarks.twins.climb import STEPS
from common.framework import frameworks
from tests.command import ROOT
from tests.twins.numpy_model import FILE

pytest_plugins = ["pytester"]

SENTENCE = "norm: what goes in agrees, what comes out does not; " + "epsilon is another, " * 30
NAMES = ("outputs", "outputs x30", "loss", "gradients", "step 1", "step 3")


def tensor(rung, error=0.0, bound=1e-6, usual=None):
    own = {"broken": not error <= bound, "excused": usual is not None and usual < error <= bound}
    return {
        "rung": rung,
        "tensor": "d/kernel",
        "error": error,
        "bound": bound,
        "usual": usual,
        **own,
    }


def reply(verdict="right", sentence="the two compute the same", broken=(), **more):
    rungs = [tensor(rung, 0.5 if rung in broken else 0.0) for rung in NAMES]
    return {"verdict": verdict, "sentence": sentence, "rungs": rungs, **more}


WRONG = reply("wrong", SENTENCE, ("step 1", "step 3"), causes=["cause, proved: eps"])


@pytest.fixture
def suite(pytester, monkeypatch):
    """Runs pytest in a repository of one twins file, with a judge that gives this answer."""
    asked: list[dict] = []
    for name in ("CI", "BUILD_NUMBER"):  # there pytest cuts no line of its summary
        monkeypatch.delenv(name, raising=False)

    def run(*args, answer=None, ini="", files=("pair_twins",), text=FILE):
        def answered(question, folders):
            asked.append({**question, "folders": list(folders)})
            return answer or reply()

        monkeypatch.setattr(twinbench_pytest, "answered", answered)
        pytester.makeini(f"[pytest]\n{ini}")
        for name in files:
            pytester.makepyfile(**{name: text})
        return pytester.runpytest_inprocess("-p", "twinbench_pytest", *args)

    run.asked = asked
    return run


def test_a_file_is_an_item_a_rung_and_is_asked_once(suite):
    result = suite("-v")
    result.assert_outcomes(passed=6)
    names = [f"pair_twins.py::{rung} PASSED*" for rung in twinbench_pytest.RUNGS]
    result.stdout.fnmatch_lines(names)
    (question,) = suite.asked
    assert question["path"].endswith("pair_twins.py")
    assert question["frameworks"] == [] and not question["update"] and question["seed"] == 0


def test_the_rungs_are_those_of_the_judge():
    assert twinbench_pytest.RUNGS[3:5] == ("step_1", f"step_{STEPS}")


def test_nothing_is_asked_or_executed_to_collect(suite):
    result = suite("--collect-only", "-q", text=FILE + "raise SystemExit(1)\n")
    assert result.ret == 0 and not suite.asked
    result.stdout.fnmatch_lines(["pair_twins.py::outputs", "pair_twins.py::verdict"])


@pytest.mark.parametrize(
    ("name", "text", "args", "ini", "items"),
    [
        ("pair_twins", FILE, ["pair_twins.py"], "", 6),
        ("pair_twins", FILE, ["pair_twins.py::step_3"], "", 1),
        ("pair_twins", FILE, ["-k", "step_1 or loss"], "", 2),
        ("pair_twins", FILE, [], "python_files = *.py", 6),
        ("pair_twins", FILE, [], "twins_rungs = outputs verdict", 2),
        ("pair_twins", FILE, [], "twins_files = ports_*.py", 0),
        ("ports_a", FILE, [], "twins_files = ports_*.py", 6),
        ("pair", FILE, [], "", 0),
        ("identical_twins", "def born(): pass", [], "", 0),
        ("test_pair_twins", "def test_it(): 'keras_model'", [], "", 1),
        ("pair_twins", FILE, ["-p", "no:twinbench_pytest"], "", 0),
    ],
)
def test_which_files_and_items_are_collected(suite, name, text, args, ini, items):
    suite(*args, ini=ini, files=(name,), text=text).assert_outcomes(passed=items)
    assert len(suite.asked) <= 1


def test_a_failure_is_the_sentence_once_and_its_tensors_and_no_traceback(suite):
    result = suite(answer=WRONG)
    result.assert_outcomes(passed=3, failed=3)
    text = result.stdout.str()
    assert text.count(SENTENCE) == 1 and text.count("wrong: see step_1") >= 2
    assert "cause, proved: eps" in text and "step 3 d/kernel: 5.0e-01 in float64" in text
    assert "twinbench_pytest.py" not in text and "Differs" not in text
    result.stdout.fnmatch_lines(
        ["FAILED pair_twins.py::step_1 - wrong: norm: what goes in agrees*"]
    )
    assert len(suite.asked) == 1


def test_one_item_alone_says_the_sentence_too(suite):
    assert SENTENCE in suite("-k", "step_3", answer=WRONG).stdout.str()
    assert SENTENCE in suite("-k", "verdict", answer=WRONG).stdout.str()
    suite("-x", answer=WRONG).assert_outcomes(passed=3, failed=1)


@pytest.mark.parametrize("verdict", ["refused", "random"])
def test_a_rung_that_was_not_reached_fails_with_the_sentence(suite, verdict):
    answer = {"verdict": verdict, "sentence": "torch's model draws"}
    result = suite(answer=answer)
    result.assert_outcomes(failed=6)
    result.stdout.fnmatch_lines([f"{verdict}: torch's model draws", "*gradients was not reached"])


def test_of_outputs_of_other_shapes_the_higher_rungs_are_not_reached(suite):
    answer = reply("wrong", "two outputs")
    answer["rungs"] = [tensor("outputs"), tensor("outputs x30", float("nan"))]
    suite(answer=answer).assert_outcomes(failed=6)


def test_a_fault_that_no_tensor_shows_fails_the_verdict_alone(suite):
    result = suite(answer=reply("wrong", "the rates of dropout differ"))
    result.assert_outcomes(passed=5, failed=1)
    assert "FAILED pair_twins.py::verdict - wrong: the rates" in result.stdout.str()


def test_rungs_that_a_model_does_not_have_are_no_failure(suite):
    answer = {**reply(), "rungs": [tensor("outputs")]}
    suite(answer=answer).assert_outcomes(passed=6)


def test_a_missing_framework_skips_with_the_reason(suite):
    result = suite("-rs", answer={"verdict": "skipped", "sentence": "keras is not installed"})
    result.assert_outcomes(skipped=6)
    result.stdout.fnmatch_lines(["SKIPPED [[]6] *keras is not installed"])


def test_options_and_settings_reach_the_judge(suite):
    ini = "twins_frameworks = keras, jax\npythonpath = src\ntwins_bounds =\n"
    ini += "  # loose\n  step * norm/*: 1e-4\n  outputs*:1e-3\n"
    suite("--twins-update", ini=ini)
    suite("--twins-frameworks", "torch,jax", ini=ini)
    first, second = suite.asked
    assert first["frameworks"] == ["keras", "jax"] and second["frameworks"] == ["torch", "jax"]
    assert first["update"] and not second["update"]
    assert first["bounds"] == [("step * norm/*", 1e-4), ("outputs*", 1e-3)]
    assert [Path(folder).name for folder in first["folders"]] == ["src"]


@pytest.mark.parametrize(
    ("ini", "words"),
    [
        ("twins_bounds =\n  step *\n", "twins_bounds: 'step *' is not PATTERN: BOUND"),
        ("twins_bounds =\n  step *: small\n", "is not PATTERN: BOUND"),
        ("twins_rungs = output", "twins_rungs: output; expected some of outputs loss"),
    ],
)
def test_a_setting_that_says_nothing_is_refused(suite, ini, words):
    result = suite(ini=ini)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert words in result.stderr.str()


def test_what_passes_by_a_raised_bound_alone_is_a_warning(suite):
    answer = reply()
    answer["rungs"][-1] = tensor("step 3", error=5e-5, bound=1e-4, usual=1e-6)
    result = suite(answer=answer)
    result.assert_outcomes(passed=6)
    result.stdout.fnmatch_lines(
        ["*step 3 d/kernel passes by twins_bounds alone*5.0e-05*1e-04*own 1e-06"]
    )


def test_what_was_done_to_goldens_is_said_at_the_end(suite):
    result = suite(answer=reply(goldens=["pair_twins.keras.golden written"]))
    result.stdout.fnmatch_lines(["*goldens of twins*", "pair_twins.keras.golden written"])
    assert result.stdout.str().count("golden written") == 1


@pytest.mark.parametrize("answer", [WRONG, reply("refused", "no"), reply()], ids=str)
def test_the_fixture_gives_a_verdict_to_assert(pytester, suite, answer):
    pytester.makepyfile(
        test_port="""
        def test_port(parity):
            judgement = parity("nets.py", frameworks=("torch", "jax"), weights="own", seed=3)
            assert judgement.verdict
            assert judgement
        """
    )
    result = suite("--twins-update", answer=answer, files=())
    right = answer["verdict"] == "right"
    result.assert_outcomes(passed=right, failed=not right)
    (question,) = suite.asked
    assert question["path"] == str(pytester.path / "nets.py")
    assert question["frameworks"] == ["torch", "jax"] and question["seed"] == 3
    assert question["weights"] == "own" and not question["update"]  # goldens are of the defaults
    assert right or f"{answer['verdict']}: {answer['sentence']}" in result.stdout.str()


def test_the_fixture_skips_too(pytester, suite):
    pytester.makepyfile("def test_port(parity): assert parity('nets.py')")
    result = suite(
        answer={"verdict": "skipped", "sentence": "no"}, files=("test_nothing",), text=""
    )
    assert not result.parseoutcomes().get("failed")


def test_two_workers_keep_the_items_of_a_file_together(pytester):
    pytester.makepyfile(a_twins=FILE, b_twins=FILE)
    pytester.makeconftest(
        f"""
        import twinbench_pytest
        def answered(question, folders):
            with open({str(pytester.path / "asked")!r}, "a") as file:
                print(question["path"], file=file)
            return {reply()!r}
        twinbench_pytest.answered = answered
        """
    )
    args = "-p", "twinbench_pytest", "-n", "2", "--dist", "loadfile"
    pytester.runpytest_subprocess(*args).assert_outcomes(passed=12)
    assert len((pytester.path / "asked").read_text().splitlines()) == 2


def test_the_plugin_imports_nothing_of_ours():
    code = "import json, sys, twinbench_pytest; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert not {"benchmarks", "common", "numpy", "twinbench"} & set(json.loads(done.stdout))


def test_a_repository_may_have_packages_of_our_names(pytester):
    """The whole way to the judge's process and back, of a file that it refuses."""
    pytester.mkpydir("benchmarks")
    pytester.mkpydir("common")
    pytester.makepyfile(pair_twins="print('loud')\nimport common\n" + FILE)
    pytester.makepyfile(test_own="import benchmarks, common\ndef test_own(): pass")
    args = "-p", "twinbench_pytest", "--twins-frameworks", "theano"
    result = pytester.runpytest_inprocess(*args)
    result.assert_outcomes(passed=1, failed=6)
    result.stdout.fnmatch_lines(["refused: no framework theano; expected one or two of keras*"])


def test_a_judge_that_dies_is_a_refusal(monkeypatch, tmp_path):
    dying = tmp_path / "python"
    dying.write_text("#!/bin/sh\necho 'out of memory' >&2\nexit 9\n")
    dying.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(dying))
    said = twinbench_pytest.answered({}, [])
    assert said["verdict"] == "refused" and "exit status 9" in said["sentence"]
    assert "out of memory" in said["sentence"]


@pytest.mark.long
@pytest.mark.skipif(
    any(frameworks()[name].missing for name in ("keras", "torch")), reason="twins need both"
)
def test_a_port_in_ci(pytester, monkeypatch):
    """Judged and written where both are, then each side alone; a wrong one by the golden too."""
    text = (ROOT / "docs" / "examples" / "conv_twins.py").read_text()
    pytester.makepyfile(conv_twins=text.replace('DATA = "mnist"', ""))

    def run(*args):
        return pytester.runpytest_inprocess("-p", "twinbench_pytest", *args)

    run("--twins-update").assert_outcomes(passed=6)
    for name in ("keras", "torch"):
        run("--twins-frameworks", name).assert_outcomes(passed=6)
    pytester.makepyfile(
        conv_twins=text.replace(", momentum=0.01", "").replace('DATA = "mnist"', "")
    )
    result = run("--twins-frameworks", "torch")
    result.assert_outcomes(passed=3, failed=3)
    result.stdout.fnmatch_lines(["*momentum is 0.99 in keras and 0.9 in torch*"])
