"""A writer that is killed: what it leaves goes with the next write, what others write stays.

And what is no regular file is written into, and stays.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from common import atomic
from common.atomic import UNFINISHED, replaced
from tests.command import ROOT, path_with

pytestmark = pytest.mark.fault
WRITER = """
import sys
from pathlib import Path
from common.atomic import replaced
with replaced(Path(sys.argv[1])) as file:
    file.write(b"half")
    file.flush()
    print("written", flush=True)
    sys.stdin.read()
"""


def start(path: Path) -> subprocess.Popen:
    """A process that has written half of the file, and finishes when its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        env={**os.environ, "PYTHONPATH": path_with(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stdout.readline() == "written\n"
    return process


def left(folder: Path) -> list[Path]:
    return list(folder.glob(f"*{UNFINISHED}"))


def write(path: Path, content: bytes) -> None:
    with replaced(path) as file:
        file.write(content)


def test_what_a_killed_writer_left_goes_with_the_next_write(tmp_path):
    path = tmp_path / "record[1].json"
    killed = start(path)
    killed.kill()
    killed.communicate()
    assert len(left(tmp_path)) == 1 and not path.exists()
    bystanders = [
        tmp_path / f"{path.name}.original.tmp",
        tmp_path / f"record1.abcdefgh{UNFINISHED}",
    ]
    for each in bystanders:
        each.touch()
    write(path, b"whole")
    assert path.read_bytes() == b"whole"
    assert sorted(tmp_path.iterdir()) == sorted([path, *bystanders])


def test_a_living_writer_keeps_its_file(tmp_path):
    path = tmp_path / "record.json"
    living = start(path)
    write(path, b"whole")
    assert path.read_bytes() == b"whole" and len(left(tmp_path)) == 1
    living.communicate()
    assert living.returncode == 0
    assert path.read_bytes() == b"half" and not left(tmp_path)  # the last one stays


def test_many_writers_of_one_file_are_in_nobodys_way(tmp_path):
    path = tmp_path / "record.json"
    contents = [bytes([65 + n]) * 5000 for n in range(20)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda content: write(path, content), contents * 20))
    assert path.read_bytes() in contents and not left(tmp_path)


def test_a_file_system_without_locks_is_written_and_nothing_on_it_is_removed(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    other = tmp_path / f"record.json.abcdefgh{UNFINISHED}"
    other.touch()
    write(tmp_path / "record.json", b"whole")
    assert other.exists() and (tmp_path / "record.json").read_bytes() == b"whole"


def test_a_folder_that_cannot_rename_leaves_what_was_there(tmp_path, monkeypatch):
    def refuse(source, target):
        raise OSError(errno.EXDEV, "Invalid cross-device link", source, None, target)

    path = tmp_path / "record.json"
    path.write_bytes(b"before")
    monkeypatch.setattr(atomic.os, "replace", refuse)
    with pytest.raises(OSError, match=r"cross-device link: .*record\.json"):
        write(path, b"after")
    assert path.read_bytes() == b"before" and not left(tmp_path)


@pytest.mark.parametrize("there", [True, False], ids=["of a file", "of none"])
def test_a_link_stays_a_link_and_a_file_keeps_its_permissions(there, tmp_path):
    target, link, link_to_it = (tmp_path / name for name in ("else/where", "link", "second"))
    link.symlink_to(target.relative_to(tmp_path))
    link_to_it.symlink_to(link)
    if there:
        target.parent.mkdir()
        target.write_bytes(b"before")
        target.chmod(0o640)
    write(link_to_it, b"after")
    assert link_to_it.is_symlink() and link.is_symlink() and target.read_bytes() == b"after"
    assert stat.S_IMODE(target.stat().st_mode) == (0o640 if there else 0o644)
    assert not left(target.parent) and not left(tmp_path)


@pytest.mark.parametrize("through", ["itself", "a link", "a descriptor"])
def test_a_pipe_stays_a_pipe_and_gets_what_is_written(through, tmp_path):
    pipe = path = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # else a writer would wait for one
    writer = os.open(pipe, os.O_WRONLY)
    if through == "a link":
        path = tmp_path / "link"
        path.symlink_to(pipe)
    elif through == "a descriptor":  # as /dev/stdout is one, of a pipe without a name
        pipe.rename(tmp_path / "elsewhere")
        pipe, path = tmp_path / "elsewhere", Path(f"/proc/self/fd/{writer}")
    write(path, b"whole")
    assert os.read(reader, 99) == b"whole" and pipe.is_fifo() and path.is_fifo()
    with pytest.raises(ArithmeticError), replaced(path) as file:
        file.write(b"half")
        raise ArithmeticError
    os.close(writer)
    assert os.read(reader, 99) == b"" and len(list(tmp_path.iterdir())) == 1 + (through == "a link")
    os.close(reader)


def test_a_device_stays_a_device(tmp_path):
    try:
        for name, minor in (("null", 3), ("full", 7)):
            os.mknod(tmp_path / name, 0o666 | stat.S_IFCHR, os.makedev(1, minor))
        (tmp_path / "null").read_bytes()
    except PermissionError:
        pytest.skip("only root makes devices, and not on every file system")
    write(tmp_path / "null", b"whole")
    with pytest.raises(OSError, match=r"No space left on device: .*full"):
        write(tmp_path / "full", b"whole")
    assert all(path.is_char_device() for path in tmp_path.iterdir())


def test_nothing_else_writes_files():
    """Whatever a user may name as an output goes through `replaced`; a manifest grows by lines.

    The recorder is copied alone, and writes a draft and renames it by itself.
    """
    own = {ROOT / "common" / "atomic.py", ROOT / "common" / "twins" / "twinbench_record.py"}
    writes = re.compile(r"\.write_(text|bytes)\(|\bos\.(replace|rename)\(|open\([^)]*\"[wax]b?\"")
    for package in ("common", "benchmarks"):
        for path in (ROOT / package).rglob("*.py"):
            text = path.read_text().replace('open(path.parent / MANIFEST, "ab")', "")
            lines = [line for line in text.splitlines() if writes.search(line)]
            allowed = path in own or "os.devnull" in "".join(lines)
            assert allowed or not lines, f"{path}: {lines}"
