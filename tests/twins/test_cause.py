"""Causes in print: a difference that many layers have is one sentence."""

from __future__ import annotations

from benchmarks.twins.cause import Cause, each_once, of_setting


def norm(name, epsilon="1e-05", *, entry="epsilon") -> Cause:
    values, sides = ("epsilon 0.001", f"epsilon {epsilon}"), ("keras", "torch")
    return of_setting(entry, (name,), name, values, sides, f"nn.BatchNorm2d(8, {name})", (1, 0))


def test_what_many_layers_have_is_said_of_the_first_and_the_others_are_named():
    causes = [norm(f"bn{i}") for i in range(8)]
    (sentence,) = each_once(causes)
    assert sentence.startswith(str(causes[0]))
    assert sentence.endswith(". The same of bn1, bn2, bn3, bn4, bn5 and 2 more")


def test_other_values_other_entries_and_what_is_only_suspected_stand_alone():
    causes = [norm("a"), norm("b", "0"), norm("c", entry="momentum")]
    causes.append(norm("d")._replace(proved=False))
    causes += [Cause("flatten_order", (name,), f"{name}: another order", "") for name in "ef"]
    assert each_once(causes) == [str(cause) for cause in causes]
