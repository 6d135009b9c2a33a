"""Two metrics stay two, whatever bytes their dimensions hold."""
import botocore.exceptions


def put(cw, dimensions):
    cw.put_metric_data(Namespace="identity", MetricData=[{
        "MetricName": "m", "Value": 1,
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions]}])


def test_a_control_character_does_not_make_one_metric_of_two(cw):
    put(cw, [("A", "1"), ("B", "2")])
    try:
        put(cw, [("A", "1\x1fB\x1f2")])
    except botocore.exceptions.ClientError as error:  # CloudWatch allows no control characters
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
        return
    assert len(cw.list_metrics(Namespace="identity")["Metrics"]) == 2
