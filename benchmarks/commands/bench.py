"""Time each method of a Task with pytest-benchmark, and compare with the last time.

Each framework and regime has a process of its own. The medians are saved below the results folder;
the next call prints beside them how many times faster or slower they have become. With --keep the
saved ones stay as they are.

examples:
  twinbench bench                                  all problems, matched and tuned
  twinbench bench boston --framework torch --regime tuned
  twinbench bench --keep                           compare only

exit status: 0 done, 2 usage, 4 a benchmark failed, 130 interrupted
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import asked, options
from benchmarks.measure import ROOT
from benchmarks.messages import SOME_FAILED, say
from common.atomic import replaced
from common.framework import framework
from common.regime import REGIMES, Regime


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whose benchmarks, and whether they become the new baseline."""
    options.add(parser, "problems", "--framework")
    options.add(parser, "--regime", default="matched,tuned")
    options.add(parser, "--threads", "--data-dir", "--results")
    parser.add_argument("--keep", action="store_true", help="do not save what is measured")


def main(args: argparse.Namespace) -> int:
    """Run the suites one after another, then show all of them."""
    from benchmarks.report.bench import sections
    from benchmarks.report.sections import print_sections

    problems = [problem.name for problem in asked.problems(args)]
    arms: list[tuple[str, Regime]] = [("", REGIMES["matched"])]
    arms += [(n, REGIMES[r]) for n in asked.frameworks(args) for r in args.regime]
    found, before, failed = {}, {}, False
    for name, regime in arms:
        title = f"{name} {regime.name}" if name else "data"
        say(f"benchmarks of {title}")
        path = args.results / "bench" / f"{title.replace(' ', '-').replace(':', '-')}.json"
        if saved := _saved(path, title):
            before[title] = saved
        measured = _measured(name, regime, problems, args)
        failed |= measured is None
        if measured is not None:
            found[title] = measured
            if not args.keep:
                with replaced(path) as file:
                    file.write(json.dumps(measured, indent=1).encode())
    print_sections(sections(found, before))
    return SOME_FAILED if failed else 0


def _saved(path: Path, title: str) -> dict[str, Any] | None:
    """What was measured the last time; what is none of that is said and left out."""
    from benchmarks.report.bench import medians

    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
        medians({title: saved})
        return saved
    except FileNotFoundError:
        return None
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        say(f"{path} is left out, as nothing that pytest-benchmark wrote: {error!r}")
        return None


def _measured(
    name: str, regime: Regime, problems: list[str], args: argparse.Namespace
) -> dict[str, Any] | None:
    """What pytest-benchmark writes, of one process; None when a benchmark failed."""
    # in a worker of pytest-xdist, as in a test of ours, pytest-benchmark does not measure
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    if name:
        environment |= framework(name).environment(regime, "cpu", args.threads)
    if args.data_dir:
        environment["TWINBENCH_DATA_DIR"] = os.path.abspath(args.data_dir)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "benchmarks.json")
        command = [sys.executable, "-P", "-m", "pytest", str(ROOT / "benchmarks" / "suites")]
        command += ["-q", "-p", "no:cacheprovider", "--benchmark-json", str(path)]
        command += ["--regime", regime.name, "--problems", ",".join(problems)]
        command += ["-o", "python_files=bench_*.py", "--timeout", "0"]
        command += ["--framework", name] if name else []
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        if done.returncode:
            say(done.stdout[-2000:] + done.stderr[-2000:])
            return None
        return json.loads(path.read_text(encoding="utf-8"))
