"""Is a port slower, and is that the framework or the port? In the protocol's words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from benchmarks.records.job import MIN_PROCESSES
from benchmarks.show.wording import corrected, number, span, where
from benchmarks.statistics.ports import ORIGINAL, PARTS, PORT, PortTime, port_times
from benchmarks.statistics.ratios import ALIKE, RANKED
from benchmarks.statistics.verdict import Comparison
from common.framework import label_of


def port_sentences(pairs: Iterable[Comparison]) -> list[str]:
    """The answer for each port of a user's twins that was timed; see `port_times`."""
    times = port_times(pairs)
    return [" ".join(_sentences(time)) for time in times if any(_whole(time).processes)]


def _whole(time: PortTime) -> Comparison:
    return time.pairs[PORT, ORIGINAL]


def _sentences(time: PortTime) -> Iterator[str]:
    original, between, port = map(label_of, time.arms)
    whole, ratio = _whole(time), time.longer(PORT, ORIGINAL)
    if ratio is None:
        yield (
            f"{where(whole)}: is {port} slower than {original}, by the framework or by itself? "
            f"{_too_few(time, PORT, ORIGINAL)}"
        )
        return
    yield f"{where(whole)}: {_words(time, PORT, ORIGINAL)}."
    if PARTS["framework"] not in time.pairs:
        yield (
            f"Framework or port cannot be told without {between}, the model of {original} on the "
            f"framework of {port}; add it: {_command(time)}"
        )
        return
    for name, (of, than) in PARTS.items():
        if time.longer(of, than) is None:
            yield f"As to the {name}: {_too_few(time, of, than)}"
            return
        yield f"The {name}: {_words(time, of, than)}."
    if ratio.verdict in RANKED:
        yield _answer(time)
    yield f"What {between} costs beside the framework's own operations counts as the framework's."


def _answer(time: PortTime) -> str:
    """Whose it is that the whole differs."""
    if time.share in ("both", ""):
        return {
            "both": "So it is both, the framework and the port.",
            "": "Whether by the framework or by the port, these runs do not show.",
        }[time.share]
    other = next(name for name in PARTS if name != time.share)
    ratio = time.longer(*PARTS[other])
    if time.way(*PARTS[other]):
        rest = f"the {other} works against it"
    elif ratio is not None and ratio.verdict == "equally fast":
        rest = f"the {other} makes no difference of {ALIKE:.0%}"
    else:
        rest = f"of the {other} they show no difference"
    return f"So it is the {time.share}, as far as these runs show; {rest}."


def _words(time: PortTime, of: int, than: int) -> str:
    """One ratio in words."""
    ratio, pair = time.longer(of, than), time.pairs[of, than]
    assert ratio is not None
    one, other = label_of(time.arms[of]), label_of(time.arms[than])
    shown = f"95 % interval {span(ratio, number)}{corrected(pair)}"
    if ratio.verdict in RANKED:
        times = f"takes {number(ratio.value)} times as long as one of {other} ({shown})"
        return f"an epoch of {one} {times}"
    shown = f"ratio {number(ratio.value)}, {shown}"
    if ratio.verdict == "equally fast":
        return f"epochs of {one} and {other} are equally fast within {ALIKE:.0%} ({shown})"
    return f"no difference seen in the time of an epoch of {one} and {other} ({shown})"


def _too_few(time: PortTime, of: int, than: int) -> str:
    """Why two arms have no ratio."""
    pair = time.pairs[of, than]
    if min(pair.processes) >= MIN_PROCESSES:
        return "Their times come from more than one machine."
    few = " and ".join(
        f"{count} of {label_of(name)}"
        for name, count in zip((pair.first, pair.second), pair.processes, strict=True)
    )
    return (
        f"Too few timed processes to say, {few}; {MIN_PROCESSES} of each are needed: "
        f"{_command(time)}"
    )


def _command(time: PortTime) -> str:
    """What runs the arms that are missing; it skips what has a record."""
    whole = _whole(time)
    options = {
        "framework": ",".join(time.arms),
        "regime": whole.regime,
        "seeds": MIN_PROCESSES,
        **({"device": whole.device} if whole.device != "cpu" else {}),
        **({"threads": whole.threads} if whole.threads.isdigit() else {}),
        **whole.changed,
    }
    words = (
        f"--{name.replace('_', '-')}" + (f" {value}" if value is not True else "")
        for name, value in options.items()
    )
    return f"`twinbench run --twins FILE {' '.join(words)}`"
