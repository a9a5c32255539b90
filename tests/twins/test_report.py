"""What is printed of two models that were judged."""

from __future__ import annotations

from benchmarks.twins.cause import of_setting
from benchmarks.twins.causes.lines import together
from benchmarks.twins.report import of_causes, once


def setting(entry, layer, ours, theirs, features):
    names, values = (layer, f"net.{layer}"), (f"{entry} {ours}", f"{entry} {theirs}")
    write = f"nn.BatchNorm2d({features}, {entry}={ours})"
    where = " ~ ".join(names)
    return of_setting(entry, names, where, values, ("keras", "torch"), write, (1e-3, 0.0))


def epsilon(layer, ours="1e-3", theirs="1e-5", features=8):
    return setting("eps", layer, ours, theirs, features)


def momentum(layer, features=8):
    return setting("momentum", layer, "0.01", "0.1", features)


def test_what_is_said_of_many_layers_is_said_once_with_their_names():
    causes = [epsilon(f"bn{n}", features=8 * n) for n in range(1, 9)]
    other = epsilon("last", theirs="1e-6", features=4)
    lines = once(of_causes([*causes, other]))
    others = ", ".join(f"bn{n} ~ net.bn{n}" for n in range(2, 7))
    assert lines == [f"{causes[0]}; and so {others} and 2 more", str(other)]


def test_a_layer_with_two_wrong_settings_has_its_line_once_and_is_no_layer_with_one():
    """Layers whose lines say the same settings are told together, each setting by itself."""
    layers = "a", "b", "c"
    causes = together([*map(epsilon, layers), epsilon("d"), *map(momentum, layers)])
    lines = once(of_causes(causes))
    same = "; and so b ~ net.b, c ~ net.c"
    whole = "Write nn.BatchNorm2d(8, eps=1e-3, momentum=0.01)"
    assert [line.partition("; with")[0] for line in lines] == [
        "cause, proved: a ~ net.a has eps 1e-3 in keras and eps 1e-5 in torch",
        "cause, proved: d ~ net.d has eps 1e-3 in keras and eps 1e-5 in torch",
        "cause, proved: a ~ net.a has momentum 0.01 in keras and momentum 0.1 in torch",
    ]
    assert lines[0].endswith(f"to 0e+00{same}") and lines[2].endswith(f". {whole}{same}")
    assert lines[1] == str(epsilon("d"))


def test_sentences_on_no_layer_stand_by_themselves():
    faults = [("the rates of dropout differ: 0.1", ("dropout",)), ("between a and b; x", ("a",))]
    assert once((s, s, places) for s, places in faults) == [s for s, _ in faults]
