"""What a function can be configured to be, and what is refused: lambda-api.md sections 12 and 15.2."""
import base64
import json

import pytest

from tests.support.errors import error_of
from tests.support.packages import ROLE, create, node, zip_of

RESERVED = ["_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION",
            "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
            "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
            "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY",
            "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
            "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"]
PATH = "/2015-03-31/functions/"


def invalid(text):
    return (400, "InvalidParameterValueException", text)


def violation(value, path, constraint):
    return (400, "ValidationException", f"1 validation error detected: Value {value} at '{path}' "
                                        f"failed to satisfy constraint: {constraint}")


MOST = "Member must have value less than or equal to "
LEAST = "Member must have value greater than or equal to "
LENGTHS = ("Member must have length less than or equal to 1024, Member must have length greater "
           "than or equal to 0, Member must satisfy regular expression pattern: ")
REFUSED = [
    ({"Timeout": 901}, violation("'901'", "timeout", MOST + "900")),
    ({"Timeout": 0}, violation("'0'", "timeout", LEAST + "1")),
    ({"MemorySize": 127}, violation("'127'", "memorySize", LEAST + "128")),
    ({"MemorySize": 32769}, violation("'32769'", "memorySize", MOST + "32768")),
    ({"MemorySize": 10241}, invalid("'MemorySize' value failed to satisfy constraint: " + MOST +
                                    "10240")),
    ({"EphemeralStorage": {"Size": 511}}, violation("'511'", "ephemeralStorage.size",
                                                    LEAST + "512")),
    ({"EphemeralStorage": {"Size": 10241}}, violation("'10241'", "ephemeralStorage.size",
                                                      MOST + "10240")),
    ({"EphemeralStorage": {}}, violation("null", "ephemeralStorage.size",
                                         "Member must not be null")),
    ({"TracingConfig": {"Mode": "On"}}, violation(
        "'On'", "tracingConfig.mode", "Member must satisfy enum value set: [Active, PassThrough]")),
    ({"SnapStart": {"ApplyOn": "All"}}, violation(
        "'All'", "snapStart.applyOn",
        "Member must satisfy enum value set: [PublishedVersions, None]")),
    ({"KMSKeyArn": "key"}, violation(
        "'key'", "kMSKeyArn", "Member must satisfy regular expression pattern: "
        "(arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|()")),
    ({"DeadLetterConfig": {"TargetArn": "queue"}}, violation(
        "'queue'", "deadLetterConfig.targetArn", "Member must satisfy regular expression pattern: "
        "(arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|()")),
    ({"VpcConfig": {"SubnetIds": ["net-1"], "SecurityGroupIds": ["sg-1"]}}, violation(
        "'[net-1]'", "vpcConfig.subnetIds", f"Member must satisfy constraint: [{LENGTHS}"
        "^subnet-[0-9a-z]*$, Member must not be null]")),
    ({"VpcConfig": {"SubnetIds": ["subnet-1"]}}, invalid(
        "SubnetIds and SecurityIds must coexist or be both empty list.")),
    ({"VpcConfig": {"SecurityGroupIds": ["sg-1"]}}, invalid(
        "SubnetIds and SecurityIds must coexist or be both empty list.")),
    ({"Handler": "a b"}, violation(
        "'a b'", "handler", "Member must satisfy regular expression pattern: [^\\s]+")),
    ({"Handler": "h" * 129}, violation(
        "'" + "h" * 129 + "'", "handler", "Member must have length less than or equal to 128")),
    ({"Environment": {"Variables": {name: "x" for name in RESERVED[2:]}}}, invalid(
        "Lambda was unable to configure your environment variables because the environment "
        "variables you have provided contains reserved keys that are currently not supported for "
        "modification. Reserved keys used in this request: " + ", ".join(RESERVED[2:]))),
]


@pytest.fixture(scope="module")
def function(lam):
    create(lam, "configured", node("return 1"))
    return "configured"


@pytest.mark.parametrize("change, expected", REFUSED,
                         ids=[f"{i}-{next(iter(c))}" for i, (c, _) in enumerate(REFUSED)])
def test_creation_and_update_refuse_alike(http, lam, name, function, change, expected):
    """Bare HTTP: some of these members are younger than this machine's boto3."""
    new = {"FunctionName": name, "Role": "arn:aws:iam::000000000000:role/r",
           "Runtime": "nodejs22.x", "Handler": "index.handler", "Code": {"ZipFile": "UEs="}}
    status, code, text = expected
    for answer in (http.send("POST", PATH[:-1], json.dumps({**new, **change})),
                   http.send("PUT", f"{PATH}{function}/configuration", json.dumps(change))):
        body = json.loads(answer.body)
        assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (status, code)
        assert body["message"] == text
    assert error_of(lam.get_function, FunctionName=name)[0] == 404


@pytest.mark.parametrize("key", RESERVED)
def test_reserved_variables_are_refused_one_by_one(lam, function, key):
    status, code, text = error_of(lam.update_function_configuration, FunctionName=function,
                                  Environment={"Variables": {key: "x"}})
    assert status == 400 and (key in text or key.startswith("_") and code == "ValidationException")


FREE = {"LANG": "C", "PATH": "/usr/bin:/bin", "LD_LIBRARY_PATH": "/x", "TZ": ":Europe/Berlin",
        "NODE_OPTIONS": "--no-warnings", "AWS_XRAY_CONTEXT_MISSING": "IGNORE"}


def test_other_variables_of_the_platform_may_be_set(lam, name):
    create(lam, name, node("return Object.fromEntries(event.map((k) => [k, process.env[k]]))"),
           Environment={"Variables": FREE})
    answer = lam.invoke(FunctionName=name, Payload=json.dumps(list(FREE)))
    assert json.load(answer["Payload"]) == FREE


@pytest.mark.parametrize("size, is_good", [(4096, True), (4097, False)])
def test_the_environment_has_4_kb_as_compact_json(lam, name, size, is_good):
    value = "ä" + "x" * (size - len('{"KEY":""}') - 2)
    variables = {"KEY": value}
    text = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    assert len(text.encode()) == size
    if is_good:
        assert create(lam, name, Environment={"Variables": variables})["Environment"] == {
            "Variables": variables}
    else:
        assert error_of(create, lam, name, Environment={"Variables": variables}) == invalid(
            "Lambda was unable to configure your environment variables because the environment "
            f"variables you have provided exceeded the 4KB limit. String measured: {text}")


def test_an_empty_environment_is_shown_where_it_was_made(lam, name):
    assert "Environment" not in create(lam, name)
    update = lam.update_function_configuration
    update(FunctionName=name, Environment={"Variables": {"AA": "1"}})
    assert update(FunctionName=name, Timeout=9)["Environment"] == {"Variables": {"AA": "1"}}
    made = create(lam, name + "-empty", Environment={"Variables": {}})
    assert made["Environment"] == {"Variables": {}}


@pytest.mark.parametrize("none", [{}, {"Variables": {}}])
def test_an_update_to_no_variables_takes_the_environment_away(lam, name, none):
    """Terraform sends the empty map, and plans the same change again while it is still shown."""
    create(lam, name, Environment={"Variables": {"AA": "1"}})
    assert "Environment" not in lam.update_function_configuration(FunctionName=name,
                                                                  Environment=none)
    assert "Environment" not in lam.get_function_configuration(FunctionName=name)


@pytest.mark.parametrize("change", [
    {"Timeout": 900}, {"Timeout": 1}, {"MemorySize": 128}, {"MemorySize": 10240},
    {"EphemeralStorage": {"Size": 512}}, {"EphemeralStorage": {"Size": 10240}},
    {"TracingConfig": {"Mode": "Active"}},
    {"KMSKeyArn": "arn:aws:kms:us-east-1:000000000000:key/k"},
    {"DeadLetterConfig": {"TargetArn": "arn:aws:sqs:us-east-1:000000000000:q"}},
    {"SnapStart": {"ApplyOn": "PublishedVersions"}}, {"Description": "d" * 256}],
    ids=lambda change: "-".join(map(str, *change.items())))
def test_what_is_accepted_is_shown_frozen_and_kept(lam, name, change):
    """By creation and by update; a version keeps it, later changes of something else too."""
    (member, value), = change.items()
    shown = {**value, "OptimizationStatus": "Off"} if member == "SnapStart" else value
    assert create(lam, name, Publish=True, **change)[member] == shown
    before = lam.get_function_configuration(FunctionName=name, Qualifier="1")[member]
    update = lam.update_function_configuration
    assert update(FunctionName=name, Handler="index.other")[member] == shown
    assert update(FunctionName=name, **change)[member] == shown
    assert lam.get_function_configuration(FunctionName=name)[member] == shown
    assert lam.get_function_configuration(FunctionName=name, Qualifier="1")[member] == before


def test_empty_structures_change_nothing(lam, name):
    create(lam, name, TracingConfig={"Mode": "Active"},
           DeadLetterConfig={"TargetArn": "arn:aws:sqs:us-east-1:000000000000:q"})
    answer = lam.update_function_configuration(
        FunctionName=name, TracingConfig={}, SnapStart={}, DeadLetterConfig={}, VpcConfig={})
    assert answer["TracingConfig"] == {"Mode": "Active"}
    assert answer["SnapStart"] == {"ApplyOn": "None", "OptimizationStatus": "Off"}
    assert answer["DeadLetterConfig"]["TargetArn"].endswith(":q")
    assert "VpcConfig" not in answer


def test_an_empty_arn_removes_key_and_queue(lam, name):
    create(lam, name, KMSKeyArn="arn:aws:kms:us-east-1:000000000000:key/k",
           DeadLetterConfig={"TargetArn": "arn:aws:sns:us-east-1:000000000000:t"})
    answer = lam.update_function_configuration(FunctionName=name, KMSKeyArn="",
                                               DeadLetterConfig={"TargetArn": ""})
    assert not {"KMSKeyArn", "DeadLetterConfig"} & set(answer)


def test_a_vpc_is_shown_and_leaves_its_empty_form_behind(http, lam, name):
    create(lam, name, VpcConfig={"SubnetIds": [], "SecurityGroupIds": []})
    assert "VpcConfig" not in lam.get_function_configuration(FunctionName=name)
    vpc = {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}
    lam.update_function_configuration(FunctionName=name, VpcConfig=vpc)
    shown = http.json("GET", f"{PATH}{name}/configuration")["VpcConfig"]
    assert shown.pop("VpcId").startswith("vpc-")
    assert shown == {**vpc, "Ipv6AllowedForDualStack": False}
    lam.update_function_configuration(FunctionName=name, Timeout=9)
    assert http.json("GET", f"{PATH}{name}/configuration")["VpcConfig"]["VpcId"]
    lam.update_function_configuration(FunctionName=name,
                                      VpcConfig={"SubnetIds": [], "SecurityGroupIds": []})
    assert http.json("GET", f"{PATH}{name}/configuration")["VpcConfig"] == {
        "Ipv6AllowedForDualStack": False, "SecurityGroupIds": [], "SubnetIds": [], "VpcId": ""}


def test_members_of_a_vpc_that_an_update_leaves_out_stay(http, lam, name):
    """Terraform's replace_security_groups_on_destroy sends SecurityGroupIds alone."""
    create(lam, name)
    path = f"{PATH}{name}/configuration"
    vpc = {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"], "Ipv6AllowedForDualStack": True}
    made = http.json("PUT", path, {"VpcConfig": vpc})["VpcConfig"]
    assert made == {**vpc, "VpcId": made["VpcId"]}
    assert http.json("PUT", path, {"VpcConfig": {"SecurityGroupIds": ["sg-2"]}})["VpcConfig"] == {
        **made, "SecurityGroupIds": ["sg-2"]}
    assert http.json("PUT", path, {"VpcConfig": {"Ipv6AllowedForDualStack": False}})[
        "VpcConfig"] == {**made, "SecurityGroupIds": ["sg-2"], "Ipv6AllowedForDualStack": False}
    assert error_of(lam.update_function_configuration, FunctionName=name,
                    VpcConfig={"SubnetIds": []}) == invalid(
        "SubnetIds and SecurityIds must coexist or be both empty list.")
    lam.update_function_configuration(FunctionName=name,
                                      VpcConfig={"SubnetIds": [], "SecurityGroupIds": []})
    assert http.json("GET", path)["VpcConfig"]["VpcId"] == ""


@pytest.mark.parametrize("target, text", [
    ("sqs:eu-west-1:000000000000:q", "The resource specified by the TargetArn must be in the same "
     "region as the Lambda function it's associated with."),
    ("s3:::bucket", "The resource specified by the TargetArn must be in the same region as the "
     "Lambda function it's associated with."),
    ("lambda:us-east-1:000000000000:function:f", "The service specified by the TargetArn is not "
     "supported for dead letter configuration."),
    ("sqs:us-east-1:000000000000:q.fifo",
     "FIFO SQS queue is not supported for dead letter configuration")])
def test_what_cannot_take_dead_letters(lam, name, target, text):
    setting = {"DeadLetterConfig": {"TargetArn": "arn:aws:" + target}}
    refused = invalid("Invalid dead letter queue ARN: " + text)
    assert error_of(create, lam, name, **setting) == refused
    create(lam, name)
    assert error_of(lam.update_function_configuration, FunctionName=name, **setting) == refused


def test_a_log_group_of_aws_is_not_a_function_s(http, lam, name):
    create(lam, name)
    assert http.json("PUT", f"{PATH}{name}/configuration", {
        "LoggingConfig": {"LogGroup": "aws/mine"}})["message"] == (
        "Log groups starting with AWS/ are reserved for AWS. Update the LogGroup value and try "
        "again.")


def test_an_image_s_configuration_is_refused_for_a_package(lam, name):
    assert error_of(create, lam, name, ImageConfig={"Command": ["x"]}) == invalid(
        "The ImageConfig parameter is not supported for functions created with deployment "
        "packages.")


@pytest.mark.parametrize("level", [{"SystemLogLevel": "DEBUG"}, {"ApplicationLogLevel": "WARN"}])
def test_a_log_level_goes_with_the_format_that_the_function_has(http, lam, name, level):
    """It would be dropped without a word."""
    refused = ("LogLevel is not supported when LogFormat is set to \"Text\". Remove LogLevel from "
               "your request or change the LogFormat to \"JSON\" and try again.")
    path = f"{PATH}{name}/configuration"
    code = {"ZipFile": base64.b64encode(zip_of({"index.mjs": ""})).decode()}
    new = {"FunctionName": name, "Role": ROLE, "Runtime": "nodejs22.x", "Handler": "index.handler",
           "Code": code}
    assert http.json("POST", PATH[:-1], {**new, "LoggingConfig": level})["message"] == refused
    assert "LoggingConfig" in http.json("POST", PATH[:-1], new)
    assert http.json("PUT", path, {"LoggingConfig": level})["message"] == refused
    http.json("PUT", path, {"LoggingConfig": {"LogFormat": "JSON"}})
    changed = http.json("PUT", path, {"LoggingConfig": level})["LoggingConfig"]
    assert changed == {"LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO",
                       "LogGroup": f"/aws/lambda/{name}", **level}


def test_the_architecture_changes_with_the_code_only(http, lam, name):
    package = node("return process.arch")
    assert create(lam, name, package, Architectures=["arm64"])["Architectures"] == ["arm64"]
    http.json("PUT", f"{PATH}{name}/configuration", {"Architectures": ["x86_64"]})
    assert lam.get_function_configuration(FunctionName=name)["Architectures"] == ["arm64"]
    code = package["Code"]["ZipFile"]
    answer = lam.update_function_code(FunctionName=name, ZipFile=code, Architectures=["x86_64"])
    assert answer["Architectures"] == ["x86_64"]
    assert lam.update_function_code(FunctionName=name, ZipFile=code)["Architectures"] == ["x86_64"]


def test_images_are_refused(lam, name):
    status, code, text = error_of(create, lam, name, PackageType="Image",
                                  Code={"ImageUri": "repo:latest"}, Runtime=None, Handler=None)
    assert (status, code) == (501, "NotImplemented") and "container images" in text
    create(lam, name)
    assert error_of(lam.update_function_code, FunctionName=name, ImageUri="repo:latest") == invalid(
        "Please don't provide ImageUri when updating a function with packageType Zip.")
