"""AWS's own runtime client for node, as a custom runtime: what the function would cost with it. The
npm package compiles libcurl and an addon; `install.sh bench` installs what that takes. Where npm
cannot install it all the same, the bench says so and goes on. Version 4 wants node 22."""
import io
import os
import pathlib
import shutil
import zipfile

from tests.bench import peers
from tests.bench.functions import NODE_HANDLER

PACKAGE = "aws-lambda-ric@3.3.0"
CLIENT = "node_modules/aws-lambda-ric"
FILES = ("package.json", "bin/index.mjs", "dist/index.mjs", "dist/rapid-client.node")
BOOTSTRAP = f"#!/bin/sh\ncd /var/task\nexec node {CLIENT}/bin/index.mjs handler.handler\n"


def compiler_settings():
    """node-gyp would download node's headers; they lie beside node where a package installed both.
    Its scripts are for a Python that has distutils, as Debian 12's."""
    settings = {"npm_config_python": "/usr/bin/python3", "MAKEFLAGS": f"-j{os.cpu_count()}"}
    prefix = pathlib.Path(shutil.which("node") or "/usr/bin/node").resolve().parent.parent
    if (prefix / "include/node/node.h").exists():
        settings["npm_config_nodedir"] = str(prefix)
    return settings


def make_package(home):
    """Of what runs: the rest of node_modules is node-gyp."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in FILES:
            archive.write(home / CLIENT / name, f"{CLIENT}/{name}")
        archive.writestr("handler.mjs", NODE_HANDLER)
        bootstrap = zipfile.ZipInfo("bootstrap")
        bootstrap.create_system = 3
        bootstrap.external_attr = 0o100755 << 16
        archive.writestr(bootstrap, BOOTSTRAP)
    return buffer.getvalue()


def aws_client():
    """The function with that client as its bootstrap; None if it cannot be had."""
    home = peers.BUILT / "ric"
    if not peers.npm_install(home, PACKAGE, **compiler_settings()):
        return None
    return {"Runtime": "provided.al2023", "Handler": "handler.handler",
            "Code": {"ZipFile": make_package(home)}}
