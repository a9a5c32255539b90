"""Every number of the published tables, recomputed from the records by code of this file alone.

Nothing of twinbench is imported: not how records are unpacked, nor its statistics or its wording.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean, median, stdev

import pytest
from scipy import stats

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs" / "study"
PAGES = {
    "README.md": ("records", "tuned"),
    "docs/study/study.md": ("records",),
    "docs/study/time.md": ("time",),
    "docs/study/tuned.md": ("tuned",),
}
LABELS = {
    "keras": "keras (tensorflow)",
    "keras:jax": "keras (jax)",
    "keras:torch": "keras (torch)",
    "torch": "torch",
    "jax": "jax",
}
TITLES = {
    "mnist": "MNIST digits",
    "imdb": "IMDB sentiment",
    "reuters": "Reuters topics",
    "boston": "Boston housing prices",
}
MARGINS = {"mnist": 0.003, "imdb": 0.005, "reuters": 0.015, "boston": 0.15}
SENTENCE = re.compile(
    r"- (?P<title>[\w ]+), (?P<regime>\w+), cpu: (?:not enough runs to tell whether )?"
    r"the (?:accuracies|MAEs) of (?P<first>.+?) and (?P<second>.+?) are equivalent within "
    r"(?P<margin>[\d.]+) \(.*?difference (?P<difference>[-+][\d.]+), "
    r"90 % interval (?P<low>[-+][\d.]+) to (?P<high>[-+][\d.]+)\).*?"
    r"(?:An epoch of (?P<faster>.+?) is (?P<times>[\d.]+) times as fast.*)?$",
    re.MULTILINE,
)
COLUMNS = {
    "epoch (ms)": lambda runs: 1e3 * _epoch(runs),
    "first epoch (s)": lambda runs: median(run["epoch_seconds"][0] for run in runs),
    "samples/s": lambda runs: median(run["samples_per_second"] for run in runs),
    "peak (MiB)": lambda runs: median(run["peak_rss_bytes"] for run in runs) / 2**20,
    "whole run (s)": lambda runs: median(run["total_seconds"] for run in runs),
}


def unpacked(path: Path) -> list[dict]:
    """The records of a packed file; a value that is written once is put back in its places."""
    first, *lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    shared = json.loads(first)["shared"]

    def whole(value):
        if isinstance(value, dict):
            if value.keys() == {"="}:
                return whole(shared[value["="]])
            return {key: whole(part) for key, part in value.items()}
        return [whole(part) for part in value] if isinstance(value, list) else value

    return [whole(json.loads(line)) for line in lines]


def records(name: str) -> list[dict]:
    """The whole runs of a packed file."""
    found = unpacked(DOCS / f"{name}.jsonl.gz")
    return [record for record in found if record["kind"] == "run" and not record.get("error")]


def _epoch(runs: list[dict]) -> float:
    """Seconds: the median over processes of each one's epochs but the first."""
    return median(median(run["epoch_seconds"][1:]) for run in runs)


def arms(names: tuple[str, ...]) -> dict[tuple[str, str, str], list[dict]]:
    """The runs by problem, label of the framework, and regime."""
    of: dict[tuple[str, str, str], list[dict]] = {}
    for name in names:
        for run in records(name):
            key = run["problem"], LABELS[run["framework"]], run["regime"]
            of.setdefault(key, []).append(run)
    return of


def values(runs: list[dict]) -> dict[int, float]:
    """The test metric by seed."""
    name = "mae" if runs[0]["problem"] == "boston" else "accuracy"
    return {run["seed"]: run["metrics"][name] for run in runs}


def interval(first: list[dict], second: list[dict], level: float) -> tuple[float, float, float]:
    """The second's mean less the first's, and its interval: by pairs of seeds but in `native`."""
    a, b = values(first), values(second)
    if first[0]["regime"] == "native":
        x, y = list(a.values()), list(b.values())
        ci = stats.ttest_ind(y, x, equal_var=False).confidence_interval(level)
        return fmean(y) - fmean(x), ci.low, ci.high
    gaps = [b[seed] - a[seed] for seed in sorted(a.keys() & b.keys())]
    if len(set(gaps)) == 1:
        return gaps[0], gaps[0], gaps[0]
    ci = stats.ttest_1samp(gaps, 0).confidence_interval(level)
    return fmean(gaps), ci.low, ci.high


def mismatches(page: str, of: dict[tuple[str, str, str], list[dict]]) -> Iterator[str]:
    """Each number of a page's result tables and sentences that is not that of the records."""
    for table in re.split(r"\*\*Results, regime ", page)[1:]:
        regime = table.partition("**")[0]
        rows = [line for line in table.splitlines() if line.startswith("|")]
        heading = [cell.strip() for cell in rows[0].split("|")[1:-1]]
        for row in rows[2:]:
            cells = dict(zip(heading, (c.strip() for c in row.split("|")[1:-1]), strict=False))
            if cells["problem"] not in MARGINS or "framework" not in cells:
                break  # the next table, of verdicts
            runs = of[cells["problem"], cells["framework"], regime]
            if shown := cells.get("test accuracy or MAE"):
                all_values = list(values(runs).values())
                digits = len(re.search(r"\.(\d+)", shown)[1])
                made = f"{fmean(all_values):.{digits}f} ± {stdev(all_values):.{digits}f}"
                if shown.removeprefix("MAE ") != f"{made} (n={len(all_values)})":
                    yield f"{row}: {made}"
            for name, number in COLUMNS.items():
                shown = cells.get(name, "-")
                if shown != "-" and not _shows(shown, number(runs)):
                    yield f"{name} of {row}: {number(runs)}"
    for table in re.split(r"\*\*Test metric, regime ", page)[1:]:
        regime = table.partition("**")[0]
        for row in re.findall(
            r"^\| (?:mnist|imdb|reuters|boston) .*$", table.split("\n\n")[1], re.M
        ):
            problem, _, first, second, _, _, difference, narrow, wide, *_ = row[2:].split(" | ")
            runs = of[problem, first, regime], of[problem, second, regime]
            for level, span in ((0.90, narrow), (0.95, wide)):
                numbers = interval(*runs, level)
                if not all(map(_shows, (difference, *span.split(" to ")), numbers)):
                    yield f"{row}: {numbers}"
    yield from _of_matrices(page, of)
    for said in SENTENCE.finditer(page):
        problem = next(name for name, title in TITLES.items() if title == said["title"])
        first, second = (of[problem, said[which], said["regime"]] for which in ("first", "second"))
        numbers = interval(first, second, 0.90)
        shown = [said["difference"], said["low"], said["high"]]
        if float(said["margin"]) != MARGINS[problem]:
            yield f"margin of {said[0]}"
        if not all(map(_shows, shown, numbers)):
            yield f"{said[0]}: {numbers}"
        if said["faster"]:
            slow, fast = (first, second) if said["faster"] == said["second"] else (second, first)
            if not _shows(said["times"], _epoch(slow) / _epoch(fast)):
                yield f"{said[0]}: {_epoch(slow) / _epoch(fast)}"
        inside = max(map(abs, numbers[1:])) < MARGINS[problem]
        if inside == ("not enough" in said[0]):
            yield f"word of {said[0]}"


def _of_matrices(page: str, of: dict[tuple[str, str, str], list[dict]]) -> Iterator[str]:
    """The same of the tables with a row per pair and columns per regime."""
    for table in re.findall(r"^\| problem \| frameworks \|.*?\n\n", page, re.M | re.S):
        heading, _, *rows = (line[2:-2].split(" | ") for line in table.strip().splitlines())
        for problem, pair, *cells in rows:
            for column, cell in zip(heading[2:], cells, strict=True):
                regime = column.partition(":")[0]
                first, second = (of[problem, name, regime] for name in pair.split(", "))
                cell = cell.strip("*")
                if column.endswith("test metric"):
                    gap, *ends = interval(first, second, 0.90)
                    inside = max(map(abs, ends)) < MARGINS[problem]
                    shown = re.search(r"\(([-+][\d.]+)\)", cell)[1]
                    if not _shows(shown, gap) or inside != cell.startswith("equivalent"):
                        yield f"{problem}, {pair}: {cell}: {gap}"
                elif faster := re.fullmatch(r"(.+) ([\d.]+) times as fast", cell):
                    times = _epoch(first) / _epoch(second)
                    if not _shows(
                        faster[2], times if faster[1] == pair.split(", ")[1] else 1 / times
                    ):
                        yield f"{problem}, {pair}: {cell}: {times}"


def _shows(text: str, number: float) -> bool:
    """Whether a text is that number, rounded to the digits that the text has."""
    digits = len(text.partition(".")[2])
    return abs(float(text.replace(",", "")) - number) <= 0.5 * 10**-digits * (1 + 1e-6)


@pytest.mark.parametrize("path", PAGES)
def test_every_published_number_is_that_of_the_records(path):
    page, of = (ROOT / path).read_text(encoding="utf-8"), arms(PAGES[path])
    assert not list(mismatches(page, of))
    if path == "README.md":
        assert len(re.findall(r"^\| \w+ \| [\w ()]+, [\w ()]+ \|", page, re.M)) == 16
        return
    checked = len(re.findall(r"^\| \w+ \| [\w ()]+ \| cpu \|", page, re.M))
    assert checked >= len(of), "each arm stands in a table"
    assert len(SENTENCE.findall(page)) >= 8


@pytest.mark.parametrize(
    "path, shown, planted",
    [
        ("README.md", "(-0.0024)", "(-0.0034)"),
        ("README.md", "torch 2.10 times as fast", "torch 2.20 times as fast"),
        ("README.md", "torch 2.10 times as fast", "keras (tensorflow) 2.10 times as fast"),
        ("docs/study/study.md", "0.8815 ± 0.0033", "0.8816 ± 0.0033"),
        ("docs/study/study.md", "0.8815 ± 0.0033", "0.8815 ± 0.0034"),
        ("docs/study/tuned.md", "| 48,877 |", "| 48,977 |"),
        ("docs/study/tuned.md", "| 61.6 |", "| 61.8 |"),
        ("docs/study/tuned.md", "is 2.10 times as fast", "is 2.12 times as fast"),
        ("docs/study/study.md", "+0.0000 to +0.0012", "+0.0000 to +0.0013"),
        ("docs/study/study.md", "difference +0.0006", "difference +0.0007"),
        ("docs/study/study.md", "within 0.15 (", "within 0.16 ("),
    ],
)
def test_a_number_that_is_typed_wrong_is_found(path, shown, planted):
    page = (ROOT / path).read_text(encoding="utf-8")
    assert shown in page
    assert len(list(mismatches(page.replace(shown, planted, 1), arms(PAGES[path])))) == 1
