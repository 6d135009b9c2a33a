"""canary traffic against wrk, both on a stub that costs next to nothing, with 8 connections."""
import json
import shutil
import subprocess
import sys
import tempfile

from tests.bench.bench import compare, interleave
from tests.conftest import CANARY, ROOT, clean_environment

CONNECTIONS = 8
REQUESTS = 100_000
STUB = "build/normal/tests/stub"
WRK_SCRIPT = """wrk.method = "POST"
wrk.body = "{}"
wrk.headers["Content-Type"] = "application/json"
"""


def canary_rate(url, *more):
    """Requests a second that canary traffic reaches when it need not wait."""
    done = subprocess.run(
        [CANARY, "traffic", "--function", "f", "--alias", "live", "--rate", f"{REQUESTS}/s",
         "--duration", "1s", "--unpaced", "--concurrency", str(CONNECTIONS), "--output", "json",
         *more], env=clean_environment(url), capture_output=True, text=True, check=True)
    traffic = json.loads(done.stdout)["traffic"]
    assert traffic["answered"] == REQUESTS
    return 1000 * REQUESTS / traffic["elapsedMs"]


def wrk_rate(url, script):
    done = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", "-d2s", "-s", script,
         f"{url}/2015-03-31/functions/f/invocations?Qualifier=live"],
        capture_output=True, text=True, check=True)
    return float(done.stdout.split("Requests/sec:")[1].split()[0])


def measure_with(url, folder, rounds):
    script = f"{folder}/post.lua"
    lines = f"{folder}/lines"
    with open(script, "w") as file:
        file.write(WRK_SCRIPT)
    with open(lines, "w") as file:
        file.write("".join(f'{{"n":{n}}}\n' for n in range(20_000)))
    rates = interleave(rounds, {
        "wrk": lambda: wrk_rate(url, script), "one": lambda: canary_rate(url),
        "signed": lambda: canary_rate(url, "--payload-lines", lines)})
    return [compare("traffic, one payload", "/s", rates["one"], rates["wrk"], "wrk", ">= 0.7"),
            compare("traffic, each request signed", "/s", rates["signed"], rates["wrk"], "wrk")]


def measure(scale):
    if not shutil.which("wrk"):
        print("wrk is not installed (apt-get install wrk): traffic is not measured",
              file=sys.stderr)
        return []
    subprocess.run(["make", "-s", STUB], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    stub = subprocess.Popen([ROOT / STUB], stdout=subprocess.PIPE, text=True)
    try:
        url = f"http://127.0.0.1:{int(stub.stdout.readline())}"
        with tempfile.TemporaryDirectory() as folder:
            return measure_with(url, folder, scale.rounds)
    finally:
        stub.kill()
        stub.wait()
