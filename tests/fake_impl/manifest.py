"""Three frameworks that need no framework: one, a variant of it, and one never installed."""

from common.framework import Framework


def environment(regime, device, threads):
    return {"FAKE_THREADS": str(threads)}


def variant(name, requires, **more):
    devices = ("cpu", "cuda")
    return Framework(name, "fake_impl.task:FakeTask", requires, devices, environment, {}, **more)


VARIANTS = (
    variant("fake", ("numpy",)),
    variant("fake:twin", ("numpy",), without={"ablation": "", "bf16": "it has no numbers"}),
    variant("absent", ("no_such_package",)),
)
