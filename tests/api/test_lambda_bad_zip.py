"""Packages that must not get in: the exact error, and nothing half-made."""
import io
import json
import stat
import zipfile

import pytest

from tests.support.errors import error_of
from tests.support.packages import create, zip_of

NOT_A_ZIP = ("Could not unzip uploaded file. Please check your file, then try to upload again.")


def link_to(target):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("link")
        info.create_system = 3
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, target)
    return buffer.getvalue()


def bomb(size):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * size)
    return buffer.getvalue()


GOOD = zip_of({"index.mjs": "export const handler = () => {};" * 100})


@pytest.mark.parametrize("archive, text", [
    (GOOD[:-30], NOT_A_ZIP),
    (GOOD[: len(GOOD) // 2], NOT_A_ZIP),
    (b"this is no zip", NOT_A_ZIP),
    (zip_of({"../outside": "x"}), NOT_A_ZIP),
    (zip_of({"a/../../outside": "x"}), NOT_A_ZIP),
    (zip_of({"/etc/outside": "x"}), NOT_A_ZIP),
    (link_to("../../outside"), NOT_A_ZIP),
    (link_to("/etc/passwd"), NOT_A_ZIP),
    (b"", "Uploaded file must be a non-empty zip"),
    (zip_of({}), "Uploaded file must be a non-empty zip"),
    (bomb(262144001), "Unzipped size must be smaller than 262144000 bytes"),
], ids=["truncated", "half", "text", "dotdot", "inner-dotdot", "absolute", "link-out",
        "link-absolute", "nothing", "no-entries", "bomb"])
def test_a_bad_package_makes_nothing(lam, name, archive, text):
    settings = {"Runtime": "nodejs22.x", "Handler": "index.handler", "Code": {"ZipFile": archive}}
    assert error_of(create, lam=lam, name=name, package=settings) == (
        400, "InvalidParameterValueException", text)
    assert error_of(lam.get_function, FunctionName=name)[0] == 404


def test_a_bad_update_leaves_the_function_as_it_was(lam, name):
    create(lam, name)
    before = lam.get_function_configuration(FunctionName=name)
    assert error_of(lam.update_function_code, FunctionName=name, ZipFile=b"rubbish")[2] == NOT_A_ZIP
    after = lam.get_function_configuration(FunctionName=name)
    before.pop("ResponseMetadata"), after.pop("ResponseMetadata")
    assert after == before
    assert lam.invoke(FunctionName=name)["Payload"].read() == b'"hello"'


def test_a_package_that_is_no_base64_is_refused(http, name):
    """The SDKs encode it themselves."""
    answer = http.send("POST", "/2015-03-31/functions", json.dumps({
        "FunctionName": name, "Role": "arn:aws:iam::000000000000:role/r", "Runtime": "nodejs22.x",
        "Handler": "index.handler", "Code": {"ZipFile": "UEs%"}}))
    assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (400, "SerializationException")
    assert b"Member ZipFile is not a valid base64 text" in answer.body


def test_a_package_over_50_mb_is_too_large(lam, name):
    import os
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("noise", os.urandom(52428800))
    settings = {"Runtime": "nodejs22.x", "Handler": "h.h", "Code": {"ZipFile": buffer.getvalue()}}
    assert error_of(create, lam=lam, name=name, package=settings) == (
        413, "RequestEntityTooLargeException", "Zipped size must be smaller than 52428800 bytes")
    settings["Code"] = {"ZipFile": b"\0" * 52700000}
    assert error_of(create, lam=lam, name=name, package=settings) == (
        413, "RequestEntityTooLargeException",
        "Request must be smaller than 70167211 bytes for the CreateFunction operation")
