"""The `twinbench` command: one sub-command for each file `*_command.py`.

Exit status: 0 done, 1 a verdict and nothing else, 2 usage, 3 data, 4 some runs failed, 5 a file, a
folder or a pipe that the system refuses, 70 an error of twinbench's own, with its traceback, 130
interrupted or terminated.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import traceback
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path

from benchmarks.cli.config import read_config
from benchmarks.cli.parser import Parser, command_module, complain, drop, make_parser
from common.language import LANGUAGES, speak, translated
from common.say import inform, set_loudness

USAGE = 2
REFUSED = 5  # by the system: a file, a folder or a pipe
OURS = 70  # EX_SOFTWARE of sysexits.h; Python's own 1 would be taken for a verdict


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit status, or raises argparse's SystemExit of 0 or 2."""
    _prepare_output()
    _end_as_interrupted()
    argv = sys.argv[1:] if argv is None else argv
    args = argparse.Namespace(command="", debug=False)
    for text in argv:
        if text.encode(errors="ignore").decode() != text:  # no record could hold it
            complain(
                f"twinbench: {text!r} is no text in UTF-8; give the folder or file another name"
            )
            return USAGE
    try:
        return _run(argv, args)
    except KeyboardInterrupt:  # while a command is still being imported, too
        complain(translated("twinbench: interrupted; what was finished is kept"))
        return 130
    except SystemExit as end:
        if end.code == 1:  # Rich ends the process so where a pipe is closed
            return REFUSED
        raise
    except Exception as error:
        return _failed(error, args)


def _run(argv: list[str], args: argparse.Namespace) -> int:
    """Parse into `args`, run the command and flush its output; returns the exit status."""
    try:
        if "_ARGCOMPLETE" in os.environ:
            _complete(os.environ.get("COMP_LINE", ""))
        early = _early(argv)
        speak(early.lang if early.lang in LANGUAGES else None)
        config = read_config(early.config) if argv else None
        parser = make_parser(argv, config)
        parser.parse_args(argv, args)
        if not args.command:
            parser.print_help()
            return USAGE
        set_loudness(args.loudness)
        if config and (taken := config.taken(args)):
            inform(f"{os.path.relpath(config.path)}: {', '.join(taken)}")
        return command_module(args.command).main(args)
    finally:
        sys.stdout.flush()  # here a closed pipe is an error; at the end of the process a message


def _complete(line: str) -> None:
    """Tell the shell how the line may go on, and end the process; see `argcomplete`."""
    import argcomplete

    argcomplete.autocomplete(make_parser(line.split()))


def _early(argv: list[str]) -> argparse.Namespace:
    """`--config` and `--lang`: the parser that finds them is made with what they say."""
    parser = Parser("twinbench", add_help=False)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--lang", nargs="?")  # the next parser refuses a wrong one
    return argparse.ArgumentParser.parse_known_args(parser, argv)[0]


def _failed(error: Exception, args: argparse.Namespace) -> int:
    """Print what went wrong, with the traceback where that helps; returns the exit status."""
    status = _status(error)
    if isinstance(error, OSError):
        _drop_output()
    if status == OURS or args.debug:
        complain("".join(traceback.format_exception(error)).rstrip())
    elif not isinstance(error, BrokenPipeError):  # of `| head`, which has enough
        complain(f"{f'twinbench {args.command}'.rstrip()}: {error}")
    return status


def _status(error: Exception) -> int:
    """The exit status for an error of the user, of a framework or of twinbench."""
    from benchmarks.harness.process import ChildDied, ChildTimeout, ChildTraceback
    from common.data import DataError

    if isinstance(error, DataError):
        return 3
    if isinstance(error, OSError):
        return REFUSED
    if isinstance(error, ValueError | NotImplementedError | ImportError):
        return USAGE
    if isinstance(error, ChildDied | ChildTimeout) or isinstance(error.__cause__, ChildTraceback):
        return 4
    return OURS


def _prepare_output() -> None:
    """Send a closed stream to /dev/null, and escape characters that its encoding lacks."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # `print(file=None)` would write to standard output
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
        elif isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _end_as_interrupted() -> None:
    """Let SIGTERM do what Ctrl-C does: no partial file and no process is left."""
    with suppress(ValueError):  # only the main thread may set a handler
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, signal.default_int_handler)


def _drop_output() -> None:
    """Discard what standard output refuses, so that Python does not try again at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        drop(sys.stdout)


if __name__ == "__main__":
    sys.exit(main())
