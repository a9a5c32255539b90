"""Tables and curves from records made by hand."""

from __future__ import annotations

import importlib.util
import io
import json
import sys
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from rich.table import Column, Table

from benchmarks.explain import steps_table
from benchmarks.folds import crossval_table
from benchmarks.folds.tune import choose
from benchmarks.harness.peers import PEERS
from benchmarks.records.keys import Record
from benchmarks.records.kinds import typed
from benchmarks.records.packed import unpack
from benchmarks.records.record import read_beside, write_record
from benchmarks.report.contents import contents
from benchmarks.run import table_command
from benchmarks.show import curves
from benchmarks.show.colours import colour_of
from benchmarks.show.curves import save_curves
from benchmarks.show.figures import as_name, spec
from benchmarks.show.markdown import BEGIN, END, escaped, line, marks, replace_table
from benchmarks.show.run_table import FEW, rows_of, sections
from benchmarks.show.section import Section, drawn, markdown, print_sections
from benchmarks.show.terminal import print_wide
from benchmarks.show.wording import number
from benchmarks.speed import compilation_table, limit_table, race_table, scale_table
from common.framework import frameworks, label_of
from common.install import install_extra
from common.problem import PROBLEMS
from tests import sample_records
from tests.charts import rows_in, scale_of
from tests.folds.test_tune import fold
from tests.records.test_check import SAMPLE
from tests.sample_records import but

needs_altair = pytest.mark.skipif(
    importlib.util.find_spec("altair") is None, reason="altair is not installed"
)


def record(problem="mnist", framework="alpha", regime="matched", seed=0, *, value=0.97, **more):
    """A finished run whose numbers are easy to find again in a table."""
    metric = PROBLEMS[problem].metric
    falling = [4 / (1 + epoch) + 0.01 * seed for epoch in range(4)]
    history = {"loss": falling, metric: falling}
    if PROBLEMS[problem].validation:
        history |= {"val_loss": [x + 0.1 for x in falling], f"val_{metric}": falling}
    fields = {
        "data": {"source": "folder", "digest": "sha256:1", "real": True, "notice": ""},
        "history": history,
        "samples_per_second": 240_000.0,
    }
    times = (0.9, 0.25, 0.2, 0.3)
    return sample_records.run(
        problem, framework, regime, seed, value=value, epochs=times, **{**fields, **more}
    )


def in_markdown(runs) -> str:
    return markdown(sections(runs))


def printed(runs, **console) -> str:
    out = io.StringIO()
    print_sections(sections(runs), Console(file=out, **console))
    return out.getvalue()


GENERATED = {
    "source": "generated",
    "digest": "sha256:2",
    "real": False,
    "notice": "words drawn at random",
}
FAILED = {"error": {"kind": "ChildDied", "message": "killed by\nSIGKILL"}, "metrics": None}


def test_a_row_shows_every_number_in_its_unit():
    line = next(x for x in printed([record()]).splitlines() if "alpha" in x)
    cells = "mnist alpha cpu 0.9700 0.1000 250 0.900 240,000 700 12.3 1 1"
    assert line.split() == cells.split()


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (0.0123, "0.012"), (1, "1.00"), (12.34, "12.3"), (240_000, "240,000")],
)
def test_number(value, text):
    assert number(value) == text


def test_seeds_give_mean_standard_deviation_and_their_number():
    runs = [record(seed=s, value=v) for s, v in enumerate((0.96, 0.97, 0.98))]
    assert " 0.9700 ± 0.0100 (n=3) " in printed(runs)


def test_times_are_medians_over_processes():
    times = (0.1, 0.2, 7.0)
    (row,) = rows_of([record(seed=s, steady_epoch_seconds=t) for s, t in enumerate(times)])
    assert row.steady_epoch_seconds == 0.2


def test_two_regimes_never_share_a_column():
    runs = [record(regime=regime) for regime in ("matched", "native")]
    titles = [section.title for section in sections(runs)]
    assert titles == ["Results, regime native", "Results, regime matched"]
    assert printed(runs).count("Results, regime") == 2
    assert in_markdown(runs).count("| problem |") == 2


@pytest.mark.parametrize("width", [30, 60, 80, 100, 200])
def test_nothing_is_cut_off_however_narrow_the_terminal(width):
    runs = [record(seed=s, value=v) for s, v in enumerate((0.96, 0.97, 0.98))]
    text = printed(runs, width=width, force_terminal=True, color_system=None)
    kept, _, gone = text.partition("(left out: ")
    (table,) = sections(runs)
    assert all(len(line) <= width for line in kept.splitlines() if "─" in line)
    missing = [name for name in table.spare if name in gone.partition(";")[0].split(", ")]
    assert bool(missing) == (width in (60, 80))  # at 30 a line a cell has all again
    for heading, cell in zip(table.headings, table.rows[0], strict=True):
        if heading not in missing:
            assert not {*heading.split(), *cell.split()} - set(kept.split()), heading


def test_two_protocols_never_share_a_table():
    with pytest.raises(ValueError, match="protocols 1 and 2"):
        printed([record(), record(seed=1, protocol=2)])


PAGES = {
    "race": race_table.sections,
    "limit": partial(limit_table.page, stem=Path("unused")),
    "compilation": compilation_table.sections,
    "scale": partial(scale_table.page, stem=Path("unused")),
    "ablation": steps_table.sections,
    "crossval": crossval_table.fold_sections,
    "explain": None,
}


@pytest.mark.parametrize("kind", PAGES)
def test_nor_do_they_in_a_table_of_another_kind_nor_on_one_page_of_several(kind):
    known = next(sample for sample in unpack(SAMPLE) if sample["kind"] == kind)
    mixed = [typed(known | {"protocol": number}) for number in (1, 2)]
    refused = pytest.raises(ValueError, match="protocols 1 and 2 cannot stand in one table")
    with refused:
        contents({kind: mixed})
    with refused:
        contents({kind: mixed[:1], "run": [record(protocol=2)]})
    if page := PAGES[kind]:
        with refused:
            list(page(mixed))


def test_the_page_of_a_choice_refuses_two_protocols():
    with pytest.raises(ValueError, match="protocols 1 and 2"):
        choose(but(fold((8,), [1.0]), protocol=number) for number in (1, 2))


def test_fewer_than_five_processes_are_said_so_and_five_are_not():
    runs = [record(seed=s) for s in range(5)]
    assert FEW in in_markdown(runs[:4])
    assert FEW not in in_markdown(runs)


def test_data_that_is_not_real_is_marked_on_the_row_and_below():
    runs = [record(), record("imdb", data=GENERATED)]
    text = printed(runs)
    assert "imdb !" in text and "mnist !" not in text
    assert "NOT THE REAL DATA FILES (generated): words drawn at random" in text
    assert "**imdb !**" in in_markdown(runs)


def test_runs_on_other_data_are_a_row_of_their_own():
    runs = [record("imdb"), record("imdb", seed=1, data=GENERATED)]
    assert [len(row.runs) for row in rows_of(runs)] == [1, 1]


def test_changed_settings_are_a_row_of_their_own_and_marked():
    runs = [record(), record(seed=1, settings={"changed": {"epochs": 1}})]
    text = printed(runs)
    assert text.count("alpha") == 2
    assert "changed: epochs = 1" in text


def test_failed_runs_are_counted_and_their_error_shown():
    text = printed([record(), record(seed=1, **FAILED), record(framework="beta", **FAILED)])
    assert "1 + 1 failed" in text
    assert "failed: ChildDied: killed by SIGKILL" in text
    assert next(x for x in text.splitlines() if "beta" in x).split()[3] == "-"


def test_a_failure_before_the_data_was_there_stays_with_its_arm():
    rows = rows_of([record(), record(seed=1, data=None, **FAILED)])
    assert [(len(row.runs), len(row.failed)) for row in rows] == [(1, 1)]


def test_a_metric_that_is_no_number_is_said_and_left_out_of_the_mean():
    runs = [record(value=0.9), record(seed=1, metrics={"loss": None, "accuracy": None})]
    text = printed(runs)
    assert " 0.9000 " in text and "1 of 2 runs ended without a number" in text


def test_warnings_alike_but_for_their_numbers_are_listed_once():
    runs = [record(seed=s, warnings=[f"the load was {s}.5"]) for s in range(3)]
    assert printed(runs).count("warning: ") == 1
    assert "the load was 0.5 (and 2 more like it)" in printed(runs)


def test_other_versions_in_one_row_are_said():
    runs = [record(), record(seed=1, versions={"numpy": "2.1"})]
    assert "mixes machines or versions" in printed(runs)


def test_other_kinds_of_record_are_no_row():
    assert sections([record(kind="other")]) == sections([]) == []


def test_text_from_records_cannot_break_the_table():
    error = {"kind": "E", "message": "[bold]a|b<i>"}
    runs = [record(error=error)]
    assert "[bold]a|b<i>" in printed(runs)
    assert "a\\|b&lt;i>" in in_markdown(runs)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("![p](https://e.x/t.png)", r"![p\](https\://e.x/t.png)"),
        ("[a][b] [c]: d", r"[a\][b] [c\]: d"),
        (r"[a\](b)", r"[a\\\](b)"),
        ("www.e.x and ~~gone~~", r"www\.e.x and \~\~gone\~\~"),
        ("&lt;b> &#91; R&D", "&amp;lt;b> &amp;#91; R&D"),
        ("<img src=x> a|b", r"&lt;img src=x> a\|b"),
        ("\x1b[2J\u202ea\r\x9b \\", r"\x1b[2J\u202ea\r\x9b \\"),
        ("a_b snake_case * `code` 5 % [64, 64] C:\\x @ 2 $ é -0.1 #1", None),
    ],
)
def test_text_of_others_is_no_markdown(text, expected):
    assert escaped(text) == (text if expected is None else expected)


@pytest.mark.parametrize("start", ["# a", "> a", ">a", "- a", "* a", "+ a", "1. a", "12) a", "```"])
def test_a_line_of_others_begins_no_block(start):
    assert line(start).replace("\\", "", 1) == start != line(start)
    for same in ("a # b", "#1", "-0.1 less", "*loud", "1.5 times", "`code`", "+0.2"):
        assert line(same) == same


def test_nothing_in_a_record_acts_on_the_terminal_or_the_page():
    hostile = "[bold]x[/] :smile: [link=e.x]y \x1b]0;OWNED\x07\x1b[2J\u202e\r\x08"
    shown = "[bold]x[/] :smile: [link=e.x]y \\x1b]0;OWNED\\x07\\x1b[2J\\u202e\\r\\x08"
    runs = [record(framework=hostile, warnings=[hostile], error={"kind": "E", "message": hostile})]
    for terminal in (False, True):
        text = printed(runs, force_terminal=terminal, color_system=None, width=300)
        assert text.count(shown) == 2 and not {*"\x07\x08\r\u202e\x9b"} & {*text}
        assert "\x1b" not in text
    path = Path("study-](x) y.png")
    page = markdown([Section("a](b)", ("x",), [["*loud"]], notes=["# n"], figures=[path])])
    assert r"![a\](b)](study-%5D%28x%29%20y.png)" in page and r"**a\](b)**" in page
    assert "| **loud** |" in page and r"- \# n" in page


def test_replace_table_writes_between_the_marks_alone(tmp_path):
    path = tmp_path / "README.md"
    path.write_text(f"top\n{BEGIN}\nold\n{END}\nbottom\n")
    assert replace_table(path, "new\n") is True
    assert path.read_text() == f"top\n{BEGIN}\nnew\n{END}\nbottom\n"
    assert replace_table(path, "new\n") is False


@pytest.mark.parametrize("text", ["", BEGIN, f"{END}{BEGIN}", f"{BEGIN}{END}{BEGIN}{END}"])
def test_replace_table_without_its_marks_fails_and_writes_nothing(tmp_path, text):
    path = tmp_path / "README.md"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"README\.md: expected one line"):
        replace_table(path, "new")
    assert path.read_text() == text


def run_table_command(*words) -> int:
    import argparse

    parser = argparse.ArgumentParser()
    table_command.add_arguments(parser)
    return table_command.main(parser.parse_args([str(word) for word in words]))


def test_table_command_reads_records_from_a_folder(tmp_path, capsys):
    (tmp_path / "a.json").write_text(json.dumps(record().json))
    readme = tmp_path / "README.md"
    readme.write_text(f"{BEGIN}\n{END}\n")
    assert run_table_command("--results", tmp_path) == 0
    assert " 0.9700 " in capsys.readouterr().out
    assert run_table_command("--results", tmp_path, "--into", readme) == 0
    assert "| mnist | alpha | cpu | 0.9700 |" in readme.read_text()


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "BOM"])
def test_a_file_keeps_its_encoding_its_ends_of_lines_and_its_permissions(end, mark, tmp_path):
    page, table = tmp_path / "page.md", f"| a |{end}| --- |{end}| 1 |"
    lines = [f"{mark}# ± first", BEGIN, "{}", END, "a stray CRLF\r", "last"]
    page.write_bytes(end.join(lines).format("old").encode())
    page.chmod(0o640)
    assert replace_table(page, table.replace("\r", ""))
    assert page.read_bytes() == end.join(lines).format(table).encode()
    assert page.stat().st_mode & 0o777 == 0o640
    assert not replace_table(page, table.replace("\r", ""))  # it stands there


def test_a_file_that_is_not_in_utf_8_is_refused_and_stays(tmp_path):
    page, content = tmp_path / "page.md", f"{BEGIN}\n{END}\n d\xe9j\xe0\n".encode("latin-1")
    page.write_bytes(content)
    with pytest.raises(ValueError, match=r"page\.md is no text in UTF-8 \(.* position 53"):
        replace_table(page, "| a |")
    assert page.read_bytes() == content


def test_a_file_may_have_two_tables_by_name_one_without_times_and_one_without_the_metric(
    tmp_path,
):
    (tmp_path / "a.json").write_text(json.dumps(record().json))
    (tmp_path / "b.json").write_text(json.dumps(record(framework="beta").json))
    readme = tmp_path / "README.md"
    names = ("accuracy", "time")
    readme.write_text("\n".join(f"{first}\n{last}" for first, last in map(marks, names)))
    for show, name in zip(("metric", "time"), names, strict=True):
        words = ("--results", tmp_path, "--show", show, "--into", readme, "--mark", name)
        assert run_table_command(*words) == 0
    accuracy, time = readme.read_text().split(marks("time")[0])
    assert (
        "| mnist | alpha | cpu | 0.9700 | 0.1000 | 1 |" in accuracy and "epoch (ms)" not in accuracy
    )
    assert "not enough runs to tell whether the accuracies of alpha and beta" in accuracy
    assert "epoch (ms)" in time and "0.9700" not in time and "accuracy" not in time
    with pytest.raises(ValueError, match="one line <!-- twinbench:table none -->"):
        run_table_command("--results", tmp_path, "--into", readme, "--mark", "none")
    with pytest.raises(ValueError, match="give --into too"):
        run_table_command("--results", tmp_path, "--mark", "accuracy")


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("keras", "keras (tensorflow)"),
        ("keras:jax", "keras (jax)"),
        ("keras:torch", "keras (torch)"),
        ("torch", "torch"),
        ("a stranger's", "a stranger's"),
        ("keras cuda", "keras (tensorflow) cuda"),
    ],
)
def test_a_framework_is_shown_with_its_backend_and_a_stranger_as_he_is(name, label):
    assert label_of(name) == label
    if " " not in name:
        assert f"| {label} |" in in_markdown([record(framework=name)])


def test_table_command_without_records_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="no record"):
        run_table_command("--results", tmp_path)


@needs_altair
def test_curves_are_the_same_bytes_each_time(tmp_path):
    names = ("alpha", r"$\frac{$ is no formula")
    runs = [record("boston", f, seed=s) for f in names for s in range(2)]
    first = save_curves(runs, tmp_path / "1")
    second = save_curves(runs, tmp_path / "2")
    assert [path.name for path in first] == ["curves-boston.png", "curves-boston.svg"]
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]
    assert as_name("twins:x") == "twins-x" and as_name("../../a b") == "..-..-a-b"


@needs_altair
def test_curves_show_every_arm_panel_and_the_source_of_the_data():
    runs = [
        record("imdb", framework, regime, data=GENERATED)
        for framework in ("alpha", "beta")
        for regime in ("native", "matched")
    ]
    figure = spec(curves.figure("imdb", runs))
    panels = [panel for row in figure["vconcat"] for panel in row["concat"]]
    titles = [panel["title"] for panel in panels if panel.get("title")]
    assert len(panels) == 4 and titles == ["regime: native", "regime: matched"]
    for panel in panels:
        rows = {(r["name"], r["kind"]) for r in rows_in(panel)}
        kinds = ("training", "validation", "test")
        assert rows == {(name, kind) for name in ("alpha", "beta") for kind in kinds}
    assert "GENERATED DATA" in figure["title"]["text"]


@needs_altair
def test_a_framework_keeps_its_colour_whatever_stands_beside_it():
    """And lines of one framework, or one upon another, are told apart by markers and widths."""
    for names in (("torch",), ("jax", "keras", "torch", "textbook"), ("alpha", "torch", "zeta")):
        figure = spec(curves.figure("mnist", [record("mnist", name) for name in names]))
        expected = {label_of(name): colour_of(name) for name in names}
        assert scale_of(figure, "color") == expected
    wide = record("mnist", "torch", settings={"changed": {"hidden": [64]}})
    figure = spec(curves.figure("mnist", [record("mnist", "torch"), wide]))
    assert set(scale_of(figure, "color").values()) == {colour_of("torch")}
    assert len(set(scale_of(figure, "shape").values())) == 2
    first, second = dict.fromkeys(row["width"] for row in rows_in(figure) if "width" in row)
    assert first > second


# Machado, Oliveira and Fernandes 2009: linear sRGB as seen without red, green or blue receptors
SIGHT = (
    np.eye(3),
    ((0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052)),
    ((0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969)),
    ((1.256, -0.077, -0.179), (-0.078, 0.931, 0.148), (0.005, 0.691, 0.304)),
)
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def lab(colour: str, sight: Any = SIGHT[0]) -> np.ndarray:
    """CIE L*a*b* of #RRGGBB: equal distances are about equally easy to see; 2.3 is just seen."""
    s = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(s <= 0.04045, s / 12.92, ((s + 0.055) / 1.055) ** 2.4)
    part = XYZ @ np.clip(np.array(sight) @ linear, 0, 1) / XYZ.sum(axis=1)
    x, y, z = np.where(part > 0.008856, np.cbrt(part), 7.787 * part + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_colours_are_told_apart_on_any_paper_by_any_eye_and_in_grey():
    colours = {name: colour_of(name) for name in (*frameworks(), *PEERS)}
    for sight in SIGHT:
        for one, other in combinations(colours, 2):
            apart = np.linalg.norm(lab(colours[one], sight) - lab(colours[other], sight))
            assert apart > 15, (one, other)
    assert all(lab(colour)[0] - lab("#15181c")[0] > 25 for colour in colours.values())
    assert all(lab("#ffffff")[0] - lab(colour)[0] > 25 for colour in colours.values())
    plain = sorted(lab(colours[name])[0] for name in ("keras", "torch", "jax"))
    assert min(np.diff(plain)) > 7
    assert colour_of("a stranger's") == colour_of("a stranger's") != colour_of("another's")


def test_a_narrower_run_keeps_what_the_figure_shows(tmp_path):
    """All that the folder has of that problem and protocol."""
    kept = [sample_records.run("boston", name) for name in ("alpha", "beta")]
    other = [sample_records.run("imdb"), sample_records.run("boston", "old", protocol=0)]
    failed = sample_records.run("boston", "failed", error={"kind": "x", "message": "y"})
    for i, each in enumerate([*kept, *other, failed]):
        write_record(each, tmp_path / each.problem / f"{i}.json")
    assert names(read_beside(kept[1:], tmp_path)) == "alpha, beta"


def names(runs: list[Record]) -> str:
    return ", ".join(sorted(run.framework for run in runs))


@needs_altair
def test_a_failed_run_is_no_curve(tmp_path):
    assert save_curves([record(**FAILED)], tmp_path) == []


@needs_altair
def test_histories_are_solid_and_dashed_curves_the_second_framework_thinner():
    histories = {
        "alpha": {"loss": [3.0, 1.0], "val_loss": [3.0, 2.0]},
        "beta": {"loss": [4.0, 2.0]},  # not validated
    }
    figure = spec(curves.draw_histories(histories, ["loss"], {"the textbook stops": 1}))
    drawn: dict[tuple[str, str], list[float]] = {}
    for row in rows_in(figure):
        if "kind" in row:
            drawn.setdefault((row["name"], row["kind"]), []).append(row["mean"])
    assert drawn == {
        ("alpha", "training"): [3.0, 1.0],
        ("alpha", "validation"): [3.0, 2.0],
        ("beta", "training"): [4.0, 2.0],
    }
    assert {"epoch": 1, "mark": "the textbook stops"} in rows_in(figure)
    assert scale_of(figure, "strokeDash")["training"] == [1, 0]
    assert scale_of(figure, "color") == {name: colour_of(name) for name in histories}
    first, second = dict.fromkeys(row["width"] for row in rows_in(figure) if "width" in row)
    assert first > second


def test_figures_without_their_library_say_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "altair", None)
    assert drawn(lambda: save_curves([record()], tmp_path), "curves") == []
    assert install_extra("plot") in capsys.readouterr().err


def test_a_table_that_may_not_fold_does_so_on_a_narrow_terminal_alone():
    words = ("layer3.downsample.0/kernel", "gradients of the whole", "1e-07 !")
    for width, whole in ((30, False), (100, True)):
        table = Table(*(Column(no_wrap=True) for _ in words))
        table.add_row(*words)
        console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
        print_wide(table, console)
        text = console.file.getvalue()
        assert "…" not in text and all(len(line) <= width for line in text.splitlines())
        assert (words[0] in text) == whole
        letters = {letter for letter in "".join(words) if letter != " "}
        assert letters <= set(text)
