"""One file over HTTP, verified before anyone sees it."""

from __future__ import annotations

import hashlib
import io
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from common.data.dataset import DataError
from common.data.files import File, base_url
from common.visible import visible

if TYPE_CHECKING:
    from rich.progress import Progress

TIMEOUT_SECONDS = 5.0  # without a byte
DEADLINE_SECONDS = 300.0  # for the whole file, in all attempts
ATTEMPTS = 3
BACKOFF_SECONDS = 0.5  # before the second attempt, and twice as long before each further one


class Unreachable(DataError):
    """The server cannot be reached, or not be used: asking again makes the user wait."""


class _Interrupted(Exception):
    """This attempt failed, the next one may not."""


def download(file: File) -> bytes:
    """The content of a file, fetched from `base_url()`.

    Raises Unreachable when the server gives no whole file, DataError when it gives another one than
    the pinned.
    """
    url = base_url() + file.name
    deadline = time.monotonic() + DEADLINE_SECONDS
    advice = f"put {file.name} into a folder and name it in TWINBENCH_DATA_DIR"
    with _progress() as progress:
        task = progress.add_task(file.name, total=file.size)
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(BACKOFF_SECONDS * 2 ** (attempt - 1))
            progress.reset(task)
            body = _Body(url, file, partial(progress.update, task))
            try:
                _until(deadline, _transfer, url, body)
                return body.verified()
            except TimeoutError as error:
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
    """Call in a thread, which is given up at the deadline with TimeoutError.

    No timeout of a socket ends a server that sends a byte now and then, in a header or a body.
    """
    outcome: Future[None] = Future()

    def call() -> None:
        try:
            function(*args)
            outcome.set_result(None)
        except BaseException as error:
            outcome.set_exception(error)

    threading.Thread(target=call, daemon=True).start()
    outcome.result(max(0.0, deadline - time.monotonic()))


def _progress() -> Progress:
    from rich.console import Console  # a process that trains downloads nothing
    from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

    return Progress(
        "{task.description}",
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not Console(stderr=True).is_terminal,
    )


class _Body(io.BytesIO):
    """What has come of a file."""

    def __init__(self, url: str, file: File, progress: Callable[..., None]) -> None:
        super().__init__()
        self.url, self.file, self.progress = url, file, progress

    def write(self, block: Any) -> int:
        """DataError when there are more bytes than the file has."""
        if self.tell() + len(block) > self.file.size:
            raise DataError(f"{self.url} is longer than the {self.file.size:,} bytes expected")
        self.progress(advance=len(block))
        return super().write(block)

    def verified(self) -> bytes:
        """All of it; DataError when it is not the file that is pinned."""
        size, digest = self.tell(), hashlib.sha256(self.getbuffer()).hexdigest()
        if size < self.file.size:
            raise _Interrupted(f"the end of the file after {size:,} of {self.file.size:,} bytes")
        if digest != self.file.sha256:
            raise DataError(
                f"{self.url} has sha256 {digest}, expected {self.file.sha256}: it is not the file "
                "that twinbench knows, and was not kept"
            )
        return self.getvalue()


def _transfer(url: str, body: _Body) -> None:
    # here: requests takes a quarter of a second, and only a download needs it
    from pooch import HTTPDownloader
    from requests import exceptions as errors
    from urllib3.exceptions import MaxRetryError

    get = HTTPDownloader(
        chunk_size=1 << 16,
        timeout=TIMEOUT_SECONDS,
        headers={"User-Agent": "twinbench", "Accept-Encoding": "identity"},
        hooks={"response": _check_answer},
    )
    try:
        get(url, body, None)
    except (errors.ConnectionError, errors.ChunkedEncodingError, errors.Timeout) as error:
        cause = error.args[0] if error.args else None
        if isinstance(cause, MaxRetryError):  # no connection was made
            raise Unreachable(f"{url} cannot be reached: {_words(cause.reason)}") from error
        raise _Interrupted(f"{_words(error)} after {body.tell():,} bytes") from error
    except (errors.RequestException, ValueError) as error:
        message = f"{url} cannot be asked for: {_words(error)}; mend TWINBENCH_DATA_URL"
        raise DataError(message) from error


def _words(error: object) -> str:
    """What a server or a library says of an error: it may be long, and drive a terminal."""
    return visible(error)[:500] or type(error).__name__


def _check_answer(response: Any, **_: Any) -> None:
    """Raise for an error's status, and for a move to another protocol, unless it is HTTPS."""
    url, status = response.url, response.status_code
    if status in (408, 429) or status >= 500:
        raise _Interrupted(f"HTTP status {status}")
    if status >= 400:
        raise DataError(f"{url}: HTTP status {status} {_words(response.reason)}")
    if response.is_redirect:
        target = urljoin(url, response.headers["Location"])
        if urlsplit(target).scheme not in ("https", urlsplit(url).scheme):
            raise DataError(f"{url} has moved to {_words(target)}, expected HTTP or HTTPS")
