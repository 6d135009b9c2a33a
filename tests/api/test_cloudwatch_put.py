"""What PutMetricData takes and refuses, what ListMetrics lists, how long data is kept."""
import datetime
import gzip
import json

import pytest

from tests.conftest import Http
from tests.support import cbor
from tests.support.errors import error_of
from tests.support.metrics import statistic

UTC = datetime.timezone.utc
NOW = datetime.datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
DAY = datetime.timedelta(days=1)


@pytest.fixture
def frozen(start_server):
    """A server of its own whose clock stands: clients, and a way to advance."""
    server = start_server()
    http = Http(server.port)
    http.json("POST", "/_coalmine/clock", {"mode": "frozen", "time": NOW.isoformat()})
    server.cw = server.client("cloudwatch")
    server.advance = lambda text: http.json("POST", "/_coalmine/clock", {"advance": text})
    return server


def send(http, body, **headers):
    answer = http.target("PutMetricData", json.dumps(body).encode(), **headers)
    return answer.status, json.loads(answer.body or b"{}").get("message"), answer


def datum(**more):
    return {"MetricName": "m", "Value": 1, **more}


def sums(cw, name, period=60, start=-10, end=10, **more):
    answer = cw.get_metric_statistics(
        Namespace=name, MetricName="m", Period=period, Statistics=["Sum"],
        StartTime=NOW + datetime.timedelta(minutes=start),
        EndTime=NOW + datetime.timedelta(minutes=end), **more)
    return [p["Sum"] for p in answer["Datapoints"]]


KEYS = {"Type": "Service", "Name": "shop", "Environment": "test"}


def test_data_of_entities_are_stored_like_others(http, cw, name):
    status, _, answer = send(http, {"Namespace": name, "EntityMetricData": [
        {"Entity": {"KeyAttributes": KEYS, "Attributes": {"a": "b"}}, "MetricData": [datum()]},
        {"Entity": {"KeyAttributes": KEYS}, "MetricData": [datum(Value=4)]}],
        "MetricData": [datum(Value=2)]})
    assert (status, answer.getheader("X-Amzn-Failure-Message")) == (200, None)
    assert statistic(cw, "m", space=name) == 7


@pytest.mark.parametrize("entity, failure", [
    (None, "InvalidEntity"),
    ({}, "MissingRequiredFields"),
    ({"KeyAttributes": {"Name": "x", "Environment": "y"}}, "MissingRequiredFields"),
    ({"KeyAttributes": {**KEYS, "Type": "Thing"}}, "InvalidTypeValue"),
    ({"KeyAttributes": {**KEYS, "x": "1", "y": "2"}}, "InvalidKeyAttributes"),
    ({"KeyAttributes": KEYS, "Attributes": {f"a{i}": "x" for i in range(11)}}, "InvalidAttributes"),
    ({"KeyAttributes": {**KEYS, "Name": "x" * 3000}}, "EntitySizeTooLarge"),
])
def test_a_bad_entity_is_named_and_refused_only_if_asked(http, cw, name, entity, failure):
    data = {"MetricData": [datum()], **({"Entity": entity} if entity is not None else {})}
    body = {"Namespace": name, "EntityMetricData": [data]}
    assert send(http, {**body, "StrictEntityValidation": True})[:2] == (
        400, f"The parameter EntityMetricData.member.1.Entity is invalid: {failure}")
    assert cw.list_metrics(Namespace=name)["Metrics"] == []
    status, _, answer = send(http, body)
    assert (status, answer.getheader("X-Amzn-Failure-Message")) == (200, failure)
    assert len(cw.list_metrics(Namespace=name)["Metrics"]) == 1


@pytest.mark.parametrize("body, text", [
    ({"EntityMetricData": [{"MetricData": [datum(), datum(Values=[1])]}]},
     "The parameters EntityMetricData.member.1.MetricData.member.2.Value and "
     "EntityMetricData.member.1.MetricData.member.2.Values are mutually exclusive and you have "
     "specified both."),
    ({"MetricData": [datum()] * 600, "EntityMetricData": [{"MetricData": [datum()] * 401}]},
     "The collection MetricData must not have a size greater than 1000."),
    ({"EntityMetricData": []}, "The parameter MetricData is required."),
    ({"MetricData": [{"MetricName": "m", "Values": [1], "Counts": [-1]}]},
     "The value -1 for parameter MetricData.member.1.Counts is invalid."),
    ({"MetricData": [datum(Value=1e300)]},
     "The value 1.0000000000000001e+300 for parameter MetricData.member.1.Value is invalid."),
    ({"MetricData": [datum(Value="-Infinity")]},
     "The value -Infinity for parameter MetricData.member.1.Value is invalid."),
    ({"MetricData": [{"MetricName": "m", "StatisticValues": {
        "SampleCount": 1, "Sum": "NaN", "Minimum": 0, "Maximum": 0}}]},
     "The value NaN for parameter MetricData.member.1.StatisticValues.Sum is invalid."),
    ({"MetricData": [{"MetricName": "m", "StatisticValues": {
        "SampleCount": 1, "Sum": 1, "Minimum": 0}}]},
     "The parameter MetricData.member.1.StatisticValues.Maximum is required."),
    ({"MetricData": [datum(Dimensions=[{"Name": "A", "Value": "\u00e9"}])]},
     "The value for parameter MetricData.member.1.Dimensions.member.1.Value contains non-ASCII "
     "characters."),
    ({"MetricData": [datum(Dimensions=[{"Name": ":A", "Value": "1"}])]},
     "The value :A for parameter MetricData.member.1.Dimensions.member.1.Name is invalid."),
    ({"MetricData": [datum(Dimensions=[{"Name": "A", "Value": "1"}, {"Name": "A", "Value": "2"}])]},
     "No metric may specify the same dimension name twice."),
    ({"MetricData": [datum(Dimensions=[{"Name": f"d{i}", "Value": "1"} for i in range(31)])]},
     "The collection MetricData.member.1.Dimensions must not have a size greater than 30."),
    ({"MetricData": [datum(StorageResolution=30)]},
     "The parameter MetricData.member.1.StorageResolution must be a value in the set [ 1, 60 ]."),
    ({"MetricData": [{"MetricName": "m", "StatisticValues": {
        "SampleCount": 0, "Sum": 0, "Minimum": 0, "Maximum": 0}}]},
     "The value 0 for parameter MetricData.member.1.StatisticValues.SampleCount is invalid."),
    ({"MetricData": [datum(Unit="Parsecs")]},
     "The parameter MetricData.member.1.Unit must be a value in the set [ Seconds, Microseconds, "
     "Milliseconds, Bytes, Kilobytes, Megabytes, Gigabytes, Terabytes, Bits, Kilobits, Megabits, "
     "Gigabits, Terabits, Percent, Count, Bytes/Second, Kilobytes/Second, Megabytes/Second, "
     "Gigabytes/Second, Terabytes/Second, Bits/Second, Kilobits/Second, Megabits/Second, "
     "Gigabits/Second, Terabits/Second, Count/Second, None ]."),
])
def test_what_is_refused_before_anything_is_stored(http, cw, name, body, text):
    assert send(http, {"Namespace": name, **body})[:2] == (400, text)
    assert cw.list_metrics(Namespace=name)["Metrics"] == []


def dimensions(**pairs):
    return {"Dimensions": [{"Name": name, "Value": value} for name, value in pairs.items()]}


@pytest.mark.parametrize("data, code, text", [
    # What an unset variable leaves: several clients have met it.
    ([datum(**dimensions(A="x", B="")), datum(), datum(**dimensions(A=" \t"))], "MissingParameter",
     "The parameter MetricData.member.1.Dimensions.member.2.Value is required.\n"
     "The parameter MetricData.member.3.Dimensions.member.1.Value is required."),
    ([{"MetricName": "m"}, datum(), {"MetricName": "m", "Values": []}],
     "InvalidParameterCombination",
     "At least one of the parameters must be specified.\n"
     "At least one of the parameters must be specified."),
    ([datum(**dimensions(A="\u00e9" * 1025, B="i-1\n")), datum(StorageResolution=5)],
     "InvalidParameterValue",
     "The value for parameter MetricData.member.1.Dimensions.member.1.Value contains non-ASCII "
     "characters.\n"
     "The parameter MetricData.member.1.Dimensions.member.1.Value must be shorter than 1025 "
     "characters.\n"
     "The value for parameter MetricData.member.1.Dimensions.member.2.Value contains non-ASCII "
     "characters.\n"
     "The parameter MetricData.member.2.StorageResolution must be a value in the set [ 1, 60 ]."),
    ([datum(MetricName=""), datum(**dimensions(**{"": "x"}))], "MissingParameter",
     "The parameter MetricData.member.1.MetricName is required.\n"
     "The parameter MetricData.member.2.Dimensions.member.1.Name is required."),
    ([datum(MetricName="x" * 256), datum(**dimensions(**{"y" * 256: "x"}))], "InvalidParameterValue",
     "The parameter MetricData.member.1.MetricName must be shorter than 256 characters.\n"
     "The parameter MetricData.member.2.Dimensions.member.1.Name must be shorter than 256 characters."),
    ([datum(Value=float("nan")), {"MetricName": "m"}, datum(**dimensions(A=""))],
     "MissingParameter", "The parameter MetricData.member.3.Dimensions.member.1.Value is required."),
])
def test_what_is_wrong_is_told_of_all_data(cw, name, data, code, text):
    assert error_of(cw.put_metric_data, Namespace=name, MetricData=data) == (400, code, text)
    assert cw.list_metrics(Namespace=name)["Metrics"] == []


def test_every_wrong_timestamp_is_told(frozen, name):
    old, early = NOW - 15 * DAY, NOW + datetime.timedelta(hours=3)
    data = [datum(Timestamp=old), datum(), datum(Timestamp=early), datum(Timestamp=old)]
    assert error_of(frozen.cw.put_metric_data, Namespace=name, MetricData=data) == (
        400, "InvalidParameterValue",
        "The parameter MetricData.member.1.Timestamp must specify a time within the past two weeks."
        "\nThe parameter MetricData.member.3.Timestamp must specify a time no more than two hours in "
        "the future."
        "\nThe parameter MetricData.member.4.Timestamp must specify a time within the past two "
        "weeks.")
    edges = [NOW - 14 * DAY, NOW + datetime.timedelta(hours=2)]
    frozen.cw.put_metric_data(Namespace=name, MetricData=[datum(Timestamp=t) for t in edges])


@pytest.mark.parametrize("protocol", ("json", "cbor", "query"))
def test_a_compressed_call_is_read_in_every_protocol(server, http, cw, name, protocol):
    body = {"Namespace": name, "MetricData": [datum(MetricName=f"m{i}") for i in range(200)]}
    if protocol == "query":
        pairs = ["Action=PutMetricData", "Version=2010-08-01", f"Namespace={name}"]
        for i in range(200):
            pairs += [f"MetricData.member.{i + 1}.MetricName=m{i}",
                      f"MetricData.member.{i + 1}.Value=1"]
        answer = http.send("POST", "/", gzip.compress("&".join(pairs).encode()), {
            "Content-Type": "application/x-www-form-urlencoded", "Content-Encoding": "GZIP"})
    elif protocol == "cbor":
        answer = http.cbor("PutMetricData", gzip.compress(cbor.encode(body)),
                           **{"Content-Encoding": "gzip"})
    else:
        answer = http.target("PutMetricData", gzip.compress(json.dumps(body).encode()),
                             **{"content-encoding": "gzip"})
    assert answer.status == 200, answer.body
    assert len(cw.list_metrics(Namespace=name)["Metrics"]) == 200


def test_a_call_of_more_than_a_megabyte_is_refused(http, name):
    body = json.dumps({"Namespace": name, "MetricData": [datum()], "Pad": "x" * (1 << 20)}).encode()
    assert http.target("PutMetricData", body).status == 413
    assert http.target("PutMetricData", gzip.compress(body), **{
        "Content-Encoding": "gzip"}).status == 413


def test_a_thousand_data_and_150_values_of_one_are_taken(frozen, name):
    frozen.cw.put_metric_data(Namespace=name, MetricData=999 * [datum()] + [
        {"MetricName": "m", "Values": list(range(150)), "Counts": 150 * [1]}])
    assert sums(frozen.cw, name) == [999 + 149 * 75]


@pytest.mark.parametrize("values, expected", [([1, 2], (2, 3)), ([], (9, 8))])
def test_of_values_and_a_set_of_them_the_values_count_if_there_are_any(frozen, name, values, expected):
    frozen.cw.put_metric_data(Namespace=name, MetricData=[{
        "MetricName": "m", "Values": values,
        "StatisticValues": {"SampleCount": 9, "Sum": 8, "Minimum": 0, "Maximum": 1}}])
    [point] = frozen.cw.get_metric_statistics(
        Namespace=name, MetricName="m", Period=60, Statistics=["SampleCount", "Sum"],
        StartTime=NOW, EndTime=NOW + datetime.timedelta(hours=1))["Datapoints"]
    assert (point["SampleCount"], point["Sum"]) == expected


def test_lists_know_what_was_active(frozen, name):
    frozen.cw.put_metric_data(Namespace=name, MetricData=[
        datum(MetricName="old", Timestamp=NOW - datetime.timedelta(hours=4)), datum()])

    def listed(**more):
        return [m["MetricName"] for m in frozen.cw.list_metrics(Namespace=name, **more)["Metrics"]]
    assert listed() == ["old", "m"]
    assert listed(RecentlyActive="PT3H") == ["m"]
    assert error_of(frozen.cw.list_metrics, RecentlyActive="PT4H")[2] == (
        "1 validation error detected: Value 'PT4H' at 'recentlyActive' failed to satisfy constraint: "
        "Member must satisfy enum value set: [PT3H]")
    frozen.advance("13d")
    assert listed() == ["old", "m"] and listed(RecentlyActive="PT3H") == []
    frozen.advance("23h")
    assert listed() == ["m"]
    frozen.advance("2h")
    assert listed() == []


def test_lists_of_other_accounts_are_empty(http, cw, name):
    cw.put_metric_data(Namespace=name, MetricData=[datum()])

    def listed(**more):
        return json.loads(http.target("ListMetrics", json.dumps({"Namespace": name, **more})).body)
    assert len(listed(OwningAccount="000000000000")["Metrics"]) == 1
    assert listed(OwningAccount="111111111111")["Metrics"] == []
    linked = listed(IncludeLinkedAccounts=True)
    assert linked["OwningAccounts"] == ["000000000000"] and len(linked["Metrics"]) == 1


def test_a_dimension_filter_may_name_a_value_or_not(cw, name):
    for function in ("a", "b"):
        cw.put_metric_data(Namespace=name, MetricData=[
            datum(Dimensions=[{"Name": "F", "Value": function}, {"Name": "R", "Value": "x"}])])
    cw.put_metric_data(Namespace=name, MetricData=[datum()])

    def count(*filters):
        return len(cw.list_metrics(Namespace=name, Dimensions=list(filters))["Metrics"])
    assert (count({"Name": "F"}), count({"Name": "F", "Value": "a"})) == (2, 1)
    assert count({"Name": "F"}, {"Name": "R", "Value": "x"}) == 2
    assert count({"Name": "F"}, {"Name": "R", "Value": "y"}) == 0
    assert error_of(cw.list_metrics, Dimensions=[{"Name": f"d{i}"} for i in range(11)])[1] == (
        "ValidationError")


def test_data_is_kept_as_long_as_on_aws(frozen, name):
    frozen.cw.put_metric_data(Namespace=name, MetricData=[
        datum(Value=2 ** m, StorageResolution=1, Timestamp=NOW + datetime.timedelta(minutes=m))
        for m in range(10)])

    def found():
        return {period: sums(frozen.cw, name, period, 0, 60) for period in (10, 60, 300, 3600)
                if sums(frozen.cw, name, period, 0, 60)}
    ones = [2.0 ** m for m in range(10)]
    assert found() == {10: ones, 60: ones, 300: [31, 992], 3600: [1023]}
    frozen.advance("4h")
    assert found() == {60: ones, 300: [31, 992], 3600: [1023]}
    frozen.advance("14d")
    assert found() == {60: ones, 300: [31, 992], 3600: [1023]}
    frozen.advance("1d")
    assert found() == {300: [31, 992], 3600: [1023]}
    frozen.advance("47d")
    assert found() == {300: [31, 992], 3600: [1023]}
    frozen.advance("1d")
    assert found() == {3600: [1023]}
    frozen.advance("391d")
    assert found() == {3600: [1023]}
    frozen.advance("2d")
    assert found() == {}


def test_what_is_kept_goes_by_the_start_that_was_asked_for(frozen, name):
    """Not by the one that it is rounded down to."""
    frozen.cw.put_metric_data(Namespace=name, MetricData=[
        datum(StorageResolution=1, Timestamp=NOW), datum(Timestamp=NOW + DAY / 1440)])
    frozen.advance(f"{3 * 3600 + 3}s")
    assert sums(frozen.cw, name, 10, 4 / 60, 60) == [1]
    assert sums(frozen.cw, name, 10, 2 / 60, 60) == []
    frozen.advance("14d")
    frozen.advance(f"{24 * 3600 + 30 - (3 * 3600 + 3)}s")
    assert sums(frozen.cw, name, 60, 0.75, 60) == [1, 1]
    assert sums(frozen.cw, name, 60, 0.25, 60) == []
