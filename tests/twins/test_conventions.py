"""Settings of paired layers in one convention, wherever they are compared."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from benchmarks.twins.conventions import canonical, differing
from benchmarks.twins.match import match
from benchmarks.twins.place import Models, faults
from benchmarks.twins.preflight import preflight
from common.twins.probe import Event, Unit

NAMES = ("keras", "torch")
CONV = {"kernel": (3, 3, 2, 4), "bias": (4,)}


def test_a_direction_of_a_layer_that_reads_both_ways_is_no_setting():
    unit = Unit("bi.backward", "lstm", {"kernel": (3, 8)}, settings={"go_backwards": True})
    assert canonical(unit) == {} and canonical(unit._replace(name="r")) == {"go_backwards": True}


def test_a_layer_without_a_window_has_no_border():
    assert canonical(Unit("d", "dense", {"kernel": (3, 4)}, settings={"padding": "same"})) == {}


def test_what_a_recording_states_that_is_no_setting_stays_as_stated():
    hostile = {"strides": {"a": 1}, "padding": "same", "dilation_rate": "many"}
    assert canonical(Unit("c", "conv2d", CONV, settings=hostile)) == hostile


def test_a_fault_and_what_is_said_before_name_the_same_settings():
    """The border, by its name and in numbers, is the same; the strides are not."""
    settings = {"padding": "same", "strides": 1}, {"padding": (1, 1), "strides": (2, 2)}
    units = [[Unit("c", "conv2d", CONV, layer="c", settings=own)] for own in settings]
    matching = match(*units, {}, {})
    clause = "strides is (1, 1) in keras and (2, 2) in torch"
    assert [differing(pair, NAMES) for pair in matching.pairs] == [[clause]]
    sides = [SimpleNamespace(framework=n, units=u) for n, u in zip(NAMES, units, strict=True)]
    assert preflight(matching.pairs, sides) == [f"c: {clause}"]
    x = np.random.default_rng(0).normal(size=(2, 6, 6, 2))
    flows = [[Event("c", "Conv2D", (x,), (x + n,))] for n in (0, 1)]
    (fault,) = faults(Models(NAMES, matching, *flows, lambda layer, inputs: inputs))
    assert fault.sentence.endswith(clause) and "padding" not in fault.sentence
