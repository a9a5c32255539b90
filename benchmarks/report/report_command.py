"""Write what the records say as one page: HTML or Markdown.

Nothing is run: every number comes from the records of earlier commands, of whatever kind they are
(run, crossval, parity, explain, limit, scale, race). A part whose records are missing is left out.

The HTML page is one file that loads nothing from anywhere, so it can be mailed or kept; the charts
alone make it about 1 MB. It needs jinja2, altair and vl-convert, the extra `report`.
Its filters act on tables and charts, curves stand over epochs or over seconds of training, and a
click shows the runs behind a row or a mark; the page's address keeps what is chosen.

examples:
  twinbench report                                    the tables of ./results on the terminal
  twinbench report --output page.html                 the page
  twinbench report --results a --output summary.md    Markdown, for a pull request
  twinbench report --format md > summary.md           the same
  twinbench report --results a b --output page.html   of two folders, or packed files, together

exit status: 0 done, 2 usage or no records
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.cli import options
from common.say import inform

FORMATS = {".html": "html", ".htm": "html", ".md": "md"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which records, and what is made of them."""
    options.add(parser, "several --results", "--output")
    parser.add_argument(
        "--format",
        choices=("html", "md", "terminal"),
        help="default: html or md as the name of FILE ends, else terminal",
    )


def main(args: argparse.Namespace) -> int:
    """Read every record, and write the parts that they have something for."""
    from benchmarks.report.contents import contents, read_kinds

    chosen = args.format or (FORMATS.get(args.output.suffix.lower()) if args.output else "terminal")
    if chosen is None:
        raise ValueError(f"{args.output} ends in no {', '.join(FORMATS)}; give --format")
    if chosen == "html" and not args.output:
        raise ValueError("a page of HTML goes into a file; give --output FILE.html")
    kinds = read_kinds(*args.results)
    if not kinds:
        raise ValueError(
            f"{' and '.join(map(str, args.results))}: no record; `twinbench run` writes some there"
        )
    parts = contents(kinds)
    if chosen == "html":
        from benchmarks.show.html.page import page

        _write(page(parts, "twinbench report"), args.output)
    else:
        from benchmarks.show.html import text

        if args.output or chosen == "md":
            _write(text.markdown(parts) if chosen == "md" else text.plain(parts), args.output)
        else:
            text.show(parts)
    return 0


def _write(text: str, path: Path | None) -> None:
    if path is None:
        print(text, end="")
        return
    from common.atomic import replaced

    with replaced(path) as file:
        file.write(text.encode())
    inform(f"{path}: written")
