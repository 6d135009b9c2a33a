"""Load from wrk, whose one thread is no bottleneck: the server meets it with one of its own."""
import contextlib
import dataclasses
import json
import subprocess
import tempfile

from tests.bench.peers import say

LATE_SECONDS = 30

SCRIPT = """wrk.method = %s
wrk.body = %s
for name, value in pairs({%s}) do wrk.headers[name] = value end
done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format('\\nRESULT {"requests": %%d, "us": %%d, "median": %%d, "p99": %%d, "bad": %%d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.timeout + errors.status))
end
"""


@dataclasses.dataclass
class Result:
    rate: float       # requests per second
    median_us: float
    p99_us: float
    requests: int


@dataclasses.dataclass
class Request:
    """What is sent again and again; each answer must be a 2xx."""
    port: int
    path: str
    method: str = "GET"
    body: str = ""
    headers: dict = dataclasses.field(default_factory=dict)

    def script(self):
        quoted = json.dumps  # a string of Lua, for the characters that are sent here
        headers = ", ".join(f"[{quoted(name)}] = {quoted(value)}"
                            for name, value in self.headers.items())
        body = quoted(self.body) if self.body else "nil"
        return SCRIPT % (quoted(self.method), body, headers)

    def load(self, callers, seconds):
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
            script.write(self.script())
            script.flush()
            command = ["wrk", "-t1", f"-c{callers}", f"-d{seconds}s", "--timeout", "10s", "-s",
                       script.name, f"http://127.0.0.1:{self.port}{self.path}"]
            found = run(command, seconds)
            if not found["requests"]:  # on a machine that others keep busy
                say(f"no answer from {self.path} in {seconds} s: once more, for longer")
                found = run(command[:3] + [f"-d{5 * seconds}s"] + command[4:], 5 * seconds)
        assert found["bad"] == 0 and found["requests"], (self, found)
        return Result(found["requests"] / found["us"] * 1e6, found["median"], found["p99"],
                      found["requests"])

    @contextlib.contextmanager
    def in_background(self, callers):
        """The same load for as long as the block lasts."""
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
            script.write(self.script())
            script.flush()
            process = subprocess.Popen(
                ["wrk", "-t1", f"-c{callers}", "-d600s", "-s", script.name,
                 f"http://127.0.0.1:{self.port}{self.path}"], stdout=subprocess.DEVNULL)
            try:
                yield
            finally:
                process.kill()
                process.wait()


def run(command, seconds):
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + LATE_SECONDS)
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    assert lines, done.stdout + done.stderr
    return json.loads(lines[0].split(" ", 1)[1])
