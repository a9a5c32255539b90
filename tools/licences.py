"""Write the packages that twinbench needs, and their licences, into docs/reference/licences.md.

A licence that is neither ALLOWED nor ACCEPTED for its package is an error. The installed packages
are listed: `make licences` runs in the environment of the tested versions.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from fnmatch import fnmatch
from importlib.metadata import Distribution, PackageMetadata, distribution

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from benchmarks.show.markdown import escaped, pipe_table, replace_table
from tools.project import ROOT, requirements

PAGE = ROOT / "docs" / "reference" / "licences.md"
HEADINGS = ("package", "version", "licence", "extra", "through")

# require that their own text is kept, and nothing of a program that uses the package
ALLOWED = {
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD",  # without the number of its clauses
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
# by package and present licence: with another licence the package is to be reviewed again
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
# licence as packages without an SPDX expression name it -> SPDX
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
WORDS = {  # words of a licence's text -> its name
    "apache license": "Apache-2.0",
    "general public license": "GPL",
    "mozilla public license": "MPL",
    "permission is hereby granted, free of charge": "MIT",
    "redistribution and use in source and binary forms": "BSD",
}


def licence(package: Distribution) -> str:
    """The licence that a package declares, as an SPDX expression if possible.

    It is the first of: an expression, a name, classifiers, a licence's text in the metadata or in
    files. Several licences of classifiers or of a text are joined by AND.
    """
    metadata = package.metadata
    short, *_ = metadata.get_all("License-Expression") or metadata.get_all("License") or [""]
    short = NAMES.get(short, short)
    if short in ALLOWED:
        return short
    try:
        return canonicalize_license_expression(short)
    except InvalidLicenseExpression:
        names = classified(metadata) or named(short) or named("\n".join(texts(package)))
    return " AND ".join(sorted(names)) or "not stated"


def classified(metadata: PackageMetadata) -> set[str]:
    parts = [line.split(" :: ") for line in metadata.get_all("Classifier", [])]
    last = {line[-1] for line in parts if line[0] == "License" and line[-1] != "OSI Approved"}
    return {NAMES.get(name, name) for name in last}


def named(text: str) -> set[str]:
    """The licences whose words are in the text, across line breaks."""
    text = " ".join(text.split()).lower()
    return {name for words, name in WORDS.items() if words in text}


def texts(package: Distribution) -> Iterable[str]:
    for name in package.metadata.get_all("License-File", []):
        for folder in ("", "licenses/"):
            yield package.read_text(folder + name) or ""


def permitted(package: str, licence: str) -> bool:
    """Whether all licences of one alternative are allowed, or the licence is accepted."""
    if any(set(terms.split(" AND ")) <= ALLOWED for terms in licence.split(" OR ")):
        return True
    return any(fnmatch(package, p) and licence == known for p, known in ACCEPTED)


def closure(requirements: Iterable[Requirement]) -> set[str]:
    """The names of the packages that satisfy the requirements here, with all their dependencies."""
    waiting = list(filter(applies, requirements))
    visited = set()
    while waiting:
        requirement = waiting.pop()
        key = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if key not in visited:
            visited.add(key)
            needs = map(Requirement, distribution(requirement.name).requires or [])
            waiting += [need for need in needs if applies(need, requirement.extras)]
    return {name for name, _ in visited}


def applies(requirement: Requirement, extras: Iterable[str] = ()) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in ["", *extras])


def rows() -> list[tuple[str, ...]]:
    """Name, version, licence, extras and direct dependents of each package."""
    groups = requirements()
    extras = {extra: closure(group) for extra, group in groups.items()}
    direct = {canonicalize_name(need.name): need for group in groups.values() for need in group}
    closures = {name: closure([need]) for name, need in direct.items()}
    table: list[tuple[str, ...]] = []
    for name in sorted(set().union(*extras.values())):
        package = distribution(name)
        purposes = [extra for extra in extras if name in extras[extra]]
        purpose = "always" if "" in purposes else ", ".join(purposes)
        through = [] if name in direct else [by for by in sorted(direct) if name in closures[by]]
        table.append((name, package.version, licence(package), purpose, ", ".join(through)))
    return table


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """The table, and below it what is accepted and why. Raises ValueError for a licence that is
    neither allowed nor accepted."""
    refused = [f"{row[0]}: {row[2]}" for row in rows if not permitted(row[0], row[2])]
    if refused:
        raise ValueError(f"neither allowed nor accepted in tools/licences.py: {'; '.join(refused)}")
    cells = [list(map(escaped, row)) for row in rows]
    return "\n".join(
        [
            pipe_table(HEADINGS, cells, left=range(len(HEADINGS))),
            "\nAccepted, though not one of " + ", ".join(sorted(ALLOWED)) + ":\n",
            *(f"- `{name}`, {terms}: {why}." for (name, terms), why in ACCEPTED.items()),
        ]
    )


def main() -> None:
    try:
        replace_table(PAGE, table(rows()))
    except ValueError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
