"""Records of `twinbench parity`: of each rung the worst error over its bound, all problems."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import partial

from benchmarks.parity.parity_table import heat, share_of, shown
from benchmarks.records.arm import group_by
from benchmarks.records.keys import Object, Record
from benchmarks.records.kinds import Parity
from benchmarks.show.part import Part
from benchmarks.show.section import Section
from common.framework import label_of
from common.trace import Difference

APART = {"seed": "seed", "epochs": "epochs", "threads": "threads", "data_digest": "data"}
"""What two ladders of a problem and a regime may differ in, and its name in a table."""


def parts(kinds: Mapping[str, list[Record]]) -> Iterator[Part]:
    """Errors over their bounds, rung by rung: a table and its figure per regime.

    Two models of a user's have a part of their own: `twins/records_table.py`.
    """
    ladders = [r for r in kinds.get("parity", []) if isinstance(r, Parity) and not r.judged]
    records = [record.json for record in ladders]
    regimes = group_by(records, lambda record: record["regime"])
    if regimes:
        yield Part(
            "parity",
            "Do they compute the same?",
            "The error of a tensor is max|a - b| / max|b|; a cell is the worst of its rung, as a "
            "part of the bound that was measured beforehand: blue is within, orange is over it. "
            "An empty cell is not judged; 0 is equal bit for bit.",
            [_section(regime, records) for regime, records in regimes.items()],
        )


def _section(regime: str, records: list[Object]) -> Section:
    named = list(zip(_told_apart(records), records, strict=True))
    worst = {
        f"{name}: {' and '.join(map(label_of, pair))}": _worst(differences)
        for name, record in named
        for pair, differences in _pairs(record).items()
    }
    rungs = list(dict.fromkeys(rung for by_rung in worst.values() for rung in by_rung))
    cells = [(rung, at, of[rung]) for rung in rungs for at, of in worst.items() if rung in of]
    return Section(
        f"Largest error over its bound, regime {regime}",
        ("rung", *worst),
        [[rung, *(_cell(by_rung.get(rung)) for by_rung in worst.values())] for rung in rungs],
        notes=[f"{name}: {record['verdict']}" for name, record in named],
        notices=list(dict.fromkeys(f"NOTE: {r['notice']}" for r in records if r.get("notice"))),
        draw=partial(heat, cells, numbers=True) if cells else None,
    )


def _told_apart(records: list[Object]) -> list[str]:
    """The problem of each, and what tells it from others of that problem: at least a number."""
    names: list[str] = []
    for record in records:
        same = [other for other in records if other["problem"] == record["problem"]]
        apart = [key for key in APART if len({other.get(key) for other in same}) > 1]
        words = [f"{APART[key]} {str(record[key])[:8]}" for key in apart if key in record]
        names.append(" ".join([record["problem"], *words]))
    earlier = [names[:i].count(name) for i, name in enumerate(names)]
    return [f"{name} ({n + 1})" if n else name for name, n in zip(names, earlier, strict=True)]


def _pairs(record: Object) -> dict[tuple[str, ...], list[Difference]]:
    """The differences of each pair as `parity` compared them; null was no finite number."""
    by_pair = group_by(record["differences"], lambda d: tuple(d["pair"]))
    return {
        pair: shown(
            [
                Difference(
                    d["rung"],
                    d["tensor"],
                    math.nan if d["error"] is None else d["error"],
                    d["bound"],
                )
                for d in of_pair
            ]
        )
        for pair, of_pair in by_pair.items()
    }


def _worst(differences: list[Difference]) -> dict[str, Difference]:
    """Of each rung the tensor that comes nearest to its bound, or goes farthest over it."""
    judged = (d for d in differences if d.bound is not None)
    rungs = group_by(judged, lambda d: "epochs" if d.rung.startswith("epoch") else d.rung)
    return {rung: max(of, key=lambda d: share_of(d) or 0.0) for rung, of in rungs.items()}


def _cell(d: Difference | None) -> str:
    if d is None:
        return "not judged"
    bound = "must be equal" if d.bound == 0 else f"bound {d.bound:.0e}"
    return "*" * d.broken + f"{d.error:.1e} ({bound}; {d.tensor})"
