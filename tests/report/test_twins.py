"""Checks of a user's two models on the page: trees, errors, the place, the cause; nothing runs."""

from __future__ import annotations

import json
import random

import pytest

from benchmarks.parity.climbed import keep
from benchmarks.records.check import fault_of
from benchmarks.records.kinds import typed
from benchmarks.report.contents import contents, read_kinds
from benchmarks.show.html import text
from benchmarks.show.html.page import page
from benchmarks.show.section import Section
from benchmarks.show.trees import Error, Leaf, Name, Row, grown
from tests.faults.test_records import LOST, altered, places
from tests.report.samples import HOSTILE, checked, needs_report
from tests.report.test_page import Page
from tests.sample_records import but

NEW = ("layers", "causes", "faults", "notes", "weights")
OTHERS = (LOST, None, "x", -1, 0.5, 1e308, True, [], {}, [None], ["x"], [["x"]], {"x": 1})


def shown(*records) -> list[Section]:
    (part, *_) = contents({"parity": list(records)})
    assert part.name == "twins"
    return list(part.sections)


def test_errors_are_coloured_by_their_bounds():
    bounds = {0.0: "e0", 1e-13: "e0", 1e-9: "e1", 1e-5: "e2", 1e-3: "e3", 1.0: "e4", None: "e4"}
    assert {error: Error.of(error, 1e-6).level for error in bounds} == bounds
    assert Error.of(1e-3, 1e-2).level == "e1"  # within a bound that is wide
    assert [Error.of(error, 1e-6).text for error in (0.0, 2e-5, None)] == ["0", "2e-05", "inf"]


def test_branches_stand_before_the_first_of_their_leaves_in_either_tree():
    names = [("a.b.c", "x.0"), ("a.b.d", "x.1"), ("a.e", ""), ("f", "y.z")]
    leaves = [Leaf(one, other, "", ()) for one, other in names]
    assert list(grown(leaves)) == [
        Row(Name("a", 0), Name("x", 0)),
        Row(Name("b", 1), None),
        Row(Name("c", 2), Name("0", 1), leaves[0]),
        Row(Name("d", 2), Name("1", 1), leaves[1]),
        Row(Name("e", 1), None, leaves[2]),
        Row(None, Name("y", 0)),
        Row(Name("f", 0), Name("z", 1), leaves[3]),
    ]
    deep = [Leaf("a." * 1000 + "z", "", "", ())]
    assert len(list(grown(deep))) == 7


def test_a_check_is_a_table_with_own_and_inherited_errors():
    table, every = shown(checked())
    assert table.headings[:6] == ("alpha", "beta", "goes in", "comes out", "own", "training")
    assert table.rows == [
        ["conv", "mine.0", "0", "3e-16", "3e-16", "1e-09", ""],
        ["*norm", "mine.1.norm", "3e-16", "6e-03", "6e-03", "inf", "epsilon is 1 and 2"],
        ["*out", "mine.1.out", "6e-03", "5e-04", "2e-16", "-", ""],
        ["", "mine.1.more", "-", "-", "-", "-", ""],
        ["outputs", "outputs", "-", "5e-04", "-", "-", ""],
    ]
    assert table.notices == ["wrong: norm ~ net.norm: epsilon"]
    assert table.notes[:2] == ["the second", str(checked().json["causes"][0]["sentence"])]
    assert [row[2] for row in every.rows] == ["*5e-04", "1e-09", "*inf"]
    right = but(checked(), judged="right", verdict="right: the two compute the same", faults=[])
    assert shown(right)[0].notices == [] and "right: the" in shown(right)[0].notes[0]


def test_a_layer_called_outputs_is_not_the_outputs():
    own = {"rung": "gradients", "tensor": "outputs/kernel", "error": 1.0, "bound": 1e-6}
    differences = [*checked().json["differences"], {"pair": ["alpha", "beta"], **own}]
    layers = [{"one": "outputs", "other": "fc"}]
    table, _ = shown(but(checked(), layers=layers, differences=differences))
    assert [row[3:6] for row in table.rows] == [["-", "-", "1e+00"], ["5e-04", "-", "-"]]


def test_the_terminal_and_markdown_have_the_verdict_and_the_line_to_write():
    parts = contents({"parity": [checked()]})
    for written in (text.markdown(parts), text.plain(parts)):
        assert "net.norm: epsilon" in written and "6e-03" in written
        assert "cause, proved: norm differs" in written and "Write nn.Norm(1)" in written


def test_rows_that_are_not_the_real_ones_are_said_loudly_and_once():
    made_up = but(checked(), notice="EMBEDDED DATA", notes=["EMBEDDED DATA", "a note"])
    table, _ = shown(made_up)
    assert table.notices[0] == "NOTE: EMBEDDED DATA" == table.trees.notices[0]
    assert "EMBEDDED DATA" not in table.notes and "a note" in table.notes


def test_a_record_of_an_earlier_version_shows_its_pairs():
    old = {key: value for key, value in checked().json.items() if key not in NEW}
    assert not fault_of(old)
    table, _ = shown(typed(old))
    assert table.rows[0] == ["conv", "mine.0", "-", "-", "-", "1e-09", ""]


def test_a_line_that_several_causes_share_stands_behind_the_last_of_them():
    """And where an earlier version kept the sentence alone, it is shown as it is."""
    (cause,) = checked().json["causes"]
    assert cause["sentence"] == f"{cause['reason']}. Write nn.Norm(1)"
    table, _ = shown(but(checked(), causes=[cause, cause]))
    assert table.notes[1:3] == [cause["reason"], cause["sentence"]]
    assert table.trees.causes == [(cause["reason"], ""), (cause["reason"], "nn.Norm(1)")]
    old = {key: value for key, value in cause.items() if key != "reason"}
    assert not fault_of(but(checked(), causes=[old]).json)
    table, _ = shown(but(checked(), causes=[old]))
    assert table.notes[1] == cause["sentence"] and table.trees.causes == [(cause["sentence"], "")]


def test_the_latest_check_of_a_file_is_shown_and_the_others_are_counted():
    days = [but(checked(), created=f"2026-01-0{day}T00:00:00+00:00") for day in (2, 3, 1)]
    days[1] = but(days[1], verdict="right: at last", judged="right")
    table, _ = shown(*days)
    assert table.notes[0] == "right: at last" and "2 earlier checks" in table.notes[-1]
    assert len(shown(days[0], but(days[1], seed=7))) == 4


def test_a_kept_check_is_read_and_those_of_four_problems_have_no_trees(tmp_path):
    fields = ("kind", "schema", "error", "host", "git", "versions", "created")
    keep({k: v for k, v in checked().json.items() if k not in fields}, tmp_path / "a.json")
    (kept,) = read_kinds(tmp_path)["parity"]
    assert kept.created and shown(kept)[0].rows == shown(checked())[0].rows
    assert [part.name for part in contents({"parity": [kept]})] == ["twins", "environment"]


def test_whatever_is_read_as_a_check_is_shown():
    record = checked().json
    every = [(place, value) for place in places(record) for value in OTHERS]
    own = [finding for finding in every if finding[0][0] in (*NEW, "pairs", "frameworks", "judged")]
    refused = 0
    for place, value in random.Random(5).sample(own, 300):
        changed = json.loads(json.dumps(altered(record, place, value)))
        if fault_of(changed):
            refused += 1
            continue
        parts = contents({"parity": [typed(changed)]})
        text.markdown(parts)
    assert 30 < refused < 270


@needs_report
def test_the_page_has_both_trees_the_place_and_the_line_and_loads_nothing():
    source = page(contents({"parity": [checked()]}), "a report")
    read = Page(source)
    spans = [span.get("class") for span in read.named("span")]
    assert spans.count("error e3 place") == 4  # norm and out, in both trees
    assert "nn.Norm(1)" in read.text["code"] and "the second" in source
    for name in ("conv", "norm", "out", "more", "outputs"):
        assert name in read.text["span"]
    assert "mine" in [words.strip() for words in read.text["td"]]  # a branch
    assert not {"img", "iframe", "object"} & {tag for tag, _ in read.elements}
    for tag, attributes in read.elements:
        assert not {"src", "style", "action"} & attributes.keys(), tag


@needs_report
def test_hostile_names_are_text_in_the_trees():
    hostile = checked(HOSTILE, notes=[HOSTILE], verdict=HOSTILE, weights=HOSTILE)
    for key in ("faults", "causes", "layers"):
        attacked = [
            {k: HOSTILE if isinstance(v, str) else v for k, v in item.items()}
            for item in hostile.json[key]
        ]
        hostile = but(hostile, **{key: attacked})
    read = Page(page(contents({"parity": [hostile]}), "a report"))
    assert not read.named("img")
    assert [s.get("type") for s in read.named("script")] == ["application/json", None]
    assert any("alert(1)" in words for words in read.text["span"])


@pytest.mark.parametrize("judged", ["random", "refused"])
def test_a_check_that_reached_no_layer_has_its_sentence(judged):
    nothing = {key: [] for key in ("layers", "pairs", "differences", "faults", "causes")}
    (table,) = shown(but(checked(), judged=judged, verdict=f"{judged}: why", **nothing))
    assert table.rows == [] and table.notices == [f"{judged}: why"]
