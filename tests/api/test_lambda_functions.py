"""CreateFunction, reading, updating, listing: lambda-api.md sections 11 to 15."""
import base64
import hashlib
import json
import urllib.error
import urllib.request

import pytest

from tests.support.errors import error_of
from tests.support.packages import NODE, ROLE, create, node, zip_of

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
RUNTIMES = ("[nodejs20.x, python3.14, provided.al2023, python3.12, python3.13, nodejs24.x, "
            "nodejs22.x, java25, python3.10, python3.11, java21, ruby3.3, ruby3.4, ruby3.2, "
            "python3.8, python3.9, java17, nodejs16.x, dotnet10, dotnet8, java11, dotnet6, "
            "nodejs18.x, provided.al2, java8.al2, nodejs26.x, python3.15, ruby4.0, java8.al2023, "
            "java11.al2023, java17.al2023] or be a valid ARN")


def one(value, path, constraint):
    return (400, "ValidationException", f"1 validation error detected: Value {value} at '{path}' "
                                        f"failed to satisfy constraint: {constraint}")


def invalid(text):
    return (400, "InvalidParameterValueException", text)


def test_the_answer_to_create_function(lam, name):
    package = node("return 1")
    archive = package["Code"]["ZipFile"]
    made = lam.create_function(FunctionName=name, Role=ROLE, **package)
    made.pop("ResponseMetadata")
    assert made.pop("LastModified").endswith("+0000")
    assert len(made.pop("RevisionId")) == 36
    for member in ("LoggingConfig", "RuntimeVersionConfig"):  # not every boto3 knows them
        made.pop(member, None)
    assert made == {
        "FunctionName": name, "FunctionArn": ARN + name, "Runtime": "nodejs22.x", "Role": ROLE,
        "Handler": "index.handler", "CodeSize": len(archive), "Description": "", "Timeout": 3,
        "MemorySize": 128, "Version": "$LATEST", "TracingConfig": {"Mode": "PassThrough"},
        "CodeSha256": base64.b64encode(hashlib.sha256(archive).digest()).decode(),
        "State": "Pending", "StateReason": "The function is being created.",
        "StateReasonCode": "Creating", "PackageType": "Zip", "Architectures": ["x86_64"],
        "EphemeralStorage": {"Size": 512},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"}}


def test_members_that_older_clients_do_not_know(http, lam, name):
    create(lam, name)
    shown = http.json("GET", f"/2015-03-31/functions/{name}/configuration")
    assert shown["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"}
    version = shown["RuntimeVersionConfig"]["RuntimeVersionArn"]
    assert version.startswith("arn:aws:lambda:us-east-1::runtime:") and len(version) == 98
    changed = http.json("PUT", f"/2015-03-31/functions/{name}/configuration",
                        {"LoggingConfig": {"LogFormat": "JSON", "SystemLogLevel": "DEBUG"}})
    assert changed["LoggingConfig"] == {
        "LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "DEBUG",
        "LogGroup": f"/aws/lambda/{name}"}
    back = http.json("PUT", f"/2015-03-31/functions/{name}/configuration",
                     {"LoggingConfig": {"LogFormat": "Text", "LogGroup": "mine"}})
    assert back["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "mine"}


def test_create_with_publish_shows_version_one_with_a_bare_arn(lam, name):
    made = create(lam, name, Publish=True)
    assert (made["Version"], made["FunctionArn"], made["State"]) == ("1", ARN + name, "Pending")


@pytest.mark.parametrize("settings, expected", [
    (dict(Role="r1"), one("'r1'", "role", "Member must satisfy regular expression pattern: "
                          r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+")),
    (dict(Timeout=1200), one("'1200'", "timeout", "Member must have value less than or equal to "
                                                  "900")),
    (dict(Timeout=0), one("'0'", "timeout", "Member must have value greater than or equal to 1")),
    (dict(MemorySize=64), one("'64'", "memorySize",
                              "Member must have value greater than or equal to 128")),
    (dict(Handler=""), one("''", "handler", "Member must satisfy regular expression pattern: "
                                            r"[^\s]+")),
    (dict(Architectures=["X86_64"]), one(
        "'[X86_64]'", "architectures", "Member must satisfy constraint: [Member must satisfy enum "
        "value set: [x86_64, arm64], Member must not be null]")),
    (dict(Architectures=["x86_64", "arm64"]), one(
        "'[x86_64, arm64]'", "architectures", "Member must have length less than or equal to 1")),
    (dict(Description="d" * 257), one("'" + "d" * 257 + "'", "description",
                                      "Member must have length less than or equal to 256")),
    (dict(Environment={"Variables": {"1A": "x"}}), (
        400, "ValidationException", "1 validation error detected: Value at 'environment.variables' "
        "failed to satisfy constraint: Map keys must satisfy constraint: [Member must satisfy "
        "regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]")),
    (dict(Environment={"Variables": {"AWS_REGION": "x"}}), invalid(
        "Lambda was unable to configure your environment variables because the environment "
        "variables you have provided contains reserved keys that are currently not supported for "
        "modification. Reserved keys used in this request: AWS_REGION")),
    (dict(Environment={"Variables": {"BIG": "x" * 4096}}), invalid(
        "Lambda was unable to configure your environment variables because the environment "
        "variables you have provided exceeded the 4KB limit. String measured: " +
        json.dumps({"BIG": "x" * 4096}, separators=(",", ":")))),
    (dict(Runtime="PYTHON3.9"), invalid(
        "Value PYTHON3.9 at 'runtime' failed to satisfy constraint: Member must satisfy enum value "
        "set: " + RUNTIMES)),
    (dict(Runtime="nodejs14.x"), invalid(
        "The runtime parameter of nodejs14.x is no longer supported for creating or updating AWS "
        "Lambda functions. We recommend you use a supported runtime while creating or updating "
        "functions.")),
    (dict(Runtime=None), invalid("Runtime and Handler are mandatory parameters for functions "
                                 "created with deployment packages.")),
    (dict(Code={"S3Bucket": "bucket", "S3Key": "key"}), invalid(
        "Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error Message: The "
        "specified bucket does not exist")),
    (dict(Code={"ZipFile": b"PK", "S3Bucket": "bucket", "S3Key": "key"}), invalid(
        "Please do not provide other FunctionCode parameters when providing a ZipFile.")),
    (dict(Layers=["arn:aws:lambda:us-east-1:000000000000:layer:l:1"]), invalid(
        "Layer version arn:aws:lambda:us-east-1:000000000000:layer:l:1 does not exist.")),
    (dict(Tags={f"k{i}": "v" for i in range(51)}), invalid(
        "Number of tags exceeds resource tag limit.")),
])
def test_what_create_function_refuses(lam, name, settings, expected):
    assert error_of(create, lam=lam, name=name, **settings) == expected
    assert error_of(lam.get_function, FunctionName=name)[0] == 404


def test_two_violations_are_counted(lam, name):
    text = error_of(create, lam=lam, name=name, Role="r1", Timeout=1200)[2]
    assert text.startswith("2 validation errors detected: Value 'r1' at 'role'")
    assert "; Value '1200' at 'timeout'" in text


def test_a_member_of_the_wrong_type(lam, name):
    assert error_of(create, lam=lam, name=name, Timeout="long")[:2] == (
        400, "SerializationException")


def test_a_name_is_taken_once(lam, name):
    create(lam, name)
    assert error_of(create, lam=lam, name=name) == (
        409, "ResourceConflictException", f"Function already exist: {name}")


def test_the_package_comes_back_by_a_link_that_expires_with_its_signature(lam, name):
    package = node("return 1")
    create(lam, name, package)
    code = lam.get_function(FunctionName=name)["Code"]
    assert code["RepositoryType"] == "S3"
    path = code["Location"].split("?")[0]
    assert path.rsplit("/", 1)[1].startswith(name + "-")
    with urllib.request.urlopen(code["Location"]) as answer:
        assert answer.read() == package["Code"]["ZipFile"]
    for broken in (path, code["Location"][:-1] + "0" if code["Location"][-1] != "0"
                   else code["Location"][:-1] + "1",
                   code["Location"].replace("X-Amz-Date=20", "X-Amz-Date=19")):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(broken)
        assert caught.value.code == 403


def test_tags_are_kept_and_shown(lam, name):
    create(lam, name, Tags={"team": "a"})
    assert lam.get_function(FunctionName=name)["Tags"] == {"team": "a"}


def test_updates_replace_what_they_name_and_keep_the_rest(lam, name):
    create(lam, name, Timeout=5, Environment={"Variables": {"AA": "1", "BB": "2"}})
    answer = lam.update_function_configuration(
        FunctionName=name, MemorySize=256, Environment={"Variables": {"CC": "3"}})
    assert (answer["State"], answer["LastUpdateStatus"], answer["LastUpdateStatusReasonCode"]) == (
        "Active", "InProgress", "Creating")
    now = lam.get_function_configuration(FunctionName=name)
    assert (now["Timeout"], now["MemorySize"], now["Environment"], now["LastUpdateStatus"]) == (
        5, 256, {"Variables": {"CC": "3"}}, "Successful")
    assert now["RevisionId"] != answer["RevisionId"]


def test_an_update_of_a_version_is_refused(lam, name):
    create(lam, name, Publish=True)
    assert error_of(lam.update_function_code, FunctionName=f"{name}:1",
                    ZipFile=zip_of({"a": "b"})) == invalid(
        "Current operation does not support versions other than $LATEST")


def test_the_key_of_the_source_is_shown_and_goes_with_it(http, lam, name):
    """Terraform compares it with its source_kms_key_arn, and sends it with each update of the code."""
    key = "arn:aws:kms:us-east-1:000000000000:key/k"
    create(lam, name)
    path = f"/2015-03-31/functions/{name}"
    code = base64.b64encode(zip_of({"index.mjs": ""})).decode()

    def update(**settings):
        http.json("PUT", path + "/code", {"ZipFile": code, **settings})
        return http.json("GET", path)["Code"]

    assert set(http.json("GET", path)["Code"]) == {"RepositoryType", "Location"}
    assert update(SourceKMSKeyArn=key)["SourceKMSKeyArn"] == key
    assert lam.publish_version(FunctionName=name)["Version"] == "1"
    assert "SourceKMSKeyArn" not in http.json("GET", path)["Configuration"]
    assert http.json("GET", path + "?Qualifier=1")["Code"]["SourceKMSKeyArn"] == key
    assert update(SourceKMSKeyArn="", DryRun=True)["SourceKMSKeyArn"] == key
    assert "SourceKMSKeyArn" not in update()


def test_what_get_function_shows_follows_every_write(http, lam, name):
    """It is kept between calls: each kind of write must end that."""
    create(lam, name)
    lam.publish_version(FunctionName=name)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")

    def shown(qualifier=None):
        which = {"FunctionName": name, **({"Qualifier": qualifier} if qualifier else {})}
        first = lam.get_function(**which)
        first.pop("ResponseMetadata")
        again = lam.get_function(**which)
        first["Code"].pop("Location"), again["Code"].pop("Location")
        assert first == {key: again[key] for key in first}
        assert first["Configuration"].items() <= lam.get_function_configuration(**which).items()
        return first

    assert shown("live")["Configuration"]["Version"] == "1"
    old = shown()
    assert "Tags" not in old and "Concurrency" not in old
    lam.update_function_configuration(FunctionName=name, Description="new", MemorySize=256)
    new = shown()["Configuration"]
    assert (new["Description"], new["MemorySize"]) == ("new", 256)
    assert new["RevisionId"] != old["Configuration"]["RevisionId"]
    lam.update_function_code(FunctionName=name, ZipFile=node("return 2")["Code"]["ZipFile"])
    assert shown()["Configuration"]["CodeSha256"] != new["CodeSha256"]
    lam.publish_version(FunctionName=name)
    lam.update_alias(FunctionName=name, Name="live", FunctionVersion="2")
    moved = shown("live")["Configuration"]
    assert (moved["Version"], moved["Description"]) == ("2", "new")
    assert moved["FunctionArn"] == ARN + name + ":live"
    lam.tag_resource(Resource=ARN + name, Tags={"a": "1"})
    assert shown()["Tags"] == {"a": "1"}
    lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=3)
    assert shown()["Concurrency"] == {"ReservedConcurrentExecutions": 3}
    chosen = "arn:aws:lambda:us-east-1::runtime:" + "0" * 64
    http.json("PUT", f"/2021-07-20/functions/{name}/runtime-management-config",
              {"UpdateRuntimeOn": "Manual", "RuntimeVersionArn": chosen})
    configuration = http.json("GET", f"/2015-03-31/functions/{name}/configuration")
    assert configuration["RuntimeVersionConfig"]["RuntimeVersionArn"] == chosen
    lam.untag_resource(Resource=ARN + name, TagKeys=["a"])
    lam.delete_function_concurrency(FunctionName=name)
    assert "Tags" not in shown() and "Concurrency" not in shown()
    lam.delete_alias(FunctionName=name, Name="live")
    missing = error_of(lam.get_function, FunctionName=name, Qualifier="live")
    assert missing[:2] == (404, "ResourceNotFoundException")
    lam.delete_function(FunctionName=name)
    assert error_of(lam.get_function, FunctionName=name)[:2] == (404, "ResourceNotFoundException")


def test_functions_are_listed_in_pages(start_server):
    lam = start_server().client("lambda")
    for letter in "cab":
        create(lam, letter, Publish=letter == "a")
    pages = lam.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2})
    assert [[f["FunctionName"] for f in page["Functions"]] for page in pages] == [["a", "b"], ["c"]]
    pages = lam.get_paginator("list_functions").paginate(
        FunctionVersion="ALL", PaginationConfig={"PageSize": 2})
    assert [[f["FunctionArn"].split("function:")[1] for f in page["Functions"]]
            for page in pages] == [["a:$LATEST", "a:1"], ["b:$LATEST", "c:$LATEST"]]
    assert error_of(lam.list_functions, FunctionVersion="SOME") == one(
        "'SOME'", "functionVersion", "Member must satisfy enum value set: [ALL]")
    assert not {"State", "RuntimeVersionConfig"} & set(lam.list_functions()["Functions"][0])


def test_a_master_region_lists_replicas_at_the_edge_and_there_are_none(lam, name):
    """A script that deletes what it lists must not delete everything here."""
    create(lam, name)
    assert lam.list_functions(MasterRegion="us-east-1", FunctionVersion="ALL")["Functions"] == []
    assert lam.list_functions(MasterRegion="ALL", FunctionVersion="ALL")["Functions"]


def test_accounts_and_regions_do_not_see_each_other(server, name):
    here = server.client("lambda")
    create(here, name)
    assert error_of(server.client("lambda", region="eu-west-1").get_function,
                    FunctionName=name)[0] == 404
    other = server.client("lambda", key="123456789012")
    assert error_of(other.get_function, FunctionName=name)[2] == (
        f"Function not found: arn:aws:lambda:us-east-1:123456789012:function:{name}")


def test_operations_that_are_lacking_say_so(lam, name):
    status, code, text = error_of(lam.create_event_source_mapping, FunctionName=name)
    assert (status, code) == (501, "NotImplemented") and "CreateEventSourceMapping" in text


def test_who_looks_for_event_source_mappings_finds_none(lam, name):
    """node-lambda asks before each deployment, scripts that clean up before they delete."""
    create(lam, name)
    pages = lam.get_paginator("list_event_source_mappings").paginate(
        FunctionName=name, EventSourceArn="arn:aws:sqs:us-east-1:000000000000:q")
    assert [page["EventSourceMappings"] for page in pages] == [[]]
    assert lam.list_event_source_mappings()["EventSourceMappings"] == []
    assert error_of(lam.list_event_source_mappings, EventSourceArn="q")[:2] == (
        400, "ValidationException")
    for look in lam.get_event_source_mapping, lam.delete_event_source_mapping:
        assert error_of(look, UUID="a1b2c3d4-5678-90ab-cdef-1234567890ab") == (
            404, "ResourceNotFoundException", "The resource you requested does not exist.")


def test_a_node_package_with_dependencies_and_modes(lam, server, name):
    """On AWS the function's user is not the one who may read the module: the log says so."""
    archive = zip_of({"index.mjs": "import { x } from './lib/x.mjs';\n" + NODE % "return x",
                      "lib/x.mjs": "export const x = 42;"}, {"lib/x.mjs": 0o600})
    create(lam, name, {"Runtime": "nodejs22.x", "Handler": "index.handler",
                       "Code": {"ZipFile": archive}})
    assert lam.invoke(FunctionName=name)["Payload"].read() == b"42"
    assert "on AWS Lambda 1 of a package's files could not be read (Permission denied): " \
           "'lib/x.mjs', of mode 600" in server.read_log()


def test_account_settings_count_every_version(start_server, name):
    lam = start_server().client("lambda")
    size = create(lam, name, Publish=True)["CodeSize"]
    settings = lam.get_account_settings()
    assert settings["AccountLimit"] == {
        "TotalCodeSize": 80530636800, "CodeSizeUnzipped": 262144000, "CodeSizeZipped": 52428800,
        "ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 1000}
    assert settings["AccountUsage"] == {"TotalCodeSize": 2 * size, "FunctionCount": 1}
