"""What is printed of two models that were judged."""

from __future__ import annotations

from benchmarks.twins.cause import of_setting
from benchmarks.twins.report import once


def epsilon(layer: str, ours: str, theirs: str, features: int):
    names, values = (layer, f"net.{layer}"), (ours, theirs)
    write = f"nn.BatchNorm2d({features}, eps={ours})"
    told = " ~ ".join(names)
    return of_setting("epsilon", names, told, values, ("keras", "torch"), write, (1e-3, 0.0))


def told(*causes):
    return once((str(cause), cause.difference, cause.places) for cause in causes)


def test_what_is_said_of_many_layers_is_said_once_with_their_names():
    causes = [epsilon(f"bn{n}", "1e-3", "1e-5", 8 * n) for n in range(1, 9)]
    other = epsilon("last", "1e-3", "1e-6", 4)
    lines = told(*causes, other)
    others = ", ".join(f"bn{n} ~ net.bn{n}" for n in range(2, 7))
    assert lines == [f"{causes[0]}; and so {others} and 2 more", str(other)]


def test_sentences_on_no_layer_stand_by_themselves():
    faults = [("the rates of dropout differ: 0.1", ("dropout",)), ("between a and b; x", ("a",))]
    assert once((s, s, places) for s, places in faults) == [s for s, _ in faults]
