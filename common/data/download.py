"""One file over HTTP, verified before anyone sees it."""

from __future__ import annotations

import hashlib
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

from common.atomic import replaced
from common.data.dataset import DataError
from common.data.files import File, base_url

TIMEOUT_SECONDS = 5.0  # without a byte
DEADLINE_SECONDS = 300.0  # for the whole file, in all attempts
ATTEMPTS = 3
BACKOFF_SECONDS = 0.5  # before the second attempt, and twice as long before each further one


class Unreachable(DataError):
    """The server cannot be reached, or not be used: asking again makes the user wait."""


class _Late(Exception):
    """The deadline has passed."""


class _Interrupted(Exception):
    """This attempt failed, the next one may not."""


def download(
    file: File, folder: Path, write: Callable[[Path], AbstractContextManager[BinaryIO]] = replaced
) -> Path:
    """The file, fetched from `base_url()` into the folder; what was there is left to `write`.

    Raises DataError when it cannot be fetched or is not the pinned file, and OSError when the
    folder cannot be written to. Nothing but a verified file ever gets its name.
    """
    url, path = base_url() + file.name, folder / file.name
    deadline = time.monotonic() + DEADLINE_SECONDS
    advice = f"put {file.name} into a folder and name it in TWINBENCH_DATA_DIR"
    with _progress() as progress:
        task = progress.add_task(file.name, total=file.size)
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(BACKOFF_SECONDS * 2 ** (attempt - 1))
            try:
                with write(path) as out:
                    progress.reset(task)
                    _until(deadline, _transfer, url, file, out, partial(progress.update, task))
                return path
            except _Late as error:
                raise Unreachable(
                    f"{url} was not complete after {DEADLINE_SECONDS:g} s; try again on a faster "
                    f"line, or {advice}"
                ) from error
            except _Interrupted as error:
                reason = error
    raise Unreachable(
        f"{url} could not be downloaded in {ATTEMPTS} attempts, the last one ended with: {reason}; "
        f"try again later, or {advice}"
    )


def _until(deadline: float, function: Callable[..., None], *args: Any) -> None:
    """Call in a thread, which is given up at the deadline with _Late.

    No timeout of a socket ends a server that sends a byte now and then, in a header or a body.
    """
    errors: list[BaseException | None] = []

    def call() -> None:
        try:
            function(*args)
            errors.append(None)
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(max(0.0, deadline - time.monotonic()))
    if not errors:
        raise _Late
    if errors[0] is not None:
        raise errors[0]


def _progress() -> Progress:
    return Progress(
        "{task.description}",
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not Console(stderr=True).is_terminal,
    )


def _transfer(url: str, file: File, out: BinaryIO, tell: Callable[..., None]) -> None:
    """Copy the body of `url` to `out`; DataError when it is not the file that is pinned."""
    digest, size = hashlib.sha256(), 0
    with _response(url) as response:
        while block := _block(response, size):
            size += len(block)
            if size > file.size:
                raise DataError(f"{url} is longer than the {file.size:,} bytes expected")
            digest.update(block)
            out.write(block)
            tell(advance=len(block))
    if size < file.size:
        raise _Interrupted(f"the end of the file after {size:,} of {file.size:,} bytes")
    if digest.hexdigest() != file.sha256:
        raise DataError(
            f"{url} has sha256 {digest.hexdigest()}, expected {file.sha256}: it is not the file "
            "that twinbench knows, and was not kept"
        )


def _block(response: BinaryIO, size: int) -> bytes:
    # apart from the writing, whose OSError is another matter
    try:
        return response.read(1 << 16)
    except (OSError, HTTPException) as error:
        raise _Interrupted(f"{_name(error)} after {size:,} bytes") from error


def _name(error: Exception) -> str:
    return _printable(error) or type(error).__name__


def _printable(said: object) -> str:
    """What a server says may drive a terminal."""
    return "".join(c if c.isprintable() else "?" for c in str(said)[:500])


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a file to another place, but not to another protocol, unless it is HTTPS."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]
        if urlsplit(newurl).scheme not in ("https", req.type):
            raise urllib.error.HTTPError(newurl, code, f"it has moved to {newurl}", headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _response(url: str) -> BinaryIO:
    try:
        request = urllib.request.Request(url, headers={"User-Agent": "twinbench"})
        return urllib.request.build_opener(_Redirects).open(request, timeout=TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        if error.code in (408, 429) or error.code >= 500:
            raise _Interrupted(f"HTTP status {error.code}") from error
        raise DataError(f"{url}: HTTP status {error.code} {_printable(error.reason)}") from error
    except urllib.error.URLError as error:
        raise Unreachable(f"{url} cannot be reached: {_printable(error.reason)}") from error
    except (OSError, HTTPException) as error:
        raise _Interrupted(_name(error)) from error
    except ValueError as error:
        raise DataError(f"{url} is no address: {error}; mend TWINBENCH_DATA_URL") from error
