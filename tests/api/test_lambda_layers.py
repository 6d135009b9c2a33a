"""Layers: lambda-api.md sections 27.3, 12.3, 19.3 and 19.4."""
import base64
import hashlib
import io
import json
import os
import re
import urllib.request
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.errors import error_of
from tests.support.packages import PYTHON, create, python, zip_of

ARN = "arn:aws:lambda:us-east-1:000000000000:layer:"
ARN_PATTERN = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:"
    r"layer:[a-zA-Z0-9-_]+:[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)")
CONTENT = {"ZipFile": zip_of({"python/shared.py": "NAME = 'shared'"})}


def publish(lam, name, files=None, modes=None, **settings):
    content = {"ZipFile": zip_of(files, modes)} if files else CONTENT
    return lam.publish_layer_version(LayerName=name, Content=content, **settings)


def result_of(lam, name, **settings):
    answer = lam.invoke(FunctionName=name, **settings)
    return json.load(answer["Payload"])


def without_metadata(answer):
    return {k: v for k, v in answer.items() if k != "ResponseMetadata"}


def test_a_layer_version_comes_back_as_it_was_published(lam, name):
    archive = CONTENT["ZipFile"]
    made = publish(lam, name, CompatibleRuntimes=[], CompatibleArchitectures=["arm64"],
                   LicenseInfo="MIT", Description="what all share")
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    location = made["Content"].pop("Location")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000", made.pop("CreatedDate"))
    assert without_metadata(made) == {
        "Content": {"CodeSha256": base64.b64encode(hashlib.sha256(archive).digest()).decode(),
                    "CodeSize": len(archive)},
        "LayerArn": ARN + name, "LayerVersionArn": f"{ARN}{name}:1", "Version": 1,
        "Description": "what all share", "CompatibleRuntimes": [],
        "CompatibleArchitectures": ["arm64"], "LicenseInfo": "MIT"}
    assert urllib.request.urlopen(location).read() == archive
    for call, arguments in (
            (lam.get_layer_version, dict(LayerName=name, VersionNumber=1)),
            (lam.get_layer_version, dict(LayerName=ARN + name, VersionNumber=1)),
            (lam.get_layer_version_by_arn, dict(Arn=f"{ARN}{name}:1"))):
        got = call(**arguments)
        assert urllib.request.urlopen(got["Content"].pop("Location")).read() == archive
        got.pop("CreatedDate")
        assert without_metadata(got) == without_metadata(made)


def test_what_was_not_given_is_not_shown_but_for_the_description(lam, name):
    assert set(without_metadata(publish(lam, name))) == {
        "Content", "LayerArn", "LayerVersionArn", "Version", "CreatedDate", "Description"}


def test_numbers_are_never_used_again_and_lists_are_newest_first(lam, name):
    assert [publish(lam, name)["Version"] for _ in range(2)] == [1, 2]
    for number in (1, 2, 2, 77):
        answer = lam.delete_layer_version(LayerName=name, VersionNumber=number)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert lam.list_layer_versions(LayerName=name)["LayerVersions"] == []
    assert name not in [layer["LayerName"] for layer in lam.list_layers()["Layers"]]
    assert [publish(lam, name)["Version"] for _ in range(3)] == [3, 4, 5]
    listed = lam.list_layer_versions(LayerName=name)["LayerVersions"]
    assert [version["Version"] for version in listed] == [5, 4, 3]
    assert set(listed[0]) == {"LayerVersionArn", "Version", "Description", "CreatedDate"}


def test_versions_are_paged(lam, name):
    numbers = [publish(lam, name)["Version"] for _ in range(5)]
    pages = list(lam.get_paginator("list_layer_versions").paginate(
        LayerName=name, PaginationConfig={"PageSize": 2}))
    assert [[v["Version"] for v in page["LayerVersions"]] for page in pages] == [
        numbers[:2:-1], numbers[2:0:-1], numbers[:1]]
    assert "NextMarker" not in pages[-1]
    assert error_of(lam.list_layer_versions, LayerName=name, Marker="nonsense") == (
        400, "InvalidParameterValueException", "Invalid Marker.")


def test_layers_are_listed_by_name_with_their_latest_matching_version(start_server):
    lam = start_server().client("lambda")
    for layer in "bca":
        publish(lam, layer, CompatibleRuntimes=["python3.12"])
        publish(lam, layer, CompatibleRuntimes=["nodejs22.x"], CompatibleArchitectures=["x86_64"])
    publish(lam, "plain")
    assert [layer["LayerName"] for layer in lam.list_layers()["Layers"]] == ["a", "b", "c", "plain"]
    first = lam.list_layers(MaxItems=3)
    assert len(first["Layers"]) == 3
    assert [layer["LayerName"] for layer in
            lam.list_layers(Marker=first["NextMarker"])["Layers"]] == ["plain"]
    for filters, version in ((dict(CompatibleRuntime="python3.12"), 1),
                             (dict(CompatibleRuntime="nodejs22.x"), 2),
                             (dict(CompatibleArchitecture="x86_64"), 2)):
        assert [(layer["LayerArn"], layer["LatestMatchingVersion"]["Version"])
                for layer in lam.list_layers(**filters)["Layers"]] == [
            (ARN + layer, version) for layer in "abc"]
        assert [v["Version"] for v in lam.list_layer_versions(
            LayerName="a", **filters)["LayerVersions"]] == [version]
    assert lam.list_layers(CompatibleRuntime="ruby3.3")["Layers"] == []


MISSING = (404, "ResourceNotFoundException", "The resource you requested does not exist.")
TOO_LOW = (400, "InvalidParameterValueException", "Layer Version Cannot be less than 1")


def test_what_does_not_exist_is_said_in_awss_words(lam, name):
    publish(lam, name)
    assert lam.list_layer_versions(LayerName=name + "-none")["LayerVersions"] == []
    assert error_of(lam.get_layer_version, LayerName=name, VersionNumber=2) == MISSING
    assert error_of(lam.get_layer_version, LayerName=name + "-none", VersionNumber=1) == MISSING
    assert error_of(lam.get_layer_version_by_arn, Arn=f"{ARN}{name}:2") == MISSING
    for call in (lam.get_layer_version, lam.delete_layer_version):
        for number in (0, -1):
            assert error_of(call, LayerName=name, VersionNumber=number) == TOO_LOW
    assert error_of(lam.get_layer_version_by_arn, Arn=ARN + name) == (
        400, "ValidationException",
        f"1 validation error detected: Value '{ARN}{name}' at 'arn' failed to satisfy "
        f"constraint: Member must satisfy regular expression pattern: {ARN_PATTERN}")


def test_what_publishing_refuses(lam, name):
    status, code, text = error_of(
        publish, lam=lam, name=name, CompatibleRuntimes=["cobol"],
        CompatibleArchitectures=["z80"])
    assert (status, code) == (400, "ValidationException")
    assert text.startswith("2 validation errors detected: Value '[cobol]' at 'compatibleRuntimes' ")
    assert "; Value '[z80]' at 'compatibleArchitectures' failed to satisfy constraint" in text
    assert error_of(lam.publish_layer_version, LayerName=name, Content={"ZipFile": b"rubbish"}) == (
        400, "InvalidParameterValueException",
        "Could not unzip uploaded file. Please check your file, then try to upload again.")
    assert error_of(lam.publish_layer_version, LayerName="no such name", Content=CONTENT) == (
        400, "ValidationException",
        "1 validation error detected: Value 'no such name' at 'layerName' failed to satisfy "
        "constraint: Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:"
        r"(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:layer:[a-zA-Z0-9-_]+)|"
        "[a-zA-Z0-9-_]+")
    assert lam.list_layer_versions(LayerName=name)["LayerVersions"] == []


def test_functions_show_their_layers_and_lose_them_by_an_empty_list(lam, name):
    layers = [publish(lam, f"{name}-{i}") for i in range(2)]
    arns = [layer["LayerVersionArn"] for layer in layers]
    shown = [{"Arn": arn, "CodeSize": len(CONTENT["ZipFile"])} for arn in arns]
    assert create(lam, name, Layers=arns)["Layers"] == shown
    assert lam.publish_version(FunctionName=name)["Layers"] == shown
    updated = lam.update_function_configuration(FunctionName=name, Layers=arns[:1])
    assert updated["Layers"] == shown[:1]
    assert lam.update_function_configuration(FunctionName=name, Timeout=4)["Layers"] == shown[:1]
    assert lam.get_function(FunctionName=name)["Configuration"]["Layers"] == shown[:1]
    assert "Layers" not in lam.update_function_configuration(FunctionName=name, Layers=[])
    assert "Layers" not in lam.get_function_configuration(FunctionName=name)
    listed = lam.list_versions_by_function(FunctionName=name)["Versions"]
    assert [version.get("Layers") for version in listed] == [None, shown]


def refusals(name):
    one, two, other = f"{ARN}{name}:1", f"{ARN}{name}:2", f"{ARN}{name}-other:1"
    twice = ("Two different versions of the same layer are not allowed to be referenced in the "
             "same function. %s and %s are versions of the same layer.")
    elsewhere = one.replace("us-east-1", "eu-west-1")
    return [
        ([f"{ARN}l:{i}" for i in range(1, 7)], "Cannot reference more than 5 layers."),
        ([f"{ARN}{name}:3"], f"Layer version {ARN}{name}:3 does not exist."),
        ([one, f"{ARN}{name}-none:1"], f"Layer version {ARN}{name}-none:1 does not exist."),
        ([other, one, two], twice % (one, two)),
        ([one, other, one], twice % (one, one)),
        ([elsewhere], "Layers are not in the same region as the function. Layers are expected to "
                      "be in region us-east-1."),
    ]


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_a_layer_of_another_account_that_is_not_there_is_not_shared(lam, name, region):
    """In another region it is not looked for."""
    arn = f"arn:aws:lambda:{region}:444455556666:layer:l:1"
    assert error_of(create, lam=lam, name=name, Layers=[arn]) == (
        403, "AccessDeniedException", "User: arn:aws:iam::000000000000:user/coalmine is not "
        f"authorized to perform: lambda:GetLayerVersion on resource: {arn} because no "
        "resource-based policy allows the lambda:GetLayerVersion action")


@pytest.mark.parametrize("case", range(6))
def test_lists_of_layers_that_are_refused(lam, name, case):
    for layer in (name, name, name + "-other"):
        publish(lam, layer)
    layers, text = refusals(name)[case]
    expected = (400, "InvalidParameterValueException", text)
    assert error_of(create, lam=lam, name=name, Layers=layers) == expected
    create(lam, name)
    assert error_of(lam.update_function_configuration, FunctionName=name,
                    Layers=layers) == expected
    assert "Layers" not in lam.get_function_configuration(FunctionName=name)


def test_a_layer_without_its_version_is_no_layer(lam, name):
    status, code, text = error_of(create, lam=lam, name=name, Layers=[ARN + name])
    assert (status, code) == (400, "ValidationException")
    assert f"Value '[{ARN}{name}]' at 'layers' failed to satisfy constraint" in text
    assert ARN_PATTERN in text


def test_python_finds_layers_and_later_ones_cover_earlier_ones(lam, name):
    site = "python/lib/python3.12/site-packages/"
    first = publish(lam, name + "-first", {
        "python/shared.py": "NAME = 'first'", "python/first_only.py": "NAME = 'first only'",
        "python/packaged.py": "NAME = 'covered by site-packages'",
        site + "packaged/__init__.py": "NAME = 'packaged'", "mixed/a": "1", "mixed/b": "1"})
    second = publish(lam, name + "-second", {"python/shared.py": "NAME = 'second'", "mixed/b": "2",
                                             "mixed/c": "2"})
    code = """import shared, first_only, packaged
    mixed = [open('/opt/mixed/' + f).read() for f in 'abc']
    return [shared.NAME, first_only.NAME, packaged.NAME, mixed]"""
    arns = [layer["LayerVersionArn"] for layer in (first, second)]
    create(lam, name, python(code), Layers=arns)
    assert result_of(lam, name) == ["second", "first only", "packaged", ["1", "2", "2"]]
    lam.update_function_configuration(FunctionName=name, Layers=arns[::-1])
    assert result_of(lam, name) == ["first", "first only", "packaged", ["1", "1", "2"]]


def test_node_finds_layers(lam, name):
    module = "exports.name = %r;"
    layer = publish(lam, name, {
        "nodejs/node_modules/any/index.js": module % "any",
        "nodejs/node_modules/both/index.js": module % "any",
        "nodejs/node22/node_modules/both/index.js": module % "22"})
    code = "exports.handler = async () => [require('any').name, require('both').name];"
    create(lam, name, {"Runtime": "nodejs22.x", "Handler": "index.handler",
                       "Code": {"ZipFile": zip_of({"index.js": code})}},
           Layers=[layer["LayerVersionArn"]])
    assert result_of(lam, name) == ["any", "22"]


def test_programs_and_libraries_of_layers_are_found_and_opt_cannot_be_written(lam, name):
    layer = publish(lam, name, {"bin/tool": "#!/bin/sh\necho from the layer", "lib/libx.so": ""},
                    {"bin/tool": 0o755})
    code = """import os, subprocess
    try:
        open('/opt/new', 'w')
    except OSError as error:
        why = error.strerror
    return [subprocess.check_output(['tool'], text=True), why,
            '/opt/lib' in os.environ['LD_LIBRARY_PATH'].split(':'), os.listdir('/opt/lib')]"""
    create(lam, name, python(code), Layers=[layer["LayerVersionArn"]])
    assert result_of(lam, name) == ["from the layer\n", "Read-only file system", True, ["libx.so"]]


BOOTSTRAP = """#!/bin/sh
api=http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation
while true; do
  id=$(curl -sS -D - -o /dev/null $api/next | grep -i aws-request-id | tr -d '\\r' | cut -d' ' -f2)
  curl -sS -d "\\"$0 in $PWD, %s\\"" $api/$id/response > /dev/null
done
"""


def test_a_layer_can_bring_the_runtime_and_the_package_can_cover_it(lam, name):
    layer = publish(lam, name, {"bootstrap": BOOTSTRAP % "layer"}, {"bootstrap": 0o755})
    settings = {"Runtime": "provided.al2023", "Handler": "h"}
    create(lam, name, {**settings, "Code": {"ZipFile": zip_of({"data": "x"})}},
           Layers=[layer["LayerVersionArn"]])
    assert result_of(lam, name) == "/opt/bootstrap in /var/task, layer"
    own = zip_of({"bootstrap": BOOTSTRAP % "package"}, {"bootstrap": 0o755})
    lam.update_function_code(FunctionName=name, ZipFile=own)
    assert result_of(lam, name) == "/var/task/bootstrap in /var/task, package"
    lam.update_function_code(FunctionName=name, ZipFile=zip_of({"data": "x"}))
    lam.update_function_configuration(FunctionName=name, Layers=[])
    assert result_of(lam, name)["errorType"] == "Runtime.InvalidEntrypoint"


def test_a_wrapper_from_a_layer_starts_the_runtime(lam, name):
    wrapper = "#!/bin/sh\nexport WRAPPED=\"$#\"\nexec \"$@\"\n"
    layer = publish(lam, name, {"wrapper": wrapper}, {"wrapper": 0o755})
    create(lam, name, python("import os\n    return int(os.environ['WRAPPED']) > 0"),
           Layers=[layer["LayerVersionArn"]],
           Environment={"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrapper"}})
    assert result_of(lam, name) is True
    lam.update_function_configuration(FunctionName=name, Layers=[])
    assert "exit status 127" in result_of(lam, name)["errorMessage"]


def test_extensions_are_warned_of(lam, server, name):
    plain = publish(lam, name)
    layer = publish(lam, name, {"extensions/agent": "#!/bin/sh\n"}, {"extensions/agent": 0o755})
    for suffix, version in (("p", plain), ("e", layer)):
        create(lam, name + suffix, python("return 'served'"), Layers=[version["LayerVersionArn"]])
        assert result_of(lam, name + suffix) == "served"
    log = server.read_log()
    assert f"{name}e: a layer brings extensions, which are not started" in log
    assert f"{name}p: a layer" not in log


def test_a_deleted_layer_version_keeps_working_for_those_who_use_it(start_server, tmp_path, name):
    directory = str(tmp_path / "data")
    server = start_server("--data-dir", directory, ephemeral=False)
    lam = server.client("lambda")
    arns = [publish(lam, f"{name}-{i}", {f"python/m{i}.py": f"N = {i}"})["LayerVersionArn"]
            for i in range(3)]
    create(lam, name, python("import m0, m1\n    return [m0.N, m1.N]"), Layers=arns[:2])
    create(lam, name + "-one", python("import m2\n    return m2.N"), Layers=arns[2:])
    create(lam, name + "-gone", Layers=arns[1:])
    for arn in arns:
        lam.delete_layer_version(LayerName=arn.rsplit(":", 1)[0], VersionNumber=1)
    lam.delete_function(FunctionName=name + "-gone")
    assert server.stop() == 0
    server = start_server("--data-dir", directory, ephemeral=False)
    lam = server.client("lambda")
    assert result_of(lam, name) == [0, 1]
    assert result_of(lam, name + "-one") == 2
    assert [layer["Arn"] for layer in
            lam.get_function_configuration(FunctionName=name)["Layers"]] == arns[:2]
    assert error_of(create, lam=lam, name=name + "-new", Layers=arns[:1])[2] == (
        f"Layer version {arns[0]} does not exist.")
    # three functions' code and what is left of layers: two joined, and the one used alone
    assert len(os.listdir(tmp_path / "data/code")) == 4
    lam.delete_function(FunctionName=name)
    lam.delete_function(FunctionName=name + "-one")
    assert server.stop() == 0
    start_server("--data-dir", directory, ephemeral=False)
    assert os.listdir(tmp_path / "data/code") == []


def zip_of_zeros(size):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * size)
    return buffer.getvalue()


def test_code_and_layers_together_have_a_limit(lam, name):
    zeros = zip_of_zeros(140000000)
    layer = lam.publish_layer_version(LayerName=name, Content={"ZipFile": zeros})
    package = {"Runtime": "python3.12", "Handler": "app.handler", "Code": {"ZipFile": zeros}}
    expected = (400, "InvalidParameterValueException",
                "Function code combined with layers exceeds the maximum allowed size of 262144000 "
                "bytes. The actual size is 280000000 bytes.")
    arns = [layer["LayerVersionArn"]]
    assert error_of(create, lam=lam, name=name, package=package, Layers=arns) == expected
    create(lam, name, package)
    assert error_of(lam.update_function_configuration, FunctionName=name,
                    Layers=arns) == expected
    lam.update_function_code(FunctionName=name, ZipFile=zip_of({"app.py": "x = 1"}))
    lam.update_function_configuration(FunctionName=name, Layers=arns)
    assert error_of(lam.update_function_code, FunctionName=name,
                    ZipFile=package["Code"]["ZipFile"]) == expected


def test_without_a_sandbox_layers_are_found_where_they_are(start_server, name):
    lam = start_server("--no-sandbox").client("lambda")
    layers = [publish(lam, f"{name}-{i}", {
        f"python/m{i}.py": f"N = {i}", f"nodejs/node_modules/m{i}/index.js": f"exports.n = {i};",
        "bin/tool": "#!/bin/sh\necho tool"}, {"bin/tool": 0o755}) for i in range(2)]
    arns = [layer["LayerVersionArn"] for layer in layers]
    create(lam, name, python("import m0, m1, subprocess\n    return [m0.N, m1.N, "
                             "subprocess.check_output('tool', text=True)]"), Layers=arns)
    assert result_of(lam, name) == [0, 1, "tool\n"]
    code = "exports.handler = async () => [require('m0').n, require('m1').n];"
    create(lam, name + "-node", {"Runtime": "nodejs22.x", "Handler": "index.handler",
                                 "Code": {"ZipFile": zip_of({"index.js": code})}}, Layers=arns)
    assert result_of(lam, name + "-node") == [0, 1]


def test_the_cli_knows_layers(cli, tmp_path, name):
    (tmp_path / "layer.zip").write_bytes(CONTENT["ZipFile"])
    made = cli("lambda", "publish-layer-version", "--layer-name", name, "--zip-file",
               "fileb://layer.zip", "--compatible-runtimes", "python3.12")
    assert made.code == 0, made.err
    listed = cli("lambda", "list-layer-versions", "--layer-name", name, "--query",
                 "LayerVersions[].LayerVersionArn")
    assert listed.json == [made.json["LayerVersionArn"]]
    assert cli("lambda", "delete-layer-version", "--layer-name", name, "--version-number",
               "1").code == 0


def test_code_and_layers_that_change_together_stay_true(lam, name):
    """Whichever update comes first, /opt holds the layers that are shown."""
    arns = [publish(lam, f"{name}-{i}", {f"l{i}": ""})["LayerVersionArn"] for i in range(3)]
    code = python("import os\n    return sorted(os.listdir('/opt'))")
    create(lam, name, code, Layers=arns[:2])
    archives = [zip_of({"app.py": PYTHON % "import os\n    return sorted(os.listdir('/opt'))",
                        "noise": os.urandom(2 << 20)}) for _ in range(2)]

    def change(call, **settings):
        try:
            call(FunctionName=name, **settings)
        except lam.exceptions.ResourceConflictException:
            pass  # one at a time is right too

    with ThreadPoolExecutor(2) as callers:
        for turn in range(6):
            layers = [arns[1:], [arns[0]], [], arns[:2], arns[2:], arns][turn]
            jobs = [callers.submit(change, lam.update_function_code,
                                   ZipFile=archives[turn % 2]),
                    callers.submit(change, lam.update_function_configuration, Layers=layers)]
            for job in jobs:
                job.result()
            shown = lam.get_function_configuration(FunctionName=name).get("Layers", [])
            assert result_of(lam, name) == [f"l{arns.index(layer['Arn'])}" for layer in shown]


@pytest.mark.parametrize("files", [
    [{"a": "file"}, {"a/b": "in a directory"}],
    [{"a/b/c": "deep"}, {"a": "file"}],
    [{"a/b": "1"}, {"a/b/c": "2"}, {"a/b": "3"}],
])
def test_a_file_and_a_directory_of_one_name_cover_each_other(lam, name, files):
    arns = [publish(lam, f"{name}-{i}", content)["LayerVersionArn"]
            for i, content in enumerate(files)]
    code = """import os
    return {os.path.relpath(os.path.join(at, f), '/opt'): open(os.path.join(at, f)).read()
            for at, _, names in os.walk('/opt') for f in names}"""
    create(lam, name, python(code), Layers=arns)
    assert result_of(lam, name) == files[-1]


def test_layers_count_as_storage(start_server):
    lam = start_server().client("lambda")
    publish(lam, "l")
    usage = lam.get_account_settings()["AccountUsage"]
    assert usage == {"TotalCodeSize": len(CONTENT["ZipFile"]), "FunctionCount": 0}
