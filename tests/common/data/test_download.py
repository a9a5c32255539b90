"""Downloads from a server on this machine that answers, errs, lies, stalls or hangs up."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from common.data import DataError, download, sources
from common.data.cache import MANIFEST, cache_folder, written
from common.data.files import File

CONTENT = bytes(range(256)) * 2000
FILE = File("digits.npz", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())


class Server:
    """Answers the next request in the way that comes next; the last way stays."""

    def __init__(self) -> None:
        self.ways: list[str] = ["good"]
        self.requests: list[str] = []
        self.done = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.requests.append(self.path)
                way = server.ways.pop(0) if len(server.ways) > 1 else server.ways[0]
                if way.isdecimal():
                    self.send_error(int(way))
                    return
                if way.startswith("to "):
                    self.send_response(302)
                    self.send_header("Location", way.removeprefix("to "))
                    self.end_headers()
                    return
                if way.startswith("drip"):
                    self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n" if way == "drips" else b"HTTP/1.1 ")
                    for _ in range(100):
                        self.wfile.write(b"2")
                        if server.done.wait(0.05):
                            return
                    return
                if way.startswith("says "):
                    answer = f"HTTP/1.1 {way.removeprefix('says ')}\r\n\r\n"
                    self.wfile.write(answer.encode("latin1"))
                    return
                if way == "silent":
                    server.done.wait(20)
                    return
                size = len(CONTENT) + 10 * (way == "longer")
                self.send_response(200)
                if way != "unsized":
                    self.send_header("Content-Length", str(size))
                self.end_headers()
                body = {"wrong": CONTENT[::-1], "longer": CONTENT + bytes(10)}.get(way, CONTENT)
                if way in ("truncated", "stalled", "unsized"):
                    body = body[:100_000]
                self.wfile.write(body)
                if way == "stalled":
                    server.done.wait(20)

            def log_message(self, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/files"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.done.set()
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    server = Server()
    monkeypatch.setenv("TWINBENCH_DATA_URL", server.url)
    yield server
    server.close()


def test_a_good_answer(server: Server, cache_dir: Path) -> None:
    path = sources.fetch(FILE)
    assert path == cache_dir / "digits.npz" and path.read_bytes() == CONTENT
    assert server.requests == ["/files/digits.npz"]
    assert {path.name for path in cache_dir.iterdir()} == {"digits.npz", MANIFEST}


@pytest.mark.parametrize(
    "first", ["500", "503", "429", "truncated", "unsized", "stalled", "silent"]
)
def test_a_failure_that_passes_is_tried_again(first: str, server: Server) -> None:
    server.ways = [first, "good"]
    assert download.download(FILE) == CONTENT
    assert len(server.requests) == 2


def test_a_file_that_has_moved_is_followed(server: Server) -> None:
    server.ways = ["to /elsewhere/digits.npz", "good"]
    assert download.download(FILE) == CONTENT
    assert server.requests == ["/files/digits.npz", "/elsewhere/digits.npz"]


@pytest.mark.parametrize(
    "place",
    ["file:///etc/hostname", "/files/digits.npz", "ftp:", "ftp://127.0.0.1:9/a", "http://["],
)
def test_a_file_that_has_moved_to_no_good_place(place: str, server: Server) -> None:
    server.ways = [f"to {place}"]
    with pytest.raises(DataError, match=r"digits\.npz") as caught:
        download.download(FILE)
    assert ("has moved to" in str(caught.value)) == place.startswith(("ftp:", "file:"))


@pytest.mark.parametrize(
    ("way", "attempts", "says"),
    [
        ("500", 3, "500"),
        ("truncated", 3, "IncompleteRead"),
        ("unsized", 3, "100,000 of 512,000"),
        ("stalled", 3, "timed out"),
        ("wrong", 1, "expected " + FILE.sha256),
        ("longer", 1, "longer than the 512,000"),
        ("404", 1, "404"),
    ],
)
def test_a_failure_that_stays(
    way: str, attempts: int, says: str, server: Server, cache_dir: Path
) -> None:
    server.ways = [way]
    with written(cache_dir / "digits.npz") as file:
        file.write(b"what was there")
    with pytest.raises(DataError, match=says) as caught:
        sources.fetch(FILE)
    assert "digits.npz" in str(caught.value) and len(server.requests) == attempts
    assert (cache_dir / "digits.npz").read_bytes() == b"what was there"


@pytest.mark.parametrize("way", ["drips", "drips in its header"])
def test_a_server_that_drips_is_given_up_at_a_deadline(
    way: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "DEADLINE_SECONDS", 0.5)
    server.ways = [way]
    with pytest.raises(download.Unreachable, match=r"after 0\.5 s; .* TWINBENCH_DATA_DIR"):
        download.download(FILE)
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", ["404 \x1b]0;owned\x07\x9b2J", "\x1b[2J", "302 \x1b[2J"])
def test_what_a_server_says_does_not_drive_a_terminal(status: str, server: Server) -> None:
    server.ways = [f"says {status}"]
    with pytest.raises(DataError, match=r"digits\.npz") as caught:
        download.download(FILE)
    assert str(caught.value).isprintable()


def test_no_server_is_one_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail("waited for nothing"))
    with pytest.raises(download.Unreachable, match="cannot be reached"):
        download.download(FILE)


def test_what_is_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINBENCH_DATA_URL", "nonsense")
    with pytest.raises(DataError, match="TWINBENCH_DATA_URL"):
        download.download(FILE)


def test_an_unreachable_server_is_remembered_when_asked_to(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWINBENCH_DATA_URL", "http://127.0.0.1:9")
    with pytest.raises(DataError, match="cannot be reached"):
        sources.fetch(FILE, remember=True)
    with pytest.raises(DataError, match="could not be reached"):
        sources.fetch(FILE, remember=True)
    with pytest.raises(DataError, match="cannot be reached"):
        sources.fetch(FILE)  # asks again
    monkeypatch.setenv("TWINBENCH_DATA_URL", server.url)
    assert sources.fetch(FILE, remember=True).parent == cache_folder()


def test_a_cache_that_cannot_be_written(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("TWINBENCH_CACHE_DIR", str(tmp_path / "file" / "cache"))
    assert sources.fetch(FILE).read_bytes() == CONTENT
    assert capsys.readouterr().err.count("cannot write to the cache") == 1


def test_two_processes_at_once(server: Server, cache_dir: Path) -> None:
    code = (
        "import sys; from common.data.files import File; from common.data.sources import fetch\n"
        "fetch(File(sys.argv[1], int(sys.argv[2]), sys.argv[3]))"
    )
    command = [sys.executable, "-c", code, FILE.name, str(FILE.size), FILE.sha256]
    processes = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]
    assert len(server.requests) == 2
    assert (cache_dir / FILE.name).read_bytes() == CONTENT
    assert {path.name for path in cache_dir.iterdir()} == {FILE.name, MANIFEST}
