"""Write what twinbench needs, and under which licences, into docs/reference/licences.md.

A licence that is neither ALLOWED nor ACCEPTED for its very package is an error. What is installed
here is what is listed: `make licences` asks the environment of the tested versions.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from fnmatch import fnmatch
from importlib.metadata import Distribution, PackageMetadata, distribution

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from benchmarks.show.markdown import escaped, pipe_table, replace_table
from tools.project import ROOT, requirements

PAGE = ROOT / "docs" / "reference" / "licences.md"
HEADINGS = ("package", "version", "licence", "extra", "through")

# ask for their own text to be kept, and for nothing of a program that uses the package
ALLOWED = {
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD",  # which of its two or three clauses is not said
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MIT-CMU",
    "PSF-2.0",
    "Zlib",
}
# by the package and the licence it has now: with another one it has to be looked at anew
ACCEPTED = {
    ("certifi", "MPL-2.0"): "a list of certificates, used as it is",
    ("codespell", "GPL-2.0-only"): "a program that checks the spelling; nothing imports it",
    ("cuda-toolkit", "not stated"): "an empty package that names NVIDIA's libraries",
    (
        "docutils",
        "BSD AND GPL AND Public Domain",
    ): "what is under the GPL, a mode for Emacs, is not in its wheel",
    ("fqdn", "MPL-2.0"): "used as it is, where an SBOM is checked",
    ("hypothesis", "MPL-2.0"): "used as it is, by the tests alone",
    ("nvidia-*", "LicenseRef-NVIDIA-Proprietary"): (
        "the CUDA libraries that PyTorch's wheel for Linux asks for; its build for a CPU does not"
    ),
    ("pathspec", "MPL-2.0"): "used as it is, by mypy alone",
}
# how packages name a licence that have no SPDX expression
NAMES = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "GNU General Public License (GPL)": "GPL",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "NVIDIA Proprietary Software": "LicenseRef-NVIDIA-Proprietary",
    "Python Software Foundation License": "PSF-2.0",
}
WORDS = {  # of a licence's text
    "apache license": "Apache-2.0",
    "general public license": "GPL",
    "mozilla public license": "MPL",
    "permission is hereby granted, free of charge": "MIT",
    "redistribution and use in source and binary forms": "BSD",
}


def licence(package: Distribution) -> str:
    """What the package says of itself, as an SPDX expression where that can be told.

    The first of: an expression, a licence's name, classifiers, a licence's text in the metadata or
    in its files. Licences of classifiers and those found in a text hold together (AND).
    """
    metadata = package.metadata
    short, *_ = metadata.get_all("License-Expression") or metadata.get_all("License") or [""]
    short = NAMES.get(short, short)
    if short in ALLOWED:
        return short
    try:
        return canonicalize_license_expression(short)
    except InvalidLicenseExpression:
        found = classified(metadata) or named(short) or named("\n".join(texts(package)))
    return " AND ".join(sorted(found)) or "not stated"


def classified(metadata: PackageMetadata) -> set[str]:
    parts = [line.split(" :: ") for line in metadata.get_all("Classifier", [])]
    last = {line[-1] for line in parts if line[0] == "License" and line[-1] != "OSI Approved"}
    return {NAMES.get(name, name) for name in last}


def named(text: str) -> set[str]:
    """The licences whose words are in the text, however its lines are broken."""
    text = " ".join(text.split()).lower()
    return {name for words, name in WORDS.items() if words in text}


def texts(package: Distribution) -> Iterable[str]:
    for name in package.metadata.get_all("License-File", []):
        for folder in ("", "licenses/"):
            yield package.read_text(folder + name) or ""


def permitted(package: str, licence: str) -> bool:
    """Whether one of its alternatives has but licences that are allowed, or it is accepted."""
    if any(set(each.split(" AND ")) <= ALLOWED for each in licence.split(" OR ")):
        return True
    return any(fnmatch(package, p) and licence == known for p, known in ACCEPTED)


def closure(wanted: Iterable[Requirement]) -> set[str]:
    """The names of the packages that these need here, themselves included."""
    waiting = [each for each in wanted if applies(each)]
    found = set()
    while waiting:
        requirement = waiting.pop()
        key = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if key not in found:
            found.add(key)
            needs = map(Requirement, distribution(requirement.name).requires or [])
            waiting += [each for each in needs if applies(each, requirement.extras)]
    return {name for name, _ in found}


def applies(requirement: Requirement, extras: Iterable[str] = ()) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in ["", *extras])


def rows() -> list[tuple[str, ...]]:
    """Of each package: its name, version, licence, what it is for, and what needs it."""
    groups = requirements()
    extras = {extra: closure(group) for extra, group in groups.items()}
    direct = {canonicalize_name(each.name): each for group in groups.values() for each in group}
    through = {name: closure([each]) for name, each in direct.items()}
    listed: list[tuple[str, ...]] = []
    for name in sorted(set().union(*extras.values())):
        package = distribution(name)
        wanted = [extra for extra in extras if name in extras[extra]]
        needs = [] if name in direct else [by for by in sorted(through) if name in through[by]]
        purpose = "always" if "" in wanted else ", ".join(wanted)
        listed.append((name, package.version, licence(package), purpose, ", ".join(needs)))
    return listed


def table(rows: Iterable[tuple[str, ...]]) -> str:
    """The rows, and below them what is accepted and why. Raises ValueError for what is not."""
    rows = list(rows)
    refused = [f"{row[0]}: {row[2]}" for row in rows if not permitted(row[0], row[2])]
    if refused:
        raise ValueError(f"neither allowed nor accepted in tools/licences.py: {'; '.join(refused)}")
    cells = [[escaped(cell) for cell in row] for row in rows]
    accepted = [f"- `{name}`, {terms}: {why}." for (name, terms), why in ACCEPTED.items()]
    return "\n".join(
        [
            pipe_table(HEADINGS, cells, left=range(len(HEADINGS))),
            "\nAccepted, though not one of " + ", ".join(sorted(ALLOWED)) + ":\n",
            *accepted,
        ]
    )


def main() -> None:
    try:
        replace_table(PAGE, table(rows()))
    except ValueError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
