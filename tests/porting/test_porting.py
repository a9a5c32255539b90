"""The porting bench: what it counts, and that each situation states its truth."""

from __future__ import annotations

import ast
import json
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.show.markdown import BEGIN, END
from benchmarks.twins.causes.catalogue import ENTRIES
from tests.conftest import installed
from tools import porting
from tools.porting import Children
from tools.ports import EXPECTED, FRAMEWORKS, TRUTHS, Outcome, Situation, situation, situations
from tools.rivals import answers

HERE = Path(__file__).parent
FILES = sorted([*HERE.glob("situations/*.py"), *HERE.glob("networks/*.py")])
SAMPLE = (
    "names_exchanged",
    "maxpool_same_pad",
    "bidirectional_stacked",
    "prelu_shared_axes",
    "sigmoid_one_side",
    "flatten_of_an_image",
    "group_norm_defaults",
    "data_in_the_forward",
    "noise_in_the_forward",
    "loss_misspelt",
)
ONES = np.ones((4, 2), np.float32)


@dataclass
class Said:
    """What a judge returns, as far as the bench reads it."""

    verdict: str = "right"
    sentence: str = "the two compute the same"
    places: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    causes: list = field(default_factory=list)
    outputs: dict = field(default_factory=lambda: {"output": (ONES, ONES)})
    first_layer: tuple | None = None


class NoChildren(Children):
    """No process is needed where no model is built; says how often they were ended."""

    def __init__(self):
        super().__init__()
        self.closed = 0

    def renew(self, frameworks):
        pass

    def close(self):
        self.closed += 1


def outcome(
    truth,
    verdict,
    *,
    places=(),
    sentence="",
    known=(),
    rivals=None,
    name="a",
    cause="",
    causes=(),
    named=(),
):
    case = Situation(Path(f"{name}.py"), truth, tuple(known), cause, causes=tuple(causes))
    return Outcome(case, 0, verdict, sentence, places, rivals=rivals or {}, causes=named)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_file_states_its_truth_and_imports_no_framework(file):
    case = situation(file)  # whose reader refuses a framework at the top level
    assert ast.get_docstring(ast.parse(file.read_text()))
    assert bool(case.places) == bool(case.cause) == (case.truth == "wrong")
    assert case.truth != "wrong" or case.kind != "other"
    assert set(case.causes) <= ENTRIES.keys()
    assert case.truth in ("wrong", "random") or not case.causes


def test_no_two_files_are_the_same():
    texts = [ast.unparse(ast.parse(file.read_text()).body[1:]) for file in FILES]  # type: ignore[arg-type]
    assert len(set(texts)) == len(texts) > 64
    assert len({file.stem for file in FILES}) == len(FILES)


def test_there_are_as_many_right_ports_as_wrong_ones_or_nearly():
    truths = [situation(file).truth for file in FILES]
    assert set(truths) == set(TRUTHS)
    assert 0.75 < truths.count("right") / truths.count("wrong") < 1.33


def test_the_truth_of_a_users_folder_stands_in_its_table(tmp_path):
    (tmp_path / "plain.py").write_text("INPUT = (2,)\n")
    with pytest.raises(ValueError, match=r"plain.py: TRUTH is '', expected one of right, wrong"):
        situation(tmp_path / "plain.py")
    (tmp_path / "README.md").write_text(
        "| file | truth | place | cause |\n| --- | --- | --- | --- |\n| plain | wrong |  | tanh |\n"
    )
    assert situations([tmp_path]) == [Situation(tmp_path / "plain.py", "wrong", (), "tanh")]


def test_a_verdict_is_fatal_where_it_says_the_opposite_and_only_there():
    assert outcome("right", "wrong").fatal and outcome("wrong", "right").fatal
    for truth in TRUTHS:
        assert not outcome(truth, EXPECTED[truth]).fatal
        assert outcome(truth, EXPECTED[truth]).as_it_should_be
        assert not outcome(truth, "crashed").fatal
    assert not outcome("random", "right").fatal and not outcome("refuse", "wrong").fatal


def test_a_place_is_named_by_the_places_or_by_the_sentence():
    known = ("down", "between")
    assert outcome("wrong", "wrong", known=known, places=["down"]).placed
    assert outcome("wrong", "wrong", known=known, sentence="what lies between a and b").placed
    assert not outcome("wrong", "wrong", known=known, places=["outputs"]).placed


def test_the_rates_count_each_verdict_and_the_places_of_those_called_wrong():
    results = [
        outcome("right", "right"),
        outcome("right", "wrong"),
        outcome("wrong", "wrong", known=["a"], places=["a"]),
        outcome("wrong", "wrong", known=["a"], places=["b"]),
        outcome("wrong", "right", known=["a"]),
        outcome("refuse", "refused"),
    ]
    (rates,) = porting.sections(results)
    assert rates.rows == [
        ["right", "2", "1", "1", "0", "0", "0", *"----"],
        ["wrong", "3", "1", "2", "0", "0", "0", "1 of 2", *"---"],
        ["random", "0", "0", "0", "0", "0", "0", *"----"],
        ["refuse", "1", "0", "0", "0", "1", "0", *"----"],
    ]
    assert rates.notices == ["a, seed 0: is right, wrong: ", "a, seed 0: is wrong, right: "]
    assert rates.notes[1:] == ["a, seed 0: is wrong, wrong: ; the place is a"]
    (rates,) = porting.sections([outcome("right", "refused", sentence="no Net")])
    assert rates.notes[1:] == ["a, seed 0: is right, refused: no Net"] and not rates.notices


def test_the_rates_count_causes_and_a_wrong_one_that_is_called_proved_is_fatal():
    results = [
        outcome("wrong", "wrong", causes=["epsilon"], named=[("epsilon", True)]),
        outcome("wrong", "wrong", causes=["epsilon"], named=[("slope", False), ("epsilon", False)]),
        outcome("wrong", "wrong", causes=["epsilon"], named=[("slope", True)], name="b"),
        outcome("wrong", "wrong", causes=["epsilon"], named=[("slope", False)], name="c"),
        outcome("wrong", "wrong", named=[("slope", True)]),
    ]
    assert [o.explained for o in results] == ["proved", "suspected", "", "", ""]
    assert [o.fatal for o in results] == [False, False, True, False, False]
    (rates,) = porting.sections(results)
    assert rates.rows[1][-3:] == ["2 of 4", "1", "1"]
    assert rates.notices == ["b, seed 0: is wrong, wrong: ; proved wrongly: slope"]
    assert rates.notes[1:] == [
        f"{n}, seed 0: is wrong, wrong: ; the cause is epsilon" for n in "bc"
    ]
    assert results[2].record()["misproved"] == ["slope"]


def test_an_error_ends_the_processes_and_a_refusal_does_not(tmp_path):
    children = NoChildren()
    errors = iter([RuntimeError("killed"), ValueError("write TOKENS"), None])

    def judge(path, frameworks, *, seed, children):
        if error := next(errors):
            raise error
        return Said()

    case = Situation(tmp_path / "a.py", "right")
    results = list(porting.outcomes([(case, seed) for seed in (0, 1, 2)], judge, children))
    assert [o.verdict for o in results] == ["crashed", "refused", "right"]
    assert [o.sentence for o in results[:2]] == ["RuntimeError: killed", "write TOKENS"]
    assert children.closed == 1 and [o.seed for o in results] == [0, 1, 2]
    assert all(same for name, same in results[2].rivals.items() if "first" not in name)


def test_a_port_whose_process_died_is_judged_once_more_in_a_fresh_one(tmp_path):
    children, verdicts = NoChildren(), iter(["refused", "right"])
    children.died = lambda: next(deaths)
    deaths = iter([True, False])
    case = Situation(tmp_path / "a.py", "right")
    (result,) = porting.outcomes([(case, 0)], lambda *_, **__: Said(next(verdicts)), children)
    assert result.verdict == "right"


def test_what_people_use_sees_what_its_formula_sees():
    rng = np.random.default_rng(0)
    a = rng.normal(size=(64, 3))
    noise = rng.normal(size=a.shape)
    moved = answers({"output": (a, a + 0.01 * (noise - noise.mean()))}, (a, a[::-1]))
    assert moved["signed mean 1e-3"] and not moved["mean absolute 1e-3"]
    assert moved["cosine .999"] and not moved["allclose 1e-3"] and moved["first layer's mean"]
    assert answers({"output": (a, 3 * a)}, None)["cosine .999"]
    assert answers({"output": (a, 3 * a)}, None)["first layer's mean"] is None
    flat = answers({"output": (a[:, :1], a[:, 0])}, None)
    assert not flat["allclose 1e-3"] and flat["signed mean 1e-3"]
    assert not any(answers({"output": (a, a[:5])}, (a, a))[name] for name in ["allclose 1e-5"])


def test_the_table_beside_counts_what_is_caught_and_false_alarms():
    blind, sharp = ({rival.name: same for rival in porting.RIVALS} for same in (True, False))
    results = [
        outcome("wrong", "wrong", cause="momentum", rivals=blind),
        outcome("wrong", "right", cause="momentum", rivals=sharp),
        outcome("right", "right", rivals=sharp),
        outcome("refuse", "refused"),
    ]
    table = porting.sections(results, rivals=True)[-1]
    counts = {row[0]: row[1:4] for row in table.rows}
    assert counts == {
        "wrong: normalisation": ["2", "1", "1"],
        "*wrong, all: caught": ["2", "1", "1"],
        "*right: false alarms": ["1", "0", "1"],
    }


def test_each_port_has_a_row_with_the_time_and_the_memory_that_it_takes(tmp_path):
    port, children = tmp_path / "net.py", NoChildren()
    port.write_text('"""A net"""\n')
    held = []

    def judge(*_, **__):
        held.append(np.ones(30_000_000))
        time.sleep(0.2)
        return Said("wrong", places=["conv"])

    case = Situation(port, "wrong", ("conv",), "padding", causes=("padding_side",))
    results = list(porting.outcomes([(case, 0)], judge, children, alone=True))
    assert results[0].memory > held[0].nbytes and results[0].seconds > 0.2
    assert children.closed == 1
    table = porting.sections(results, each=True)[-1]
    numbers = f"{results[0].seconds:.0f}", f"{results[0].memory / 1e9:.1f}"
    assert table.rows == [["net", "A net", "wrong", "wrong", "yes", "no", *numbers]]


@pytest.mark.parametrize("verdict, status", [("right", 0), ("wrong", 1), ("refused", 0)])
def test_the_command_prints_writes_and_ends_with_its_status(
    verdict, status, tmp_path, monkeypatch, capsys
):
    port, page = tmp_path / "port.py", tmp_path / "page.md"
    port.write_text('"""A port"""\nTRUTH = "right"\n')
    page.write_text(f"before\n{BEGIN}\n{END}\n")
    monkeypatch.setattr(
        porting,
        "run",
        lambda cases, alone: [Outcome(case, seed, verdict, "so") for case, seed in cases],
    )
    words = [str(port), "--seeds", "0,3", "--into", str(page), "--json", str(tmp_path / "o.json")]
    assert porting.main(words) == status
    assert ("is right, wrong: so" in capsys.readouterr().out) == (status == 1)
    assert "| right | 2 |" in page.read_text() and "seeds 0, 3" in page.read_text()
    records = json.loads((tmp_path / "o.json").read_text())
    assert [(r["seed"], r["situation"]["truth"]) for r in records] == [(0, "right"), (3, "right")]


def test_outcomes_of_several_runs_make_one_table(tmp_path, capsys):
    results = [
        replace(
            outcome("wrong", verdict, name=name, causes=["epsilon"]), made_with=f"commit {name}"
        )
        for name, verdict in (("a", "wrong"), ("b", "right"))
    ]
    files = [tmp_path / f"{o.situation.path.stem}.json" for o in results]
    for file, one in zip(files, results, strict=True):
        file.write_text(json.dumps([one.record()]))
    assert porting.main([*map(str, files)]) == 1
    printed = capsys.readouterr().out
    assert "commit a; commit b; seeds 0" in printed and "b, seed 0: is wrong, right" in printed


def test_a_folder_without_twins_files_is_a_wrong_question(tmp_path, capsys):
    with pytest.raises(SystemExit, match="2"):
        porting.main([str(tmp_path)])
    assert "no twins file there" in capsys.readouterr().err


@pytest.mark.long
@pytest.mark.timeout(600)
def test_the_judge_is_right_on_a_sample():
    pytest.importorskip("benchmarks.twins.judge")
    for name in FRAMEWORKS:
        installed(name)
    cases = [(situation(HERE / "situations" / f"{name}.py"), 0) for name in SAMPLE]
    results = porting.run(cases)
    amiss = [o for o in results if not o.as_it_should_be or o.misproved]
    assert not amiss, [(o.situation.path.stem, o.verdict, o.sentence, o.causes) for o in amiss]
    proved = {o.situation.path.stem for o in results if o.explained == "proved"}
    assert {"flatten_of_an_image", "group_norm_defaults"} <= proved
