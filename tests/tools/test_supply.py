"""What twinbench is made of: each package pinned, its licence known, and asked about by name."""

from __future__ import annotations

import json
import platform
import re
import shlex
import subprocess
import sys
import threading
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import PathDistribution
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from common.framework import frameworks
from common.install import install_extra
from tools import licences
from tools.oldest import oldest
from tools.project import ROOT, requirements

INSTALLERS = {"pip", "setuptools", "wheel"}  # `pip freeze` leaves them out


def versions(lines: list[str]) -> dict[str, str]:
    pinned = map(Requirement, lines)
    return {canonicalize_name(need.name): next(iter(need.specifier)).version for need in pinned}


PINNED = versions([n for n in (ROOT / "constraints.txt").read_text().splitlines() if n[0] != "#"])
ROWS = [
    tuple(cell.strip() for cell in line.split("|")[1:-1])
    for line in licences.PAGE.read_text(encoding="utf-8").splitlines()
    if line.startswith("| ")
][2:]  # after the headings and the rule


def make(target: str, *variables: str) -> subprocess.CompletedProcess[str]:
    """A target of the Makefile in the environment of these tests, which is taken as set up."""
    settings = ["READY=", f"BIN={Path(sys.executable).parent}", *variables]
    command = ["make", "--silent", target, *settings]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_the_page_has_every_pinned_version_and_no_other():
    listed = {name: version for name, version, *_ in ROWS if name not in INSTALLERS}
    assert len(ROWS) > 200 and listed == PINNED, "make licences"


def test_the_page_says_what_each_package_is_for():
    groups = requirements()
    direct = {canonicalize_name(need.name) for group in groups.values() for need in group}
    for name, _, _, extras, through in ROWS:
        assert extras == "always" or set(extras.split(", ")) < set(groups), name
        assert bool(through) != (name in direct), name
        assert not through or set(through.split(", ")) <= direct, name


def test_each_licence_on_the_page_may_be_used_and_nothing_is_accepted_for_nothing():
    assert not [row for row in ROWS if not licences.permitted(row[0], row[2])]
    for pattern, terms in licences.ACCEPTED:
        assert any(fnmatch(name, pattern) and has == terms for name, _, has, *_ in ROWS), pattern
        assert not licences.permitted("another", terms)


@pytest.mark.parametrize(
    "terms",
    ["GPL-3.0-only", "MIT AND GPL-3.0-only", "(MIT OR ISC) AND AGPL-3.0-only", "not stated"],
)
def test_a_licence_that_nobody_looked_at_is_refused(terms):
    assert not licences.permitted("new", terms)
    with pytest.raises(ValueError, match="new: "):
        licences.table([("new", "1.0", terms, "always", "")])


def test_one_alternative_is_enough():
    assert licences.permitted("new", "GPL-3.0-only OR BSD-3-Clause AND MIT")


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Makes a package that is installed as far as its metadata go."""
    monkeypatch.syspath_prepend(tmp_path)

    def made(name: str, *lines: str, text: str = "") -> PathDistribution:
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        head = ["Metadata-Version: 2.4", f"Name: {name}", "Version: 1.0", "License-File: COPYING"]
        (folder / "METADATA").write_text("\n".join([*head, *lines]))
        (folder / "licenses").mkdir()
        (folder / "licenses" / "COPYING").write_text(text)
        return PathDistribution(folder)

    return made


OSI = "Classifier: License :: OSI Approved :: "
GPL = "GNU General\nPublic License"


@pytest.mark.parametrize(
    ("lines", "text", "expected"),
    [
        (["License-Expression: mit or apache-2.0", "License: GPL"], GPL, "MIT OR Apache-2.0"),
        (["License: BSD-3-Clause"], "", "BSD-3-Clause"),
        (
            ["License: Apache 2.0", "Classifier: License :: Other/Proprietary License"],
            "",
            "Apache-2.0",
        ),
        (["License: UNKNOWN", f"{OSI}MIT License", f"{OSI}BSD License"], "", "BSD AND MIT"),
        ([f"{OSI}A License of 2030"], "", "A License of 2030"),
        ([], f"Permission is hereby granted, free\nof charge. Parts: {GPL}", "GPL AND MIT"),
        ([], "Do as you like.", "not stated"),
    ],
)
def test_what_a_package_says_of_its_licence_is_understood(package, lines, text, expected):
    assert licences.licence(package("made", *lines, text=text)) == expected


def test_what_is_needed_follows_extras_and_markers(package):
    package("one", "Requires-Dist: two[fast]", "Requires-Dist: nothing; python_version < '3'")
    package(
        "two", "Requires-Dist: three; extra == 'fast'", "Requires-Dist: nothing; extra == 'slow'"
    )
    package("three", "Requires-Dist: One")
    assert licences.closure([Requirement("one")]) == {"one", "two", "three"}
    assert licences.closure([Requirement("two")]) == {"two"}


def test_the_oldest_versions_are_those_of_every_requirement_and_not_above_the_tested():
    lowest = versions(oldest())
    asked = {canonicalize_name(need.name) for group in requirements().values() for need in group}
    assert set(lowest) == asked
    for name, version in lowest.items():
        assert Version(version) <= Version(PINNED[name]), name


def test_the_manifests_know_the_lowest_versions():
    groups = requirements()
    asked = versions([str(need) for name in ("keras", "torch", "jax") for need in groups[name]])
    known: dict[str, str] = {}
    for framework in frameworks().values():
        known |= {**framework.lowest, **framework.companions}
        assert set(framework.lowest) == set(framework.requires)
    assert known == asked


def test_a_hint_names_what_the_extra_asks_for_wherever_the_code_lies(package, monkeypatch):
    for extra, group in requirements().items():
        named = shlex.split(install_extra(extra))[2:] if extra else []
        plain = [Requirement(str(need).partition(";")[0]) for need in group if extra]
        # every one of them; hatchling writes them into the metadata in an order of its own
        assert sorted(map(Requirement, named), key=str) == sorted(plain, key=str)
    package("twinbench", "Requires-Dist: new>=2,<3; extra == 'torch'", "Requires-Dist: numpy")
    assert install_extra("torch") == 'pip install "new>=2,<3"'
    monkeypatch.setattr(sys, "path", [])
    assert install_extra("torch") == f'pip install "{ROOT}[torch]"'
    assert frameworks()["keras:jax"].install == 'pip install "keras>=3.12" "jax>=0.7.2"'


def test_no_hint_names_a_package_that_nobody_published():
    names = [*ROOT.glob("*_impl"), *map(ROOT.joinpath, ("common", "benchmarks", "tests"))]
    for path in (path for folder in names for path in folder.rglob("*.py")):
        if path.name not in ("install.py", "test_docs.py"):
            assert not re.search(r"pip install\W+twinbench", path.read_text("utf-8")), path


needs_dev = pytest.mark.skipif(
    not find_spec("cyclonedx_py") or not find_spec("pip_audit"),
    reason="cyclonedx-bom and pip-audit are not installed, the extra `dev`",
)


@needs_dev
@pytest.mark.service
@pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"),
    reason="constraints.txt has the packages of Linux on x86-64",
)
def test_the_sbom_is_valid_and_has_every_pinned_version(tmp_path):
    done = make("sbom", f"SBOM={tmp_path / 'new' / 'sbom.json'}")
    # the command checks what it writes by the schema of CycloneDX, and warns where it does not
    assert done.returncode == 0 and "skipped" not in done.stderr, done.stderr
    bom = json.loads((tmp_path / "new" / "sbom.json").read_text(encoding="utf-8"))
    assert "serialNumber" not in bom and "timestamp" not in bom["metadata"]  # the same again
    root = bom["metadata"]["component"]
    assert (root["name"], root["licenses"][0]["license"]["id"]) == ("twinbench", "Apache-2.0")
    parts = {canonicalize_name(part["name"]): part["version"] for part in bom["components"]}
    assert "twinbench" not in parts
    assert parts.items() >= PINNED.items()
    needs = {part["ref"]: set(part.get("dependsOn", [])) for part in bom["dependencies"]}
    direct = {canonicalize_name(ref.partition("==")[0]) for ref in needs[root["bom-ref"]]}
    assert direct == set(versions(oldest()))


@pytest.fixture
def advisories():
    """A service that knows of one vulnerability, answers as OSV does and keeps the questions."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name = asked["package"]["name"]
            server.asked[name] = asked["version"]
            answer = {"vulns": [{"id": "TEST-1", "affected": []}]} if name == "jinja2" else {}
            body = json.dumps(answer).encode()
            self.send_response(503 if name == server.silent else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.asked, server.silent = {}, ""
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@needs_dev
@pytest.mark.service
def test_the_audit_asks_about_every_pinned_version_and_fails_on_what_is_known(advisories):
    service = f"SERVICE=osv --osv-url http://127.0.0.1:{advisories.server_port}/"
    known = make("audit", service)
    assert known.returncode and "TEST-1" in known.stdout, known.stderr
    assert advisories.asked == PINNED
    accepted = make("audit", service, "ACCEPTED=TEST-1")
    assert accepted.returncode == 0, accepted.stderr
    advisories.silent = "yarl"
    assert make("audit", service, "ACCEPTED=TEST-1").returncode


@needs_dev
@pytest.mark.service
def test_a_package_that_nobody_knows_fails_the_audit():
    """As where a registry has the packages and no advisories: each is skipped, all is green."""
    flags = shlex.split(make("audit", "--dry-run").stdout.replace("\\\n", ""))[1:]
    assert "--strict" in flags
    script = (
        "import sys, requests, pip_audit._cli\n"
        "def answer(self, *args, **settings):\n"
        "    response = requests.Response(); response.status_code = 404; return response\n"
        "requests.Session.get = answer\n"
        "pip_audit._cli.audit()\n"
    )
    for given, fails in ((flags, True), ([flag for flag in flags if flag != "--strict"], False)):
        command = [sys.executable, "-c", script, *given]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert bool(done.returncode) == fails, done.stderr
        said = done.stderr if fails else done.stdout
        assert said.count("could not be audited") == (1 if fails else len(PINNED))
