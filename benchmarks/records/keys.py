"""A run's record: what each key of it is and means. Other kinds have more: `records/kinds.py`."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

Number = Annotated[int | float, Meta(title="number")]
NotNegative = Annotated[int | float, Meta(title="number of at least 0")]
Positive = Annotated[int | float, Meta(title="positive number")]
Whole = Annotated[int, Meta(title="whole number")]
Time = Annotated[str, Meta(title="time")]  # ISO 8601
Object = dict[str, Any]
Text = str | None
Truth = bool | None
Count = Number | None
Chosen = Object | None

ARM = ("problem", "framework", "regime", "device", "seed")  # also of a run that failed


def says(meaning: str, unit: str = "") -> Meta:
    """What a key means, and the unit of its numbers."""
    return Meta(description=meaning, extra={"unit": unit})


class Part(Struct, frozen=True):
    """An object within a record; null stands for what a failed run has not."""


class Data(Part, frozen=True):
    """Where the rows came from."""

    source: Annotated[Text, says("`folder`, `cache`, `download`, `embedded` or `generated`")] = None
    origin: Annotated[Text, says("name of a file, address, package and version, or generator")] = (
        None
    )
    digest: Annotated[Text, says("SHA-256 of the decoded arrays")] = None
    real: Annotated[Truth, says("whether they are the whole real data set")] = None
    notice: Annotated[Text, says("what must be said of embedded or generated data, else empty")] = (
        ""
    )


class Settings(Part, frozen=True):
    """What was asked for, and what the framework made of it."""

    regime: Annotated[Chosen, says("every switch of the regime, as it was set")] = None
    problem: Annotated[Chosen, says("every setting of the problem")] = None
    changed: Annotated[Chosen, says("the settings that differ from those published")] = None
    score_rows: Annotated[Count, says("rows that are scored at a time", "rows")] = None
    requested: Annotated[Chosen, says("device, threads and data as they were asked for")] = None
    python: Annotated[Text, says("file name of the interpreter, null for that of the command")] = (
        None
    )
    device: Annotated[Text, says("the device, as the framework names it")] = None
    devices: Annotated[list[Any] | None, says("the devices that the framework sees")] = None
    compiled: Annotated[Truth, says("whether the network was compiled")] = None
    graph_breaks: Annotated[
        Whole | None, says("where the compiler left a function half-way, null where not told")
    ] = None
    recompilations: Annotated[
        Whole | None, says("how often it compiled a function anew, null where not told")
    ] = None


class Host(Part, frozen=True):
    """The machine, and what else ran on it."""

    cpu: Annotated[Text, says("model of the processor")] = None
    cores: Annotated[Count, says("cores of the machine")] = None
    usable_cores: Annotated[Count, says("cores that the process might use")] = None
    memory_bytes: Annotated[Count, says("memory of the machine", "bytes")] = None
    os: Annotated[Text, says("operating system")] = None
    governor: Annotated[Text, says("frequency governor, null where it cannot be read")] = None
    load_before: Annotated[Count, says("load average of one minute, when the run began")] = None
    load_after: Annotated[Count, says("and when it ended")] = None
    others_cpu_share: Annotated[
        Count, says("of all cores, used by other processes meanwhile", "share")
    ] = None
    steal_share: Annotated[
        Count, says("of all cores, kept by the hypervisor meanwhile", "share")
    ] = None


class Git(Part, frozen=True):
    """The commit of the code."""

    commit: Annotated[Text, says("of the checkout that ran, null outside of one")] = None
    dirty: Annotated[Truth, says("whether that had changes")] = None


class Failure(Part, frozen=True):
    """What ended a run."""

    kind: Any = None  # name of the exception
    message: Any = None
    traceback_tail: Any = None


class Record(Struct, frozen=True, kw_only=True):
    """A record of any kind, of a run that failed or ended well; its defaults are the former's.

    What is null or missing on disk has its default. `json` is the object as it stands there, with
    all keys, also those that are unknown here: what writes or digests a record takes it.
    """

    kind: Annotated[str, says("`run`; records of other commands name other kinds")] = "run"
    schema: Annotated[Count, says("which keys a record has")] = None
    protocol: Annotated[
        Count, says("how it was measured; two protocols never stand in one table")
    ] = None
    created: Annotated[Time | None, says("when it was made, UTC, ISO 8601")] = None
    problem: Annotated[str, says("name of the problem")] = ""
    framework: Annotated[str, says("name of the framework, with its backend after a colon")] = ""
    regime: Annotated[str, says("name of the regime; its switches are in `settings.regime`")] = ""
    device: Annotated[str, says("`cpu`, `cuda:0`, ...: where it ran")] = ""
    seed: Annotated[Whole, says("of initial weights and order")] = 0
    timed: Annotated[bool, says("whether it had the machine to itself, and has clocks")] = True
    data: Data = Data()
    metrics: Annotated[
        dict[str, Number | None],
        says("`loss`, and `accuracy` or `mae` if it has one, of the test rows", "share, 1,000 $"),
    ] = {}
    diverged: Annotated[Truth, says("whether the loss rose above where it began, for good")] = None
    history: Annotated[
        dict[str, list[Number | None]],
        says("an epoch: of training and, as `val_...`, held-out rows"),
    ] = {}
    epoch_seconds: Annotated[list[Positive], says("training alone, each epoch", "s")] = []
    cpu_seconds: Annotated[
        list[NotNegative], says("CPU time of all threads of the process in it, each epoch", "s")
    ] = []
    validation_seconds: Annotated[
        list[NotNegative], says("scoring the held-out rows, each epoch", "s")
    ] = []
    steady_epoch_seconds: Annotated[
        Positive | None, says("median of all epochs but the first", "s")
    ] = None
    first_epoch_seconds: Annotated[
        Positive | None, says("the first epoch, with tracing and compilation", "s")
    ] = None
    total_seconds: Annotated[
        Positive | None, says("from the start of the process to the test metric", "s")
    ] = None
    samples_per_second: Annotated[
        Positive | None, says("training rows over the steady epoch", "rows/s")
    ] = None
    peak_rss_bytes: Annotated[
        NotNegative | None, says("the most memory that the process had resident", "bytes")
    ] = None
    import_rss_bytes: Annotated[
        NotNegative | None, says("the same after the framework's import alone", "bytes")
    ] = None
    peak_device_bytes: Annotated[
        NotNegative | None, says("the most memory taken on the device, where told", "bytes")
    ] = None
    stages: Annotated[
        dict[str, NotNegative],
        says("`import`, `data`, `build`, `fit` and `evaluate`, in turn", "s"),
    ] = {}
    threads: Annotated[Count, says("CPU threads, as read back from the framework")] = None
    versions: Annotated[
        dict[str, str | None], says("of Python and of every package that computes")
    ] = {}
    settings: Settings = Settings()
    trained_together: Annotated[Whole, says("how many seeds shared the process as replicas")] = 1
    heat: Annotated[
        Text, says("a name; runs of one name took turns, an epoch each. Null: it ran alone")
    ] = None
    host: Host = Host()
    git: Git = Git()
    error: Annotated[
        Failure | None, says("null, or `kind`, `message`, `traceback_tail` of what ended it")
    ] = None
    warnings: Annotated[list[str], says("what makes the numbers less trustworthy")] = []
    json: Object = {}

    @property
    def changed(self) -> Object:
        """The settings of the problem that were changed from those published."""
        return self.settings.changed or {}
