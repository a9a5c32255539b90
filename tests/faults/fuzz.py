"""Hostile files, made by atheris from sound ones: each decoder gives arrays or its own error.

    python -m tests.faults.fuzz TARGET RUNS

It ends with status 0 after so many runs. Anything else that a decoder raises, any process, socket
or file that it opens beside the one it was given, and any memory beyond MEMORY_MEGABYTES ends it
before, with the input left in the current folder; the folder `scratch` in it is the decoders' own.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
import zipfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=["common", "benchmarks", "zipfile", "numpy.lib"]):
    import numpy as np
    from safetensors.numpy import save

    from benchmarks.records.packed import pack, unpack
    from benchmarks.records.record import read_record
    from benchmarks.show.run_table import sections
    from benchmarks.show.section import markdown
    from benchmarks.statistics.compared import Compared
    from common.data import decode
    from common.data.dataset import DataError
    from common.data.files import Array
    from common.problem import PROBLEMS
    from common.weights import read_weights
    from tests.sample_records import run

MEMORY_MEGABYTES = 1024
LONGEST = 4096  # bytes of an input
FORBIDDEN = ("os.system", "os.exec", "os.posix_spawn", "os.spawn", "subprocess.Popen", "os.fork")
FORBIDDEN += ("socket.connect", "socket.bind", "shutil.", "os.remove", "os.rename", "ctypes.")

FOLDER = Path("scratch").absolute()
FOLDER.mkdir(exist_ok=True)
IDX = Array("|u1", (3, 2, 2))


def npz() -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, y=np.arange(5), z=np.ones((2, 3)))
    return file.getvalue()


def member(content: bytes) -> bytes:
    """An archive whose only member is the input, with a check sum that fits."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("y.npy", content)
    return file.getvalue()


def in_memory(read: Callable[[Path], Any], name: str) -> Callable[[bytes], Any]:
    """A decoder of a data file as one of its content, which is not written first."""

    def decoded(content: bytes) -> Any:
        decode.read_bytes = lambda path: content
        return read(Path(name))

    return decoded


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def as_file(read: Callable[[Path], Any], name: str) -> Callable[[bytes], Any]:
    """A decoder of a path as one of its content."""

    def decode(content: bytes) -> Any:
        (FOLDER / name).write_bytes(content)
        return read(FOLDER / name)

    return decode


def packed() -> bytes:
    records = [{"schema": 1, "kind": "run", "a": ["long enough to be shared, twice"] * 2}] * 2
    pack(records, FOLDER / "sound.gz")
    return (FOLDER / "sound.gz").read_bytes()


def unpacked(content: bytes) -> None:
    """Of what has the check sum of a sound file."""
    (FOLDER / "a.gz").write_bytes(gzip.compress(content, 1))
    list(unpack(FOLDER / "a.gz"))


arrays = in_memory(decode.read_npz, "a")
idx = bytes([0, 0, 8, 3]) + np.array([3, 2, 2], ">u4").tobytes() + bytes(range(12))
TARGETS: dict[str, tuple[Callable[[bytes], Any], type[Exception], Iterable[bytes]]] = {
    "npz": (arrays, DataError, [npz()]),
    "npy": (
        lambda content: arrays(member(content)),
        DataError,
        [npy(np.arange(5)), npy(np.arange(0))],
    ),
    "idx": (in_memory(lambda path: decode.read_idx(path, IDX), "a"), DataError, [idx]),
    "gz": (
        in_memory(lambda path: decode.read_idx(path, IDX), "a.gz"),
        DataError,
        [gzip.compress(idx)],
    ),
    "safetensors": (
        as_file(lambda path: read_weights(path, PROBLEMS["boston"]), "a.safetensors"),
        DataError,
        [save({"a/kernel": np.ones((2, 3), np.float32)}, {"problem": "boston"})],
    ),
    "record": (
        as_file(lambda path: markdown(sections(Compared.of([read_record(path)]))), "a.json"),
        ValueError,
        [json.dumps(run("boston", value=value).json).encode() for value in (2.5, None)],
    ),
    "packed": (unpacked, ValueError, [gzip.decompress(packed())]),
    "packed-gz": (as_file(lambda path: list(unpack(path)), "a.gz"), ValueError, [packed()]),
}


def watch(event: str, arguments: tuple) -> None:
    """An audit hook: nothing but reading and writing below the folder of this run."""
    if event.startswith(FORBIDDEN):
        raise SystemExit(f"a decoder caused {event} {arguments}")
    writes = event == "open" and isinstance(arguments[0], str) and "w" in (arguments[1] or "")
    if writes and not arguments[0].startswith(str(FOLDER)):
        raise SystemExit(f"a decoder opened {arguments[0]} to write")


def main() -> None:
    """Fuzz one target; atheris ends the process itself."""
    target, allowed, sound = TARGETS[sys.argv[1]]
    corpus = FOLDER / "corpus"
    corpus.mkdir(exist_ok=True)
    for number, content in enumerate(sound):
        target(content)  # what is sound is read
        (corpus / str(number)).write_bytes(content)

    def one(content: bytes) -> None:
        with suppress(allowed):
            target(content)

    limits = [f"-runs={sys.argv[2]}", f"-max_len={LONGEST}", f"-rss_limit_mb={MEMORY_MEGABYTES}"]
    atheris.Setup(
        [sys.argv[0], *limits, "-seed=20", f"-artifact_prefix={os.getcwd()}/", str(corpus)], one
    )
    sys.addaudithook(watch)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
