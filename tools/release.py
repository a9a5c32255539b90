"""Prepare a release: sdist, wheel and the built site, all in build/release.

`python -m tools.release` builds the two, has their metadata checked, installs each into an
environment of its own far from the checkout, and packs the site. `--tag v1.2.3` refuses what is not
that version, and writes the notes of the release from CHANGELOG.md.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path

from tools.project import ROOT

SITE = ROOT / "build" / "site" / "html"
INTO = ROOT / "build" / "release"
UNPUBLISHED = {".buildinfo", ".doctrees"}  # kept by Sphinx for its next build
UNDATED = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can name


def project() -> dict:
    """The table `project` of pyproject.toml, where the version stands."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def notes(tag: str, version: str, changelog: str) -> str:
    """What the changelog says of a version; raises ValueError if the tag or the heading differs."""
    if tag != f"v{version}":
        raise ValueError(f"the tag is {tag}, and the version in pyproject.toml is {version}")
    for section in re.split("^## ", changelog, flags=re.MULTILINE)[1:]:
        heading, _, text = section.partition("\n")
        if heading.split()[:1] == [version]:
            return text.strip() + "\n"
    raise ValueError(f"CHANGELOG.md has no heading ## {version}")


def build(into: Path) -> list[Path]:
    """The sdist and, made from it, the wheel; raises CalledProcessError if one is not fit."""
    # -P: the folder `build` of the checkout is no package
    python = [sys.executable, "-P", "-m"]
    subprocess.run([*python, "build", "--outdir", str(into), str(ROOT)], check=True)
    made = sorted(into.iterdir())
    subprocess.run([*python, "twine", "check", "--strict", *map(str, made)], check=True)
    return made


def try_out(package: Path, version: str) -> None:
    """Install an sdist or a wheel on its own and ask the command for its version and its help.

    Raises CalledProcessError if it cannot be installed or fails, ValueError for another version.
    """
    ours = ("PYTHON", "TWINBENCH_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    with tempfile.TemporaryDirectory() as folder:
        venv.create(Path(folder, "venv"), with_pip=True)
        commands = Path(folder, "venv", "Scripts" if os.name == "nt" else "bin")

        def run(program: str, *words: str) -> str:
            command = [str(commands / program), *words]
            piped = {"stdout": subprocess.PIPE, "text": True}
            done = subprocess.run(command, cwd=folder, env=clean, check=True, **piped)
            return done.stdout

        tested = ["--constraint", str(ROOT / "constraints.txt")]
        run("python", "-m", "pip", "install", "--quiet", *tested, str(package.resolve()))
        said = run("twinbench", "--version")
        if version not in said.split():
            raise ValueError(f"{package.name} calls itself {said.strip()!r} and not {version}")
        run("twinbench", "--help")


def pack(site: Path, archive: Path) -> None:
    """Write a site as a zip: the same files give the same bytes, whatever their dates."""
    files = [path for path in site.rglob("*") if path.is_file()]
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for name, path in sorted((path.relative_to(site).as_posix(), path) for path in files):
            if not UNPUBLISHED & set(name.split("/")):
                entry = zipfile.ZipInfo(f"{archive.stem}/{name}", UNDATED)
                entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
                packed.writestr(entry, path.read_bytes())


def main(argv: Sequence[str] | None = None) -> int:
    """Prepare a release; returns 0."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tools.release")
    parser.add_argument("--site", type=Path, default=SITE, help="what `make docs` has built")
    parser.add_argument("--into", type=Path, default=INTO, help="a folder, which is made anew")
    parser.add_argument("--tag", help="the tag of the release, as v1.2.3")
    args = parser.parse_args(argv)
    version = project()["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    try:
        text = notes(args.tag, version, changelog) if args.tag else ""
    except ValueError as error:
        parser.error(str(error))
    if not (args.site / "index.html").is_file():
        parser.error(f"{args.site} is no site: make docs")
    shutil.rmtree(args.into, ignore_errors=True)
    for package in build(args.into):
        try_out(package, version)
    pack(args.site, args.into / f"twinbench-site-{version}.zip")
    if text:
        (args.into / "notes.md").write_text(text, encoding="utf-8")
    for file in sorted(args.into.iterdir()):
        print(f"{file}: {file.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
