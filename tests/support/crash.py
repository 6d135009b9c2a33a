"""A server that is killed at random moments under load, and started again on the same data."""
import random
import signal
import subprocess
import threading
import time

from tests.conftest import COALMINE, Server
from tests.support.crash_writers import KINDS, Found, Invoker, create
from tests.support.machine import ran_ms
from tests.support.wire import LAMBDA, Wire

LOAD_MOST_SECONDS = 120
ACKNOWLEDGEMENTS = (10, 400)  # before the kill
WARM = 0.75                   # of the kills: only invocations count, so functions are warm
JITTER_SECONDS = 0.01         # a random moment after the last acknowledgement that counts


class Crash:
    def __init__(self, directory, seed):
        self.directory, self.random = directory, random.Random(seed)
        self.writers = [kind() for kind in KINDS]
        self.began = int(time.time())
        self.since_ms = 0
        self.starts_ms, self.start_cpu_ms = [], []
        self.lock = threading.Lock()
        self.start()
        wire = Wire(self.server.port)
        for name in ("loaded", "published", "later"):
            create(wire, name, name)
        wire.json("POST", f"{LAMBDA}/loaded/versions", {})
        wire.json("POST", f"{LAMBDA}/loaded/aliases",
                  {"Name": "live", "FunctionVersion": "1", "Description": "0"})
        wire.logs("CreateLogGroup", logGroupName="crash")
        wire.logs("CreateLogStream", logGroupName="crash", logStreamName="s")

    def start(self):
        """Starts the server; the time to `Ready.`, and the processor's part of it, go to the
        table."""
        before = time.monotonic()
        self.server = Server("--data-dir", str(self.directory), ephemeral=False)
        self.starts_ms.append((time.monotonic() - before) * 1000)
        self.start_cpu_ms.append(ran_ms(self.server.process.pid))

    def note(self, writer):
        """A writer has an acknowledgement."""
        with self.lock:
            self.left -= not self.is_warm or isinstance(writer, Invoker)
            if self.left == 0:
                self.is_enough.set()

    def load(self):
        """All writers write until the server is killed under their hands."""
        self.left, self.is_over = self.random.randint(*ACKNOWLEDGEMENTS), False
        self.is_warm = self.random.random() < WARM
        self.is_enough = threading.Event()
        self.since_ms = int(time.time() * 1000)
        threads = [threading.Thread(target=writer.run, args=(self, self.server.port))
                   for writer in self.writers for _ in range(writer.callers)]
        for thread in threads:
            thread.start()
        came_up = self.is_enough.wait(LOAD_MOST_SECONDS)
        time.sleep(self.random.uniform(0, JITTER_SECONDS))
        self.is_over = True
        self.server.process.send_signal(signal.SIGKILL)
        assert self.server.process.wait() == -signal.SIGKILL, self.server.read_log()
        for thread in threads:
            thread.join()
        failures = [writer.failure for writer in self.writers if writer.failure]
        assert came_up and not failures, f"{failures} {self.server.read_log()}"

    def inspect(self):
        """`coalmine check` finds nothing wrong with what the crash left."""
        done = subprocess.run([COALMINE, "check", str(self.directory)], capture_output=True,
                              text=True)
        assert done.returncode == 0 and "PROBLEM" not in done.stdout, done.stdout

    def compare(self, is_whole=False):
        found = Found(self.server.port, self.began, 0 if is_whole else self.since_ms)
        assert {entry.name for entry in (self.directory / "code").iterdir()} \
            == found.code_directories(), "the code directory has strays or gaps"
        for writer in self.writers:
            writer.check(found)
            if not is_whole and hasattr(writer, "fresh"):
                writer.fresh = []
        return found

    def round(self):
        self.load()
        self.inspect()
        self.start()
        self.compare()

    def table(self):
        """What was asked and acknowledged (a round fails if any of it is lost), and how long
        starts took."""
        lines = [f"{'writer':10} {'asked':>8} {'acknowledged':>13}"]
        lines += [f"{type(w).__name__:10} {w.asked:8} {w.acknowledged:13}" for w in self.writers]
        for title, times in (("time to Ready.", self.starts_ms),
                             ("processor time of that", self.start_cpu_ms)):
            after = sorted(times[1:])
            lines.append(f"{len(after)} starts after a crash, {title}: median "
                         f"{after[len(after) // 2]:.1f} ms, longest {after[-1]:.1f} ms")
        return "\n".join(lines)
