"""Messages over a pipe, their large arrays beside them: nothing is copied into one long string."""

from __future__ import annotations

import io
import pickle
from array import array
from collections.abc import Callable
from functools import partial
from mmap import mmap
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import Any

SMALL = 1 << 16  # bytes of an array that is not worth a message of its own


def send(connection: Connection, message: Any) -> None:
    """Send a message; raises what pickling raises, before anything is sent."""
    large: list[memoryview] = []

    def stays(buffer: pickle.PickleBuffer) -> bool:
        view = buffer.raw()
        if view.nbytes > SMALL:
            large.append(view)
        return view.nbytes <= SMALL

    stream = io.BytesIO()
    ForkingPickler(stream, 5, True, stays).dump(message)
    connection.send_bytes(array("q", [view.nbytes for view in large]).tobytes())
    connection.send_bytes(stream.getbuffer())
    for view in large:
        connection.send_bytes(view)


def arrived(connection: Connection) -> Callable[[], Any]:
    """The next message, still pickled: what is called raises what unpickling raises.

    Raises EOFError at the end of the pipe.
    """
    sizes = array("q", connection.recv_bytes())
    stream = connection.recv_bytes()
    large = [mmap(-1, size) for size in sizes]  # goes back to the system when the array goes
    for buffer in large:
        connection.recv_bytes_into(buffer)
    return partial(pickle.loads, stream, buffers=large)
