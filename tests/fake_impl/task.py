"""A Task that starts at once, and that fails in the way that the variable FAKE says."""

import os
import resource
import signal
import time
from types import MappingProxyType

import numpy as np

from benchmarks.harness import worker
from benchmarks.harness.clocks import process_age_seconds
from common.initial import initial_weights
from common.task import Task


def hang(*_, **__):
    print("hanging", flush=True)
    if "FAKE_HANGS" in os.environ:  # a file that says so
        open(os.environ["FAKE_HANGS"], "w").close()
    time.sleep(600)


if os.environ["FAKE"] == "import":
    hang()
if os.environ["FAKE"] == "data":
    worker.load = hang


class FakeTask(Task):
    """Learns nothing; FAKE="die 1" kills the run with seed 1 after its first epoch."""

    native = MappingProxyType({})

    def build(self, device):
        self._stop_at("build")
        if device == "cuda":
            raise ValueError("fake sees no device 'cuda'; it sees: cpu")
        self.device, self.output = "cpu", 0.0
        self.set_state(initial_weights(self.problem, self.seed))

    def get_state(self):
        return dict(self.state)

    def set_state(self, state):
        self.state = state

    def forward(self, x):
        self._stop_at("evaluate")
        return np.full((len(x), self.problem.outputs), self.output, np.float32)

    def loss_and_gradients(self, x, y):
        raise NotImplementedError

    def train_step(self, x, y):
        raise NotImplementedError

    def _stop_at(self, stage):
        """FAKE="build 1" makes the run with seed 1 hang when it is built."""
        if f"{stage} {self.seed}" in os.environ["FAKE"].split(","):
            hang()

    def fit(self, *rows, **options):
        history = super().fit(*rows, **options)
        if "FAKE_LOG" in os.environ:
            with open(os.environ["FAKE_LOG"], "a") as log:
                begun = time.time() - process_age_seconds()
                log.write(f"{self.regime.name} {self.seed} {begun} {time.time()}\n")
        return history

    def train_epochs(self, x, y, epochs, order, log):
        print("noise of a framework", os.environ["FAKE_THREADS"])
        faults = map(str.split, filter(None, os.environ["FAKE"].split(",")))
        mine = [what for what, seed in faults if int(seed) == self.seed]
        mean = float("nan") if "diverge" in mine else 1.0
        self.output = 0 * mean
        for _ in range(epochs):
            log.start()
            time.sleep(float(os.environ.get("FAKE_SECONDS", "0.002")))
            if "FAKE_EPOCHS" in os.environ:
                with open(os.environ["FAKE_EPOCHS"], "a") as epochs_log:
                    epochs_log.write(f"{os.getpid()} {self.seed}\n")
            log.stop(lambda: {"loss": mean, self.problem.metric: mean})
            if "die" in mine:
                os.kill(os.getpid(), signal.SIGKILL)
            if "crash" in mine:
                os.kill(os.getpid(), signal.SIGSEGV)
            if "leave" in mine:
                os._exit(0)
            if "raise" in mine:
                raise ArithmeticError("on purpose")
            if "bytes" in mine:
                os.write(1, bytes(range(256)))
                raise ArithmeticError("after noise")
            if "memory" in mine:
                resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))
                np.ones(2**32)
            if "clock" in mine:
                time.time = lambda: 0.0  # stepped back by half a century
            if "hang" in mine:
                hang()

    def synchronize(self):
        pass

    def facts(self):
        threads = int(os.environ["FAKE_THREADS"])
        return {
            "versions": {"fake": "1"},
            "devices": ["cpu"],
            "device": self.device,
            "threads": threads,
            "compiled": False,
        }
