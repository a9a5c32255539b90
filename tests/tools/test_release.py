"""What a release is made of, and the workflows of a forge that check and make it."""

from __future__ import annotations

import os
import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from tools import release
from tools.project import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MAKE = re.compile(r'\bmake "?([a-z$][\w-]*)')
ACTION = re.compile(r"actions/[a-z-]+@(v\d+|[0-9a-f]{40})")  # the forge's own, of one version
MAY_WRITE = {"publish": {"pages", "id-token"}, "attach": {"contents"}}


def read(text: str) -> dict:
    return pytest.importorskip("yaml").safe_load(text)


@pytest.fixture
def site(tmp_path) -> Path:
    for name in ("index.html", "zh/index.html", ".doctrees/index.doctree", ".buildinfo"):
        path = tmp_path / "html" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "html"


def test_the_same_site_is_packed_into_the_same_bytes_without_what_sphinx_keeps(site, tmp_path):
    first, again = (tmp_path / folder / "site-1.0.zip" for folder in "ab")
    for archive, date in ((first, 10**9), (again, 2 * 10**9)):
        archive.parent.mkdir()
        os.utime(site / "index.html", (date, date))
        release.pack(site, archive)
    names = zipfile.ZipFile(first).namelist()
    assert names == ["site-1.0/index.html", "site-1.0/zh/index.html"]
    assert first.read_bytes() == again.read_bytes()
    (site / "index.html").write_text("another")
    release.pack(site, again)
    assert first.read_bytes() != again.read_bytes()


CHANGES = "# Changelog\n\n## 1.10 (today)\n\n- New.\n\n### More\n\n- Old.\n\n## 1.1\n\n- First.\n"


def test_the_notes_are_what_the_changelog_says_of_the_version():
    assert release.notes("v1.10", "1.10", CHANGES) == "- New.\n\n### More\n\n- Old.\n"
    assert release.notes("v1.1", "1.1", CHANGES) == "- First.\n"


@pytest.mark.parametrize(
    ("tag", "version", "words"),
    [("v1.1", "1.10", "the tag is v1.1"), ("1.1", "1.1", "the tag"), ("v1.2", "1.2", "heading")],
)
def test_a_tag_of_another_version_and_a_version_without_notes_are_refused(tag, version, words):
    with pytest.raises(ValueError, match=words):
        release.notes(tag, version, CHANGES)


def test_without_a_site_nothing_is_built(tmp_path, capsys):
    with pytest.raises(SystemExit, match="2"):
        release.main(["--site", str(tmp_path), "--into", str(tmp_path / "release")])
    assert "is no site: make docs" in capsys.readouterr().err
    assert not (tmp_path / "release").exists()


@pytest.fixture
def wheel(tmp_path):
    """Makes a wheel whose command is `twinbench` and runs these lines."""

    def made(*lines: str) -> Path:
        path = tmp_path / "twinbench-1.0-py3-none-any.whl"
        info = {
            "METADATA": "Metadata-Version: 2.1\nName: twinbench\nVersion: 1.0\n",
            "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            "entry_points.txt": "[console_scripts]\ntwinbench = said:main\n",
            "RECORD": "",
        }
        with zipfile.ZipFile(path, "w") as packed:
            packed.writestr("said.py", "import os, sys\n\ndef main():\n" + "\n".join(lines))
            for name, text in info.items():
                packed.writestr(f"twinbench-1.0.dist-info/{name}", text)
        return path

    return made


def test_a_package_is_tried_where_the_checkout_is_not(wheel, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    outside = "    assert 'PYTHONPATH' not in os.environ and not os.path.exists('pyproject.toml')"
    release.try_out(wheel(outside, "    print('twinbench 1.0')"), "1.0")


def test_a_package_of_another_version_or_whose_help_fails_is_no_release(wheel):
    with pytest.raises(ValueError, match=r"calls itself 'twinbench 1\.0' and not 1\.1"):
        release.try_out(wheel("    print('twinbench 1.0')"), "1.1")
    with pytest.raises(subprocess.CalledProcessError, match="--help"):
        release.try_out(wheel("    print('1.0')", "    sys.exit('--help' in sys.argv)"), "1.0")


def test_the_citation_is_of_this_version_and_licence_and_invents_nobody():
    cited, project = read((ROOT / "CITATION.cff").read_text(encoding="utf-8")), release.project()
    assert set(cited) >= {"cff-version", "message", "title", "authors"}  # what the format requires
    assert cited["authors"] == [{"name": "The twinbench maintainers"}]
    assert (cited["version"], cited["license"]) == (project["version"], project["license"])


def faults(workflow: dict) -> list[str]:
    """What of a workflow is not to be: a sentence each."""
    found = []
    if workflow.get("permissions") != {"contents": "read"}:
        found.append("it may do more than read")
    for name, job in workflow["jobs"].items():
        rights = job.get("permissions", {})
        writing = {right for right, how in rights.items() if how != "read"}
        if writing - MAY_WRITE.get(name, set()):
            found.append(f"{name} may write more than it needs to")
        for step in job["steps"]:
            if "uses" in step and not ACTION.fullmatch(step["uses"]):
                found.append(f"{step['uses']} is not the forge's own, or of no version")
            if "${{" in step.get("run", ""):  # a name of a branch would be run as a command
                found.append(f"a value is pasted into {step['run']}")
    return found


def targets(workflow: dict) -> list[str]:
    """The targets of `make` that a workflow runs."""
    jobs = workflow["jobs"].values()
    lines = [step.get("run", "") for job in jobs for step in job["steps"]]
    named = [name for line in lines for name in MAKE.findall(line)]
    matrices = [job.get("strategy", {}).get("matrix", {}) for job in jobs]
    chosen = [target for matrix in matrices for target in matrix.get("target", [])]
    return [name for name in named if name != "$TARGET"] + chosen


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_has_no_more_rights_than_it_needs_and_runs_what_is_documented(path):
    workflow = read(path.read_text(encoding="utf-8"))
    assert not faults(workflow)
    documented = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert targets(workflow)
    for target in targets(workflow):
        assert f"`make {target}`" in documented
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_checks_of_a_push_are_those_that_contributing_names_and_ci_runs():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    sentence = re.search(r"^CI runs (.*?)\.$", text, re.MULTILINE | re.DOTALL)
    named = re.findall(r"`make ([\w-]+)`", sentence[1])
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    workflow = read((ROOT / ".github/workflows/checks.yml").read_text(encoding="utf-8"))
    assert targets(workflow) == named == re.findall(r"^make ([\w-]+)$", script, re.MULTILINE)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("actions/checkout@v6", "someone/checkout@v6", "forge's own"),
        ("actions/checkout@v6", "actions/checkout@main", "of no version"),
        ("permissions:\n  contents: read", "permissions:\n  contents: write", "more than read"),
        ("permissions:\n  contents: read\n", "", "more than read"),
        ("pages: write", "contents: write", "publish may write more"),
        ('TAG="$GITHUB_REF_NAME"', "TAG=${{ github.ref_name }}", "pasted"),
        ("actions/checkout@v6", f"actions/checkout@{'a' * 40}", ""),
        ("actions/checkout@v6", "actions/checkout@v7", ""),
    ],
)
def test_what_a_workflow_must_not_do_is_seen(old, new, words):
    text = (ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8")
    assert text.count(old) == 1
    found = faults(read(text.replace(old, new)))
    assert bool(found) == bool(words) and words in " ".join(found)
