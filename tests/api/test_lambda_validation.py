"""What requests may hold, beyond each resource's own file: lambda-api.md sections 11.3, 12.1, 28.3.
"""
import pytest

from tests.support.errors import error_of
from tests.support.packages import create, node

ZIP = node("return 'new'")["Code"]["ZipFile"]


def violations(*items):
    plural = "" if len(items) == 1 else "s"
    return (400, "ValidationException", f"{len(items)} validation error{plural} detected: " +
            "; ".join(f"Value {value} at '{path}' failed to satisfy constraint: {constraint}"
                      for value, path, constraint in items))


NOT_NULL = "Member must not be null"
BUCKET = (r"Member must satisfy regular expression pattern: [0-9A-Za-z\.\-_]*(?<!\.)")


@pytest.mark.parametrize("settings, expected", [
    (dict(Role=None), violations(("null", "role", NOT_NULL))),
    (dict(Code=None), violations(("null", "code", NOT_NULL))),
    (dict(FunctionName=None, Role=None, Code=None), violations(
        ("null", "functionName", NOT_NULL), ("null", "role", NOT_NULL), ("null", "code", NOT_NULL))),
    (dict(Code={"S3Bucket": "a.", "S3Key": ""}), violations(
        ("'a.'", "code.s3Bucket", "Member must have length greater than or equal to 3"),
        ("'a.'", "code.s3Bucket", BUCKET),
        ("''", "code.s3Key", "Member must have length greater than or equal to 1"))),
    (dict(EphemeralStorage={}), violations(("null", "ephemeralStorage.size", NOT_NULL))),
    (dict(EphemeralStorage={"Size": 511}), violations(
        ("'511'", "ephemeralStorage.size", "Member must have value greater than or equal to 512"))),
    (dict(MemorySize=32769), violations(
        ("'32769'", "memorySize", "Member must have value less than or equal to 32768"))),
    (dict(Handler="a b"), violations(
        ("'a b'", "handler", r"Member must satisfy regular expression pattern: [^\s]+"))),
    (dict(Handler="h" * 129), violations(
        ("'" + "h" * 129 + "'", "handler", "Member must have length less than or equal to 128"))),
    (dict(PackageType="Jar"), violations(
        ("'Jar'", "packageType", "Member must satisfy enum value set: [Zip, Image]"))),
    (dict(SnapStart={"ApplyOn": "All"}), violations(
        ("'All'", "snapStart.applyOn",
         "Member must satisfy enum value set: [PublishedVersions, None]"))),
    (dict(TracingConfig={"Mode": "On"}), violations(
        ("'On'", "tracingConfig.mode", "Member must satisfy enum value set: [Active, PassThrough]"))),
    (dict(DeadLetterConfig={"TargetArn": "queue"}), violations(
        ("'queue'", "deadLetterConfig.targetArn", "Member must satisfy regular expression pattern: "
         "(arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|()"))),
    (dict(VpcConfig={"SubnetIds": [f"subnet-{i}" for i in range(17)]}), violations(
        ("'[" + ", ".join(f"subnet-{i}" for i in range(17)) + "]'", "vpcConfig.subnetIds",
         "Member must have length less than or equal to 16"))),
    (dict(Architectures=[]), violations(
        ("'[]'", "architectures", "Member must have length greater than or equal to 1"))),
    (dict(Architectures=[None]), violations(
        ("'[null]'", "architectures", "Member must satisfy constraint: [Member must satisfy enum "
         "value set: [x86_64, arm64], Member must not be null]"))),
    (dict(Tags={"a": None}), violations(
        ("'{a=null}'", "tags", "Map value must satisfy constraint: [Member must have length less "
         "than or equal to 256, Member must have length greater than or equal to 0, Member must "
         "not be null]"))),
])
def test_what_create_function_refuses(lam, name, settings, expected):
    arguments = {"lam": lam, "name": name, **settings}
    assert error_of(create, **arguments) == expected
    assert error_of(lam.get_function, FunctionName=name)[0] == 404


def test_the_key_of_the_package_is_an_arn(http):
    def refusal(method, path, body):
        return http.json(method, "/2015-03-31/functions" + path, body)["message"]
    text = ("Value 'key' at '%s' failed to satisfy constraint: Member must satisfy regular "
            "expression pattern: (arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|()")
    assert text % "code.sourceKMSKeyArn" in refusal(
        "POST", "", {"FunctionName": "f", "Code": {"SourceKMSKeyArn": "key"}})
    assert text % "sourceKMSKeyArn" in refusal("PUT", "/f/code", {"SourceKMSKeyArn": "key"})


def test_a_null_variable_is_no_variable(http, lam, name):
    create(lam, name)
    answer = http.json("PUT", f"/2015-03-31/functions/{name}/configuration",
                       {"Environment": {"Variables": {"AB": None}}})
    assert answer == {"message": "1 validation error detected: Value at 'environment.variables' "
                      "failed to satisfy constraint: Map value must satisfy constraint: [Member "
                      "must not be null]"}


@pytest.mark.parametrize("member, value, feature", [
    ("FileSystemConfigs", [{"Arn": "arn:aws:elasticfilesystem:us-east-1:000000000000:access-point/"
                                   "fsap-0123456789abcdef0", "LocalMountPath": "/mnt/a"}],
     "file systems"),
    ("CapacityProviderConfig", {"LambdaManagedInstancesCapacityProviderConfig": {
        "CapacityProviderArn": "arn:aws:lambda:us-east-1:000000000000:capacity-provider:p"}},
     "capacity providers"),
    ("PublishTo", "LATEST_PUBLISHED", "capacity providers"),
    ("DurableConfig", {"ExecutionTimeout": 1}, "durable executions"),
    ("TenancyConfig", {"TenantIsolationMode": "PER_TENANT"}, "tenant isolation"),
])
def test_features_that_are_lacking_are_refused_not_ignored(http, lam, name, member, value, feature):
    create(lam, name)
    expected = {"Type": "Service", "message": f"Coalmine does not emulate {feature} ({member})"}
    path = f"/2015-03-31/functions/{name}"
    before = http.json("GET", path)["Configuration"]
    if member == "PublishTo":
        assert http.json("PUT", path + "/code", {member: value}) == expected
        assert http.json("POST", path + "/versions", {member: value}) == expected
    elif member != "TenancyConfig":  # chosen once and for all
        assert http.json("PUT", path + "/configuration", {member: value}) == expected
    assert http.json("POST", "/2015-03-31/functions", {
        "FunctionName": name + "-new", "Role": "arn:aws:iam::000000000000:role/r", "Code": {},
        "Runtime": "nodejs22.x", "Handler": "index.handler", member: value}) == expected
    assert http.json("GET", path)["Configuration"] == before


def test_an_empty_list_or_object_asks_for_nothing(http, lam, name):
    create(lam, name)
    answer = http.json("PUT", f"/2015-03-31/functions/{name}/configuration",
                       {"FileSystemConfigs": [], "Timeout": 7})
    assert answer["Timeout"] == 7


@pytest.mark.parametrize("operation, arguments, expected", [
    ("list_functions", dict(MaxItems=0), violations(
        ("'0'", "maxItems", "Member must have value greater than or equal to 1"))),
    ("list_functions", dict(MaxItems=10001, MasterRegion="nowhere", FunctionVersion="1"), violations(
        ("'1'", "functionVersion", "Member must satisfy enum value set: [ALL]"),
        ("'nowhere'", "masterRegion", "Member must satisfy regular expression pattern: "
                                      r"ALL|[a-z]{2}(-gov)?-[a-z]+-\d{1}"),
        ("'10001'", "maxItems", "Member must have value less than or equal to 10000"))),
    ("list_function_event_invoke_configs", dict(FunctionName="f", MaxItems=51), violations(
        ("'51'", "maxItems", "Member must have value less than or equal to 50"))),
    ("create_alias", dict(FunctionName="f", Name="a" * 129, FunctionVersion="one",
                          Description="d" * 257), violations(
        ("'" + "a" * 129 + "'", "name", "Member must have length less than or equal to 128"),
        ("'one'", "functionVersion", "Member must satisfy regular expression pattern: "
                                     r"(\$LATEST(\.PUBLISHED)?|[0-9]+)"),
        ("'" + "d" * 257 + "'", "description",
         "Member must have length less than or equal to 256"))),
    ("create_alias", dict(FunctionName="f"), violations(
        ("null", "name", NOT_NULL), ("null", "functionVersion", NOT_NULL))),
    ("update_alias", dict(FunctionName="f", Name="2024", FunctionVersion=""), violations(
        ("'2024'", "name", "Member must satisfy regular expression pattern: "
                           "(?!^[0-9]+$)([a-zA-Z0-9-_]+)"),
        ("''", "functionVersion", "Member must have length greater than or equal to 1"),
        ("''", "functionVersion", "Member must satisfy regular expression pattern: "
                                  r"(\$LATEST(\.PUBLISHED)?|[0-9]+)"))),
    ("publish_version", dict(FunctionName="f", Description="d" * 257), violations(
        ("'" + "d" * 257 + "'", "description",
         "Member must have length less than or equal to 256"))),
    ("update_function_code", dict(FunctionName="f", S3Bucket="bucket.", S3Key="k"), violations(
        ("'bucket.'", "s3Bucket", BUCKET))),
    ("put_function_concurrency", dict(FunctionName="f", ReservedConcurrentExecutions=-1), violations(
        ("'-1'", "reservedConcurrentExecutions",
         "Member must have value greater than or equal to 0"))),
    ("put_function_concurrency", dict(FunctionName="f"), violations(
        ("null", "reservedConcurrentExecutions", NOT_NULL))),
])
def test_syntax_precedes_all_other_checks(lam, operation, arguments, expected):
    assert error_of(getattr(lam, operation), **arguments) == expected
