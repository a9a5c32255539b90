"""Two models in NumPy whose goldens are written, and one of them judged by the other's."""

from __future__ import annotations

from benchmarks.twins.against import judge_against
from benchmarks.twins.golden import write_golden
from tests.twins.numpy_model import Process

NAMES = ("keras", "torch")
OWN = {"keras": ("a", "b"), "torch": ("one", "two")}


def children(fault="", brings=(), beside=()):
    return {
        "keras": Process(OWN["keras"], beside=beside, brings="keras" in brings),
        "torch": Process(OWN["torch"], fault, brings="torch" in brings),
    }


def against(path, absent="keras", fault="", names=(), brings=(), **more):
    partner = "torch" if absent == "keras" else "keras"
    process = Process(names or OWN[partner], fault, brings=partner in brings)
    return judge_against(path, absent, children={partner: process}, **more)


def write_both(case):
    for number in (0, 1):
        write_golden(case, number)
