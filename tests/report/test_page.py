"""The report from records made by hand: what it has, what it hides, and that nothing in it runs."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from dataclasses import asdict
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from benchmarks.cli.main import main
from benchmarks.explain.from_records import explained
from benchmarks.explain.walk import walk
from benchmarks.parity import parity_table
from benchmarks.parity.climbed import keep
from benchmarks.records.arm import Arm
from benchmarks.records.keys import Record
from benchmarks.records.kinds import typed
from benchmarks.records.notices import not_real
from benchmarks.report.contents import contents, read_kinds
from benchmarks.show.colours import colour_of
from benchmarks.show.html import text
from benchmarks.show.html.page import figures_of, page, policy, script_json
from benchmarks.show.html.side_by_side import aligned, side_by_side
from benchmarks.show.part import Part
from benchmarks.show.section import Section
from benchmarks.twins.apart import Apart
from benchmarks.twins.cause import Cause
from benchmarks.twins.compare import Rung
from benchmarks.twins.judgement import Judgement
from benchmarks.twins.place import Fault
from benchmarks.twins.report import numbers
from common.framework import frameworks
from common.install import install_extra
from common.problem import PROBLEMS
from tests.charts import found_in, rows_in, scale_of
from tests.explain.test_steps import record as ablated
from tests.folds.test_crossval import fold
from tests.sample_records import RAN, but, made
from tests.show.test_tables import FAILED, GENERATED, record
from tests.speed.test_compilation import records as compiled
from tests.speed.test_growth import grown, limited
from tests.speed.test_race import records as raced

needs_report = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("jinja2", "altair", "vl_convert")),
    reason=f"needs {install_extra('report')}",
)
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>|&\u2028[bold]"
TIMES = [0.9, 0.25, 0.2, 0.3]
BOSTON = PROBLEMS["boston"]
SETTINGS = {"folds": 2, "fold_epochs": 2}
FOLD = {
    **RAN,
    "protocol": 1,
    "metrics": {},
    "epoch_seconds": [1.0, 0.5],
    "total_seconds": None,
    "settings": {"changed": SETTINGS, "problem": asdict(BOSTON.but(**SETTINGS))},
}


def run(problem="mnist", framework="alpha", regime="matched", seed=0, **more) -> Record:
    """A finished training run, with all that a real one has."""
    stages = {"import": 2.5, "data": 0.5, "fit": 3.25}
    memory = {"import_rss_bytes": 300 * 2**20, "stages": stages, "epoch_seconds": TIMES}
    about = {"kind": "run", "created": "2026-01-02T03:04:05+00:00", **memory, **RAN}
    return record(problem, framework, regime, seed, **about | more)


def runs(**more) -> list[Record]:
    """Two problems, two frameworks, two regimes, three seeds."""
    return [
        run(problem, framework, regime, seed, value=0.97 + 0.001 * seed + 0.01 * (i % 2), **more)
        for problem in ("mnist", "boston")
        for regime in ("native", "matched")
        for i, framework in enumerate(("alpha", "beta"))
        for seed in range(3)
    ]


def climbed(error: float | None = 1e-8, bound: float = 1e-6, **more) -> Record:
    """A record of `twinbench parity`."""
    differences = [
        {"rung": "loss", "tensor": "loss", "error": error, "bound": bound},
        {"rung": "step 1", "tensor": "hidden1/kernel", "error": 0.0, "bound": 0.0},
        {"rung": "epoch 2", "tensor": "hidden1/kernel", "error": 0.5, "bound": None},
    ]
    pairs = [["alpha", "reference"], ["beta", "reference"]]
    return made(
        **{
            "kind": "parity",
            "problem": "boston",
            "regime": "matched",
            "verdict": "every rung is within its bounds",
            "notice": "",
            "differences": [{"pair": pair, **d} for pair in pairs for d in differences],
            **more,
        }
    )


def checked(name: str = "mine", **more) -> Record:
    """A record of `twinbench parity --twins`: of three layers one is wrong, one has no partner."""
    judgement = Judgement(f"{name}.py", ("alpha", "beta"), 0, "wrong", "norm ~ net.norm: epsilon")
    judgement.layers = [
        Apart("conv", f"{name}.0", "conv2d", True, 0.0, 3e-16, 3e-16),
        Apart("norm", f"{name}.1.norm", "norm", True, 3e-16, 6e-3, 6e-3, ("epsilon is 1 and 2",)),
        Apart("out", f"{name}.1.out", "dense", True, 6e-3, 5e-4, 2e-16, ("two spellings",)),
        Apart("", f"{name}.1.more", "dense"),
    ]
    judgement.pairs = [("conv", f"{name}.0")]
    judgement.faults = [Fault(("norm", "net.norm"), "the first"), Fault(("out",), "the second")]
    trial = "with 1 in beta", 6e-3, 2e-7
    judgement.causes = [Cause("epsilon", ("norm",), "norm differs", "nn.Norm(1)", True, *trial)]
    judgement.notes = ["a note"]
    errors = {"outputs/output": 5e-4, "gradients/conv/kernel": 1e-9, "step 1/norm/gamma": np.inf}
    judgement.rungs = [
        Rung(*place.split("/", 1), error, 1e-6, error, (0.0, 0.0))
        for place, error in errors.items()
    ]
    return made(kind="parity", **numbers(judgement, 2) | more)


def walked(seeds: int = 3) -> list[Record]:
    """The runs of both walks between the first two frameworks; each arm is 0.1 worse."""
    ends = [frameworks()[name] for name in ("keras", "torch")]
    arms = [arm for both in (ends, ends[::-1]) for arm in walk(BOSTON, *both).arms]
    return [
        run(
            *("boston", arm.framework, arm.regime, seed),
            value=2 + 0.1 * i + 0.01 * seed,
            kind="explain",
            process="p",
        )
        for i, arm in enumerate(dict.fromkeys(arms))
        for seed in range(seeds)
    ]


def everything() -> dict[str, list[Record]]:
    """Records of every kind, as they are read from a folder."""
    scaled = [grown(value, 0.1 * value) for value in (1, 2, 4)]
    return {
        "run": [*runs(), run(seed=7, framework="alpha", **FAILED)],
        "crossval": [fold(number, [3.0, 2.5 + number], **FOLD) for number in (0, 1)],
        "parity": [climbed(), checked()],
        "explain": walked(),
        "ablation": [ablated()],
        "limit": [limited(0.004, 0.002)],
        "scale": scaled,
        "race": raced(5),
        "compilation": compiled(5),
    }


def named(kinds: dict[str, list[Record]]) -> list[str]:
    return [part.name for part in contents(kinds)]


def part_of(kinds: dict[str, list[Record]], name: str) -> Part:
    return next(part for part in contents(kinds) if part.name == name)


def tables(kinds: dict[str, list[Record]], name: str) -> list[Section]:
    return list(part_of(kinds, name).sections)


@needs_report
def test_names_of_others_are_data_and_in_no_expression_of_vega():
    """Nor in what Vega-Lite makes of a figure: an expression is code."""
    import vl_convert

    kinds = {
        kind: [record.json for record in records]
        for kind, records in everything().items()
        if kind not in ("run", "explain")
    }
    text = json.dumps(kinds)
    for name in ("alpha", "torch", "textbook"):
        text = text.replace(f'"{name}"', json.dumps(HOSTILE))
    others = {kind: list(map(typed, records)) for kind, records in json.loads(text).items()}
    for figure in figures_of(contents(hostile() | others)).values():
        compiled = vl_convert.vegalite_to_vega(figure)
        code = [text for key in CODE for text in found_in(compiled, key)]
        assert code and "alert(" not in json.dumps(code)
        assert "alert(1)" in json.dumps(compiled)  # it is there, as data
        assert not {"url", "href"} & {
            key for key in ("url", "href") for _ in found_in(compiled, key)
        }


CODE = ("signal", "expr", "update", "init", "test")
"""Keys of Vega whose texts are expressions."""


class Page(HTMLParser):
    """What a browser would make of a page: elements with attributes, and text by element."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, list[str]] = {}
        self.open = ""
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.open = tag

    def handle_data(self, data):
        self.text.setdefault(self.open, []).append(data)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


PARTS = {
    "run": [
        "answer",
        "verdicts",
        "comparison",
        "failures",
        "learning",
        "times",
        "memory",
        "stages",
    ],
    "crossval": ["folds"],
    "parity": ["parity", "twins"],
    "explain": ["explain"],
    "ablation": ["steps"],
    "limit": ["limit"],
    "scale": ["scale"],
    "race": ["race"],
    "compilation": ["compilation"],
}


@pytest.mark.parametrize("kind", PARTS)
def test_each_kind_of_record_has_its_parts_and_no_others(kind):
    assert sorted(named({kind: everything()[kind]})) == sorted([*PARTS[kind], "environment"])


def test_all_parts_come_in_one_order_and_the_answer_first():
    names = named(everything())
    assert names[:3] == ["answer", "verdicts", "comparison"] and names[-1] == "environment"
    assert set(names) == {"environment"}.union(*PARTS.values())
    assert named({}) == []


def test_the_sentences_are_those_of_the_verdicts_and_their_tables_do_not_repeat_them():
    from benchmarks.show.wording import sentence
    from benchmarks.statistics.verdict import comparisons

    _, part, *_ = contents({"run": runs()})
    sentences = [sentence(pair) for pair in comparisons(runs())]
    assert [each.sentence for each in part.said] == sentences and len(sentences) == 4
    assert not any(note in sentences for table in part.sections for note in table.notes)


def test_regimes_never_share_a_table():
    found = tables({"run": runs()}, "comparison")
    assert [table.title for table in found] == ["Results, regime native", "Results, regime matched"]
    assert [len(table.rows) for table in found] == [4, 4]
    for name in ("times", "memory", "stages"):
        titles = [table.title for table in tables({"run": runs()}, name)]
        assert [title.rpartition(" ")[2] for title in titles] == ["native", "matched"]


def test_the_tables_behind_the_charts_hold_the_numbers():
    kinds = everything()
    (times, _) = tables(kinds, "times")
    assert times.rows[0] == ["mnist", "alpha", "3", "9", "200", "200", "250", "300", "300"]
    (memory, _) = tables(kinds, "memory")
    assert memory.rows[0] == ["mnist", "alpha", "700", "300", "3"]
    (stages, _) = tables(kinds, "stages")
    assert stages.rows[0] == ["mnist, alpha", "2.50", "0.500", "3.25", "6.25"]
    first = tables(kinds, "learning")[0]
    column = first.headings.index("alpha training loss")
    # losses of epoch 2 are 2 + 0.01 seed
    assert first.rows[1][column] == "2.01 [2, 2.02]"
    assert first.rows[3][first.headings.index("alpha test loss")] == "0.1"


def test_clocks_of_runs_that_were_not_alone_are_no_epoch_time():
    shared = runs(trained_together=4)
    assert not {"times", "stages", "memory"} & set(named({"run": shared}))
    assert "times" not in named({"run": runs(timed=False)})
    assert "memory" in named({"run": runs(timed=False)})


def test_what_records_lack_is_left_out_of_charts_and_tables():
    one = [run(framework=name) for name in ("alpha", "beta")]
    assert [t for t in tables({"run": one}, "verdicts") if "margin" in t.title] == []
    short = runs(epoch_seconds=[0.5], peak_rss_bytes=None)
    assert not {"times", "memory"} & set(named({"run": short}))
    unsaid = {"history": {"loss": [1.0]}, "metrics": {}}
    assert "learning" in named({"run": [*runs(), run(seed=8, **unsaid)]})
    lost = walked()
    goal = Arm.bare(lost[-1])
    lost = [but(run, metrics={}) if Arm.bare(run) == goal else run for run in lost]
    some, every = (
        rows_in(figures_of(contents({"explain": of}))["explain-1"]) for of in (lost, walked())
    )
    assert 0 < len(some) < len(every)


def test_a_rung_that_one_ladder_lacks_is_not_judged():
    differences = [d for d in climbed().json["differences"] if d["rung"] == "loss"]
    ladders = [climbed(seed=0), climbed(seed=1, differences=differences)]
    (table,) = tables({"parity": ladders}, "parity")
    column = table.headings.index("boston seed 1: alpha and reference")
    assert [row[column] for row in table.rows][1] == "not judged"


def test_an_error_over_its_bound_is_loud_and_orange():
    (table,) = tables({"parity": [climbed(error=2e-6)]}, "parity")
    assert table.rows[0][1] == "*2.0e-06 (bound 1e-06; loss)"
    assert table.rows[1][1].startswith("0.0e+00 (must be equal")
    assert [row[0] for row in table.rows] == ["loss", "step 1"]  # weights of epochs: not judged
    (table,) = tables({"parity": [climbed(error=None)]}, "parity")
    assert table.rows[0][1].startswith("*nan")


def test_two_ladders_of_a_problem_stand_side_by_side():
    def columns(*changes: dict) -> list[str]:
        (table,) = tables({"parity": [climbed(**change) for change in changes]}, "parity")
        return list(table.headings[1::2])

    seeds = {"seed": 0, "epochs": 500}, {"seed": 3, "epochs": 500}
    assert columns(*seeds) == [f"boston seed {n}: alpha and reference" for n in (0, 3)]
    short = {"seed": 3, "epochs": 2}
    assert columns(seeds[1], short)[1] == "boston epochs 2: alpha and reference"
    # an old record knows no threads; of what cannot be told apart none is left out
    assert columns({}, {"threads": 1})[1] == "boston threads 1: alpha and reference"
    assert [name.partition(":")[0] for name in columns({}, {}, {})] == [
        "boston",
        "boston (2)",
        "boston (3)",
    ]


@needs_report
@pytest.mark.parametrize(
    ("error", "power"),
    [(1e-8, -2), (2e-6, 0.30103), (None, parity_table.MOST), (0.0, None)],
)
def test_the_heat_map_has_the_power_of_ten_of_the_error_over_its_bound(error, power):
    cell, *_ = rows_in(figures_of(contents({"parity": [climbed(error=error)]}))["parity-1"])
    assert cell["power"] == (power and pytest.approx(power, abs=1e-4))
    assert cell["share"] == {1e-8: "0.01", 2e-6: "2", None: "inf", 0.0: "0"}[error]


def test_the_walks_are_found_again_in_their_records():
    (found,) = explained(walked(), [])
    assert [(each.start, each.goal) for each in found.walks] == [
        ("keras", "torch"),
        ("torch", "keras"),
    ]
    assert found.mean(found.walks[0].arms[0]) == pytest.approx(2.01)
    assert found.step_effect(found.walks[0].steps[1]).mean == pytest.approx(0.1)
    missing = found.walks[0].arms[2].regime
    parted = [run for run in walked() if run.regime != missing]
    assert all(missing not in str(each.arms) for e in explained(parted, []) for each in e.walks)


def test_a_rung_is_found_by_the_names_of_its_arms():
    (found,) = explained(walked(), [])
    step = found.walks[0].steps[0]
    keys = [
        f"boston/{arm.framework}/{arm.regime}/cpu/seed0-x.json" for arm in (step.before, step.after)
    ]
    first = {"rung": "step 1", "tensor": "w", "error": 0.25}
    rung = made(kind="explain_rung", before=keys[0], after=keys[1], first=first)
    (found,) = explained(walked(), [rung])
    assert list(found.rungs) == [(step.before, step.after)]
    other = [but(run, threads=1) for run in walked()]
    assert [each.rungs for each in explained([*walked(), *other], [rung])] == [{}, {}]


@needs_report
def test_the_waterfall_goes_from_mean_to_mean():
    figure = figures_of(contents({"explain": walked()}))["explain-1"]
    (found,) = explained(walked(), [])
    there = found.walks[0]
    start, *steps, goal = figure["vconcat"][0]["concat"][0]["data"]["values"]
    assert len(steps) == len(there.steps)
    assert start["after"] == pytest.approx(2.01) == steps[0]["before"]
    assert all(a["after"] == pytest.approx(b["before"]) for a, b in pairwise(steps))
    assert steps[-1]["after"] == goal["after"] == pytest.approx(found.mean(there.arms[-1]))
    assert all(step["low"] - 1e-9 <= step["after"] <= step["high"] + 1e-9 for step in steps)
    assert [step["word"] for step in steps if step["low"] > step["before"]] != []
    assert {step["word"] for step in steps} <= {"worse", "unclear"}  # each arm is 0.1 worse


@needs_report
def test_every_chart_draws_its_arms_in_their_colours():
    figures = figures_of(contents(everything()))
    colours = {name: colour_of(name) for name in ("alpha", "beta")}
    assert {key.partition("-")[0] for key in figures} >= {"learning", "times", "memory", "parity"}
    for name in ("learning-1", "times-1", "memory-1"):
        assert scale_of(figures[name], "color") == colours


@needs_report
def test_the_page_loads_nothing_and_has_a_table_for_every_chart():
    source = page(contents(everything()), "a report")
    found = Page(source)
    assert not {"iframe", "object", "embed", "base"} & {tag for tag, _ in found.elements}
    assert [link["href"] for link in found.named("link")] == ["data:,"]
    for tag, attributes in found.elements:
        assert not {"src", "srcset", "action", "style"} & attributes.keys(), tag
        assert not any(name.startswith("on") for name in attributes), tag
        assert (attributes.get("href") or "#").startswith(("#", "data:,")), tag
    charts = [d["id"] for d in found.named("div") if d.get("class") == "chart"]
    assert len(charts) > 10
    assert {f"{chart}-caption" for chart in charts} <= {c.get("id") for c in found.named("caption")}
    ids = [a["id"] for _, a in found.elements if "id" in a]
    assert len(ids) == len(set(ids))


@needs_report
def test_the_policy_allows_the_scripts_of_the_page_and_no_other():
    source = page(contents({"run": runs()}), "a report")
    (meta,) = (m for m in Page(source).named("meta") if m.get("http-equiv"))
    scripts = re.findall(r"<script>(.*?)</script>", source, re.DOTALL)
    assert len(scripts) == 2 and meta["content"] == policy(scripts)
    assert "default-src 'none'" in meta["content"] and "http" not in meta["content"]
    assert policy(["a"]) != policy(["b"]) and "unsafe-eval" not in policy(scripts)
    assert not re.search(r"script-src[^;]*unsafe", meta["content"])


@needs_report
def test_without_charts_the_page_has_no_chart_library():
    assert len(page(contents({"run": [run(**FAILED)]}), "a report")) < 500_000


def hostile() -> dict[str, list[Record]]:
    """Records whose every text is an attack."""
    error = {"kind": HOSTILE, "message": HOSTILE, "traceback_tail": HOSTILE}
    data = {**GENERATED, "notice": HOSTILE, "source": HOSTILE}
    more = {"data": data, "warnings": [HOSTILE], "versions": {HOSTILE: HOSTILE}}
    good = [run("mnist", name, seed=s, **more) for name in ("alpha", HOSTILE) for s in range(2)]
    failed = run("mnist", HOSTILE, seed=9, error=error, device=HOSTILE, metrics=None)
    parity = climbed(problem=HOSTILE, verdict=HOSTILE, notice=HOSTILE)
    return {"run": [*good, failed], "parity": [parity, checked(HOSTILE, notes=[HOSTILE])]}


@needs_report
def test_hostile_text_is_text():
    source = page(contents(hostile()), HOSTILE)
    found = Page(source)
    assert not found.named("img")
    assert [s.get("type") for s in found.named("script")] == ["application/json", None, None]
    assert any("alert(1)" in text for text in found.text["td"])
    markdown = text.markdown(contents(hostile()))
    assert "<img" not in markdown and "alert(1)" in markdown


def test_json_cannot_end_its_script_and_reads_back_the_same():
    value = {"a": HOSTILE, "b": [1.5, None]}
    written = script_json(value)
    assert not set("<>&") & set(written) and json.loads(written) == value
    with pytest.raises(ValueError, match="Out of range"):
        script_json({"a": np.nan})


def test_lines_that_are_equal_share_a_row_and_none_is_lost():
    left, right = ["a", "b", "c", "d"], ["a", "x", "y", "z", "c"]
    rows = list(aligned(left, right))
    assert [row.left for row in rows if row.left_number] == left
    assert [row.right for row in rows if row.right_number] == right
    assert [row.left for row in rows if row.same] == ["a", "c"]


def test_the_implementations_are_found_by_their_folders():
    pair, *others = side_by_side("boston")
    assert all(other.left == pair.left for other in others)
    assert [path.as_posix() for path in pair[:2]] == [
        "keras_impl/boston.py",
        "torch_impl/boston.py",
    ]
    assert sum(row.same for row in pair.rows) > 5
    assert list(side_by_side("nothing")) == []


def test_markdown_and_terminal_have_every_sentence_and_table_but_the_long_ones():
    parts = contents(everything())
    written, printed = text.markdown(parts), text.plain(parts)
    for part in parts:
        assert f"## {part.title}" in written and part.title in printed
        for table in part.sections:
            assert (f"**{table.title}**" in written) is not table.long
        for said in part.said:
            assert said.sentence in written and said.sentence in printed
            assert all(note in written and note in printed for note in said.notes)
    assert "| mnist | alpha | cpu | 0.9710" in written


def test_made_up_data_is_said_loudly():
    generated = {"run": runs(data=GENERATED)}
    assert text.markdown(contents(generated)).count("NOT THE REAL DATA FILES") > 1
    assert not_real(generated["run"])


def folder_of(kinds: dict[str, list[Record]], folder: Path) -> Path:
    for kind, records in kinds.items():
        for number, each in enumerate(records):
            path = folder / kind / f"{number}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(each.json))
    return folder


def test_records_are_read_by_kind_and_a_race_of_folds_apart(tmp_path, capsys):
    folder_of({**everything(), "race/folds": raced(1)}, tmp_path)
    (tmp_path / "broken.json").write_text("{")
    found = read_kinds(tmp_path)
    assert {k: len(v) for k, v in found.items()} == {
        **{k: len(v) for k, v in everything().items()},
        "race/folds": 3,
    }
    assert "broken.json" in capsys.readouterr().err


def report(*words) -> int:
    return main(["report", *map(str, words)])


@needs_report
def test_the_command_writes_a_page(tmp_path, capsys):
    folder = folder_of(everything(), tmp_path / "results")
    assert report("--results", folder, "--output", tmp_path / "page.html") == 0
    source = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert source.startswith("<!doctype html>") and source.endswith("</html>\n")
    shown = capsys.readouterr()
    assert "page.html: written" in shown.err and not shown.out


def test_the_format_is_that_of_the_name(tmp_path, capsys):
    folder = folder_of({"run": runs()}, tmp_path / "results")
    assert report("--results", folder, "--output", tmp_path / "page.md") == 0
    assert (tmp_path / "page.md").read_text(encoding="utf-8").startswith("## The answer")
    assert report("--results", folder, "--format", "md") == 0
    assert capsys.readouterr().out == (tmp_path / "page.md").read_text(encoding="utf-8")
    assert report("--results", folder) == 0
    assert "Results, regime native" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--results", "nowhere"], "nowhere: no record"),
        (["--output", "page.pdf"], r"page.pdf ends in no .html, .htm, .md; give --format"),
        (["--format", "html"], "give --output FILE.html"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(words, said, capsys):
    assert report(*words) == 2
    assert said in capsys.readouterr().err


def test_a_missing_library_names_the_extra(tmp_path, monkeypatch, capsys):
    folder = folder_of({"run": runs()}, tmp_path / "results")
    monkeypatch.setitem(sys.modules, "jinja2", None)
    assert report("--results", folder, "--output", tmp_path / "page.html") == 2
    assert install_extra("report") in capsys.readouterr().err
    assert not (tmp_path / "page.html").exists()


@needs_report
def test_the_parts_need_neither_altair_nor_jinja_and_altair_no_grammars_of_addresses():
    code = (
        "import sys, benchmarks.report.contents, benchmarks.show.html.page\n"
        "print(*{'altair', 'vl_convert', 'jinja2', 'pandas'} & set(sys.modules))\n"
        "import altair\n"
        "print(*{'lark'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n\n"


def test_a_ladder_is_kept_as_a_record(tmp_path):
    about = ("kind", "schema", "created", "error", "host", "git", "versions")
    found = {k: v for k, v in climbed().json.items() if k not in about}
    keep(found, tmp_path / "parity" / "boston" / "matched.json")
    (kept,) = read_kinds(tmp_path)["parity"]
    assert kept.json | found == kept.json and kept.versions["numpy"]
    assert named({"parity": [kept]}) == ["parity", "environment"]
