"""Curves of runs and histories."""

from __future__ import annotations

import sys

from benchmarks.show import curves
from benchmarks.show.colours import colour_of
from benchmarks.show.curves import save_curves
from benchmarks.show.figures import as_name, spec
from benchmarks.show.section import drawn
from common.framework import label_of
from common.install import install_extra
from tests.charts import rows_in, scale_of
from tests.show.samples import FAILED, GENERATED, needs_altair, record


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
def test_curves_show_every_arm_panel_and_the_source_of_the_data(tmp_path):
    assert save_curves([record(**FAILED)], tmp_path) == []
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


def test_seconds_are_medians_over_timed_processes_of_the_shortest_length():
    times = ((1.0, 1.0, 1.0), (2.0, 2.0, 2.0), (6.0, 6.0))
    timed = [record(seed=s, epoch_seconds=list(own)) for s, own in enumerate(times)]
    others = [record(epoch_seconds=[50.0] * 3, timed=False), record(epoch_seconds=[])]
    assert curves.seconds_of([*timed, *others]) == [2.0, 4.0]
    assert curves.seconds_of(others) == []


def test_figures_without_their_library_say_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "altair", None)
    assert drawn(lambda: save_curves([record()], tmp_path), "curves") == []
    assert install_extra("plot") in capsys.readouterr().err
