"""AWS's own runtime client for node, as a custom runtime: what the function would cost with it. The
npm package compiles libcurl and needs cmake and the autotools; where it cannot be installed, the
bench says so and goes on."""
import io
import zipfile

from tests.bench import peers
from tests.bench.functions import NODE_HANDLER

PACKAGE = "aws-lambda-ric@3.3.0"
KEPT = {".js", ".mjs", ".cjs", ".json", ".node"}
BOOTSTRAP = ("#!/bin/sh\ncd /var/task\n"
             "exec node node_modules/aws-lambda-ric/bin/index.mjs handler.handler\n")


def make_package(home):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((home / "node_modules").rglob("*")):
            if path.suffix in KEPT and path.is_file() and "deps" not in path.parts:
                archive.write(path, path.relative_to(home))
        archive.writestr("handler.mjs", NODE_HANDLER)
        bootstrap = zipfile.ZipInfo("bootstrap")
        bootstrap.create_system = 3
        bootstrap.external_attr = 0o100755 << 16
        archive.writestr(bootstrap, BOOTSTRAP)
    return buffer.getvalue()


def aws_client():
    """The function with that client as its bootstrap; None if it cannot be had."""
    home = peers.BUILT / "ric"
    if not peers.npm_install(home, PACKAGE):
        return None
    return {"Runtime": "provided.al2023", "Handler": "handler.handler",
            "Code": {"ZipFile": make_package(home)}}
