"""Code by S3Bucket and S3Key: files of --s3-dir (lambda-api.md sections 12.3 and 15.1)."""
import os
import subprocess
import urllib.request
import zipfile

import pytest

from tests.conftest import COALMINE, Http, Server
from tests.support.errors import error_of
from tests.support.packages import NODE, create, zip_of

NO_BUCKET = (400, "InvalidParameterValueException",
             "Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error Message: The "
             "specified bucket does not exist")
NO_KEY = (400, "InvalidParameterValueException",
          "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The "
          "specified key does not exist.")
NO_VERSION = (400, "InvalidParameterValueException",
              "Error occurred while GetObject. S3 Error Code: NoSuchVersion. S3 Error Message: The "
              "specified version does not exist.")
NOT_A_ZIP = (400, "InvalidParameterValueException",
             "Could not unzip uploaded file. Please check your file, then try to upload again.")


def code(text):
    return zip_of({"index.mjs": NODE % f"return '{text}'"})


@pytest.fixture(scope="module")
def s3(tmp_path_factory):
    root = tmp_path_factory.mktemp("s3")
    (root / "bucket/deep/er").mkdir(parents=True)
    (root / "bucket/one.zip").write_bytes(code("one"))
    (root / "bucket/deep/er/two words.zip").write_bytes(code("two"))
    (root / "bucket/rubbish").write_bytes(b"no zip")
    (root / "bucket/empty").write_bytes(b"")
    (root / "file-not-bucket").write_bytes(code("no"))
    outside = root.parent / "outside"
    outside.mkdir()
    (outside / "secret.zip").write_bytes(code("secret"))
    (root / "bucket/inner-link.zip").symlink_to("deep/er/two words.zip")
    (root / "bucket/outer-link.zip").symlink_to("../../outside/secret.zip")
    (root / "bucket/absolute-link.zip").symlink_to(outside / "secret.zip")
    (root / "bucket/outer").symlink_to(outside)
    (root / "linked-bucket").symlink_to(outside)
    (root / "other").symlink_to("bucket")
    os.mkfifo(root / "bucket/pipe")
    return root


@pytest.fixture(scope="module")
def lam(s3):
    running = Server("--s3-dir", str(s3))
    yield running.client("lambda")
    assert running.stop() == 0, running.read_log()


def package(bucket, key, **settings):
    return {"Runtime": "nodejs22.x", "Handler": "index.handler",
            "Code": {"S3Bucket": bucket, "S3Key": key, **settings}}


def answer_of(lam, name):
    return lam.invoke(FunctionName=name)["Payload"].read()


def test_functions_are_made_and_updated_from_objects(lam, s3, name):
    made = create(lam, name, package("bucket", "one.zip"))
    assert made["CodeSize"] == (s3 / "bucket/one.zip").stat().st_size
    assert answer_of(lam, name) == b'"one"'
    location = lam.get_function(FunctionName=name)["Code"]["Location"]
    assert urllib.request.urlopen(location).read() == (s3 / "bucket/one.zip").read_bytes()
    updated = lam.update_function_code(FunctionName=name, S3Bucket="bucket",
                                       S3Key="deep/er/two words.zip", Publish=True)
    assert (updated["Version"], updated["CodeSha256"] == made["CodeSha256"]) == ("1", False)
    assert answer_of(lam, name) == b'"two"'


def test_an_object_that_changed_is_read_anew(lam, s3, name):
    (s3 / "bucket/changing.zip").write_bytes(code("before"))
    create(lam, name, package("bucket", "changing.zip"))
    (s3 / "bucket/changing.zip").write_bytes(code("after"))
    assert answer_of(lam, name) == b'"before"'
    lam.update_function_code(FunctionName=name, S3Bucket="bucket", S3Key="changing.zip")
    assert answer_of(lam, name) == b'"after"'


def test_layers_are_made_from_objects(lam, name):
    made = lam.publish_layer_version(
        LayerName=name, Content={"S3Bucket": "bucket", "S3Key": "one.zip"})
    assert made["Version"] == 1
    assert error_of(lam.publish_layer_version, LayerName=name,
                    Content={"S3Bucket": "bucket", "S3Key": "none"}) == NO_KEY


def test_an_object_is_copied_whatever_its_storage_mode(lam, name):
    create(lam, name, package("bucket", "one.zip"))
    http = Http(int(lam.meta.endpoint_url.rsplit(":", 1)[1]))

    def update(mode):
        return http.json("PUT", f"/2015-03-31/functions/{name}/code", {
            "S3Bucket": "bucket", "S3Key": "deep/er/two words.zip", "S3ObjectStorageMode": mode})
    assert update("MOVE")["message"] == (
        "1 validation error detected: Value 'MOVE' at 's3ObjectStorageMode' failed to satisfy "
        "constraint: Member must satisfy enum value set: [COPY, REFERENCE]")
    assert update("REFERENCE")["LastUpdateStatus"] == "InProgress"
    assert answer_of(lam, name) == b'"two"'


def test_links_are_followed_inside(lam, name):
    create(lam, name, package("bucket", "inner-link.zip", S3ObjectVersion="null"))
    assert answer_of(lam, name) == b'"two"'
    lam.update_function_code(FunctionName=name, S3Bucket="other", S3Key="one.zip")
    assert answer_of(lam, name) == b'"one"'


@pytest.mark.parametrize("bucket, key, settings, expected", [
    ("no-such-bucket", "one.zip", {}, NO_BUCKET),
    ("file-not-bucket", "one.zip", {}, NO_BUCKET),
    ("linked-bucket", "secret.zip", {}, NO_BUCKET),
    ("...", "one.zip", {}, None),
    ("a/b", "one.zip", {}, None),
    ("bucket", "none.zip", {}, NO_KEY),
    ("bucket", "deep", {}, NO_KEY),
    ("bucket", "one.zip/", {}, NO_KEY),
    ("bucket", "/one.zip", {}, NO_KEY),
    ("bucket", "deep//er/two words.zip", {}, NO_KEY),
    ("bucket", "./one.zip", {}, NO_KEY),
    ("bucket", "deep/../one.zip", {}, NO_KEY),
    ("bucket", "../bucket/one.zip", {}, NO_KEY),
    ("bucket", "../../outside/secret.zip", {}, NO_KEY),
    ("bucket", "/etc/passwd", {}, NO_KEY),
    ("bucket", "outer-link.zip", {}, NO_KEY),
    ("bucket", "absolute-link.zip", {}, NO_KEY),
    ("bucket", "outer/secret.zip", {}, NO_KEY),
    ("bucket", "x" * 1000, {}, NO_KEY),
    ("bucket", "pipe", {}, NO_KEY),
    ("bucket", "one.zip", {"S3ObjectVersion": "abc"}, NO_VERSION),
    ("bucket", "rubbish", {}, NOT_A_ZIP),
    ("bucket", "empty", {}, (400, "InvalidParameterValueException",
                             "Uploaded file must be a non-empty zip")),
])
def test_what_is_no_object_is_refused_as_s3_does(lam, name, bucket, key, settings, expected):
    answer = error_of(create, lam=lam, name=name, package=package(bucket, key, **settings))
    if expected:
        assert answer == expected
    else:
        assert answer[:2] == (400, "ValidationException")
        assert "[0-9A-Za-z\\.\\-_]*(?<!\\.)" in answer[2]
    assert error_of(lam.get_function, FunctionName=name)[0] == 404
    create(lam, name, package("bucket", "one.zip"))
    assert error_of(lam.update_function_code, FunctionName=name, S3Bucket=bucket, S3Key=key,
                    **settings) == (*answer[:2], answer[2].replace("code.s3", "s3"))
    assert answer_of(lam, name) == b'"one"'


def test_a_package_from_s3_may_be_larger_than_a_request_but_not_than_its_limit(lam, s3, name):
    with zipfile.ZipFile(s3 / "bucket/large.zip", "w") as archive:
        archive.writestr("index.mjs", NODE % "return 'large'")
        archive.writestr("noise", os.urandom(60 << 20))
    made = create(lam, name, package("bucket", "large.zip"))
    assert made["CodeSize"] > 60 << 20
    assert answer_of(lam, name) == b'"large"'
    location = lam.get_function(FunctionName=name)["Code"]["Location"]
    assert len(urllib.request.urlopen(location).read()) == made["CodeSize"]
    with open(s3 / "bucket/huge.zip", "wb") as huge:
        huge.truncate(262144001)
    with zipfile.ZipFile(s3 / "bucket/bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * 262144001)
    for key in ("huge.zip", "bomb.zip"):
        assert error_of(lam.update_function_code, FunctionName=name, S3Bucket="bucket",
                        S3Key=key) == (
            400, "InvalidParameterValueException",
            "Unzipped size must be smaller than 262144000 bytes")


def test_exactly_one_source_is_needed(lam, name):
    half = "S3 Bucket and Key are required for uploading with S3 parameters."
    for source, text in [({}, "Please provide a source for function code."),
                         ({"S3Bucket": "bucket"}, half), ({"S3Key": "one.zip"}, half)]:
        settings = {"Runtime": "nodejs22.x", "Handler": "index.handler", "Code": source}
        assert error_of(create, lam=lam, name=name, package=settings) == (
            400, "InvalidParameterValueException", text)
    both = package("bucket", "one.zip", ZipFile=code("zip"))
    assert error_of(create, lam=lam, name=name, package=both)[:2] == (
        400, "InvalidParameterValueException")


def test_without_the_option_there_are_no_buckets(start_server, name):
    lam = start_server().client("lambda")
    assert error_of(create, lam=lam, name=name, package=package("bucket", "one.zip")) == NO_BUCKET


def test_a_folder_that_is_not_there_stops_the_start(tmp_path):
    for wrong in (tmp_path / "none", __file__):
        done = subprocess.run([COALMINE, "serve", "--port", "0", "--ephemeral", "--s3-dir", wrong],
                              capture_output=True, text=True)
        assert done.returncode == 1
        assert done.stderr.startswith(f"coalmine: cannot use --s3-dir {wrong}: ")


IMAGE = {"Code": {"ImageUri": "000000000000.dkr.ecr.us-east-1.amazonaws.com/r:latest"}}


def test_container_images_are_refused(lam, name):
    assert error_of(create, lam=lam, name=name, package={**IMAGE, "PackageType": "Image"}) == (
        501, "NotImplemented", "Coalmine does not emulate container images (PackageType Image)")
    for member in ({"Runtime": "nodejs22.x"}, {"Handler": "h"}, {"Layers": []}):
        settings = {**IMAGE, "PackageType": "Image", **member}
        assert error_of(create, lam=lam, name=name, package=settings) == (
            400, "InvalidParameterValueException",
            "Please don't provide Handler or Runtime or Layer when the intended function "
            "PackageType is Image.")
    settings = {**IMAGE, "Runtime": "nodejs22.x", "Handler": "index.handler"}
    assert error_of(create, lam=lam, name=name, package=settings) == (
        501, "NotImplemented", "Coalmine does not emulate container images (ImageUri); send "
                               "ZipFile, or S3Bucket and S3Key")
    config = {"ImageConfig": {"Command": ["x"]}}
    assert error_of(create, lam=lam, name=name, **config)[:2] == (
        400, "InvalidParameterValueException")
    create(lam, name)
    assert error_of(lam.update_function_configuration, FunctionName=name, **config)[:2] == (
        400, "InvalidParameterValueException")
    assert error_of(lam.update_function_code, FunctionName=name, **IMAGE["Code"]) == (
        400, "InvalidParameterValueException",
        "Please don't provide ImageUri when updating a function with packageType Zip.")
