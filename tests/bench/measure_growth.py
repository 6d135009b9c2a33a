"""Functions, versions, aliases and alarms that become ever more: each operation must cost with the
most what it costs with the fewest."""
import base64

from tests.bench import growing
from tests.bench.bench import Connection
from tests.bench.functions import EVENT, NODE
from tests.bench.growing import Growing
from tests.bench.writers import cloudwatch, request, write_all
from tests.support.packages import ROLE, create

ALARMS_MAX = 5000  # of an account in a region
ORDERED = 64       # requests under way on the one connection that keeps their order
FUNCTIONS = "/2015-03-31/functions"
ALIASES = f"{FUNCTIONS}/many/aliases"
BODY = {"Role": ROLE, "Runtime": NODE["Runtime"], "Handler": NODE["Handler"],
        "Code": {"ZipFile": base64.b64encode(NODE["Code"]["ZipFile"]).decode()}}
INVOKE = [request("POST", f"{FUNCTIONS}/many/invocations", EVENT.encode())]
UPDATE_ALIAS = [request("PUT", f"{ALIASES}/live", {"Description": "again"})]
CHANGE = request("PUT", f"{FUNCTIONS}/many/configuration", {"Description": "changed"})


def create_function(name):
    return request("POST", FUNCTIONS, {"FunctionName": name, **BODY})


def new_version(number):
    """Publishing gives a new one only after a change."""
    return (request("PUT", f"{FUNCTIONS}/many/configuration", {"Description": str(number)}),
            request("POST", f"{FUNCTIONS}/many/versions"))


def create_alias(name):
    return request("POST", ALIASES, {"Name": name, "FunctionVersion": "$LATEST"})


def put_alarm(number):
    """As many as a region may have go to the measured one, the others to further regions."""
    region = number // ALARMS_MAX
    return cloudwatch("PutMetricAlarm", {
        "AlarmName": f"a{number}", "Namespace": "Bench", "MetricName": f"m{number}",
        "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 1,
        "ComparisonOperator": "GreaterThanThreshold"}, f"region-{region}" if region else "us-east-1")


def prepare(server):
    """A function with a version and an alias."""
    create(server.client("lambda"), "many", NODE)
    connection = Connection(server)
    connection.send("POST", f"{FUNCTIONS}/many/versions")
    connection.send("POST", ALIASES, b'{"Name": "live", "FunctionVersion": "1"}')
    connection.close()


def add_functions(server, first, end):
    write_all(server.port, (create_function(f"f{i}") for i in range(first, end)))


def add_versions(server, first, end):
    write_all(server.port, (each for i in range(first, end) for each in new_version(i)), 1, ORDERED)


def add_aliases(server, first, end):
    write_all(server.port, (create_alias(f"a{i}") for i in range(first, end)))


def add_alarms(server, first, end):
    write_all(server.port, (put_alarm(i) for i in range(first, end)))


def functions(_):
    return {
        "GetFunction": [request("GET", f"{FUNCTIONS}/f1")],
        "ListFunctions of 50": [request("GET", f"{FUNCTIONS}?MaxItems=50")],
        "CreateFunction, DeleteFunction": [create_function("new"),
                                           request("DELETE", f"{FUNCTIONS}/new")],
        "UpdateAlias": UPDATE_ALIAS, "warm Invoke": INVOKE}


def versions(_):
    return {
        "GetFunction of version 1": [request("GET", f"{FUNCTIONS}/many?Qualifier=1")],
        "ListVersionsByFunction of 50": [request("GET", f"{FUNCTIONS}/many/versions?MaxItems=50")],
        "PublishVersion, nothing new": [request("POST", f"{FUNCTIONS}/many/versions")],
        "UpdateFunctionConfiguration": [CHANGE],
        "UpdateAlias": UPDATE_ALIAS, "warm Invoke": INVOKE}


def aliases(_):
    return {
        "GetAlias": [request("GET", f"{ALIASES}/a1")],
        "ListAliases of 50": [request("GET", f"{ALIASES}?MaxItems=50")],
        "CreateAlias, DeleteAlias": [create_alias("new"), request("DELETE", f"{ALIASES}/new")],
        "UpdateAlias": UPDATE_ALIAS, "warm Invoke": INVOKE}


def alarms(_):
    datum = [{"MetricName": "m1", "Value": 0.5}]
    return {
        "DescribeAlarms of one": [cloudwatch("DescribeAlarms", {"AlarmNames": ["a1"]})],
        "DescribeAlarms of 50": [cloudwatch("DescribeAlarms", {"MaxRecords": 50})],
        "PutMetricAlarm": [put_alarm(1)],
        "PutMetricData for an alarm": [cloudwatch("PutMetricData", {"Namespace": "Bench",
                                                                    "MetricData": datum})],
        "warm Invoke": INVOKE}


GROWING = (Growing("functions", prepare, add_functions, functions),
           Growing("versions of a function", prepare, add_versions, versions),
           Growing("aliases of a function", prepare, add_aliases, aliases),
           Growing("alarms", prepare, add_alarms, alarms))


def measure(scale):
    return [curve for each in GROWING
            for curve in growing.measure(each, scale.things, scale.rounds)]
