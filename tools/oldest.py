"""Print the oldest versions that pyproject.toml allows, as constraints for pip: `make oldest`."""

from tools.project import requirements


def oldest() -> list[str]:
    """`NAME==X` for each `NAME>=X` of a direct requirement."""
    return sorted(
        {
            f"{requirement.name}=={bound.version}"
            for group in requirements().values()
            for requirement in group
            for bound in requirement.specifier
            if bound.operator == ">="
        }
    )


if __name__ == "__main__":
    print("\n".join(oldest()))
