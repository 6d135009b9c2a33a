"""The function of the measurements, as node, Python and C code."""
from tests.bench.peers import BUILT, HERE
from tests.support.packages import create, python, zip_of

NODE_HANDLER = (HERE / "peers/handler.mjs").read_text()
NODE = {"Runtime": "nodejs22.x", "Handler": "handler.handler", "Code": {
    "ZipFile": zip_of({"handler.mjs": NODE_HANDLER})}}
PYTHON = python("return event")
EVENT = '{"name": "canary", "count": 3}'


def native():
    return {"Runtime": "provided.al2023", "Handler": "bootstrap", "Code": {"ZipFile": zip_of(
        {"bootstrap": (BUILT / "bootstrap").read_bytes()}, {"bootstrap": 0o755})}}


def create_all(server):
    lam = server.client("lambda")
    for name, package in (("node", NODE), ("python", PYTHON), ("C", native())):
        create(lam, name, package)
