"""How a problem is run: a regime is a frozen record of independent switches; five have names.

A switch left at None means "whatever the framework does by itself". What that is stands in the
framework's manifest, and `Regime.resolve` writes it out, so that a walk between two frameworks'
`native` regimes is a walk over the same switches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal


@dataclass(frozen=True)
class Regime:
    """Independent switches, each with its effect on the mathematics or on the execution alone."""

    name: str
    # mathematics
    kernels: Literal["glorot_uniform", "fan_in_uniform", "lecun_normal"] | None = None
    biases: Literal["zeros", "fan_in_uniform"] | None = None
    shared_initial: bool = False  # draw the initial weights in NumPy, the same for every framework
    rho: float | None = None  # decay of RMSprop's mean square
    epsilon: float | None = None
    epsilon_inside_root: bool | None = None  # lr g / sqrt(v + eps), or lr g / (sqrt(v) + eps)
    order: Literal["reshuffled", "repeated"] | None = None  # None: the framework's own shuffle
    loss_on: Literal["logits", "probabilities"] | None = None
    last_batch: Literal["kept", "dropped"] | None = None
    denormals: Literal["flushed", "kept"] | None = None
    tf32: bool | None = None
    precision: Literal["float32", "bfloat16"] = "float32"  # of forward and backward pass
    # execution
    sparse_rows: bool = False  # hold text as CSR and feed a dense batch at a time
    execution: Literal["tutorial", "compiled", "tuned"] = "tutorial"
    deterministic: bool = False  # only kernels that give the same bits each time, or an error

    def __post_init__(self) -> None:
        """Raise ValueError for bfloat16 in an execution that knows float32 alone."""
        if self.bfloat16 and self.execution != "tutorial":
            raise ValueError(f"{self.execution} computes in float32 alone, not in {self.precision}")

    @property
    def compiled(self) -> bool:
        """Whether it asks for the tutorials' code under the framework's own compiler."""
        return self.execution == "compiled"

    @property
    def tuned(self) -> bool:
        """Whether it asks for what was found fastest in each framework, written by hand or not."""
        return self.execution == "tuned"

    @property
    def bfloat16(self) -> bool:
        """Whether it asks for mixed precision, as each framework's own users have it."""
        return self.precision == "bfloat16"

    @property
    def needs(self) -> tuple[str, ...]:
        """What of it a framework may be without, by the names of its manifest."""
        return (self.execution, *["bf16"] * self.bfloat16)

    @property
    def paired(self) -> bool:
        """Whether one seed means the same initial weights and order of samples everywhere."""
        return self.shared_initial and self.order is not None

    def resolve(self, native: Mapping[str, Any]) -> Regime:
        """This regime with every open switch set to what the framework does by itself."""
        return replace(self, **{k: v for k, v in native.items() if getattr(self, k) is None})

    def switches(self) -> dict[str, Any]:
        """Every switch but the name, as plain values."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "name"}

    def keyed(self) -> dict[str, Any]:
        """The switches that tell apart the keys of records.

        One that is younger than the records of old is left out where it stands as it did for them.
        """
        return {k: v for k, v in self.switches().items() if (k, v) != ("precision", "float32")}

    def changes(self) -> dict[str, Any]:
        """The switches that differ from the regime as published under this name."""
        published = REGIMES.get(self.name, self).switches()
        return {k: v for k, v in self.switches().items() if v != published[k]}


NATIVE = Regime("native")
MATCHED = Regime(
    "matched",
    kernels="glorot_uniform",
    biases="zeros",
    shared_initial=True,
    rho=0.9,
    epsilon=1e-7,
    epsilon_inside_root=True,
    order="reshuffled",
    last_batch="kept",
    denormals="flushed",
    tf32=False,
    sparse_rows=True,
)
COMPILED = replace(MATCHED, name="compiled", execution="compiled")
TUNED = replace(MATCHED, name="tuned", execution="tuned")
BF16 = replace(MATCHED, name="bf16", precision="bfloat16")

REGIMES: dict[str, Regime] = {
    regime.name: regime for regime in (NATIVE, MATCHED, COMPILED, TUNED, BF16)
}
