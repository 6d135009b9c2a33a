// AWS SDK for JavaScript v3 against the server at COALMINE_URL: awsJson, and CBOR by its class.
import assert from "node:assert/strict";
import { test } from "node:test";

import * as sdk from "@aws-sdk/client-cloudwatch";
import {
  CloudWatchClient, GetMetricDataCommand, GetMetricStatisticsCommand, ListMetricsCommand,
  PutMetricDataCommand, DescribeAlarmsCommand, PutMetricAlarmCommand, SetAlarmStateCommand,
  ListMetricStreamsCommand,
} from "@aws-sdk/client-cloudwatch";
import { AwsSmithyRpcV2CborProtocol } from "@aws-sdk/core/protocols";

const common = {
  endpoint: process.env.COALMINE_URL, region: "us-east-1", maxAttempts: 1,
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
};
const clients = {
  awsJson: new CloudWatchClient(common),
  cbor: new CloudWatchClient({
    ...common,
    // With CBOR this SDK announces the length of the body before compression, so no server can
    // read a compressed one to its end.
    disableRequestCompression: true,
    protocol: new AwsSmithyRpcV2CborProtocol({
      defaultNamespace: "com.amazonaws.cloudwatch",
      xmlNamespace: "http://monitoring.amazonaws.com/doc/2010-08-01/",
      version: "2010-08-01", serviceTarget: "GraniteServiceVersion20100801",
      awsQueryCompatible: true,
    }),
  }),
};

for (const [protocol, client] of Object.entries(clients)) {
  const space = `js-${protocol}`;
  const range = () => ({
    StartTime: new Date(Date.now() - 300000), EndTime: new Date(Date.now() + 60000),
  });

  test(`${protocol}: data goes in and comes back`, async () => {
    await client.send(new PutMetricDataCommand({
      Namespace: space,
      MetricData: [
        { MetricName: "mé", Value: 5, Unit: "Count", Dimensions: [{ Name: "A", Value: "e" }] },
        { MetricName: "mé", Value: 2.5, Unit: "Count", Dimensions: [{ Name: "A", Value: "e" }],
          Timestamp: new Date() },
      ],
    }));
    const listed = await client.send(new ListMetricsCommand({ Namespace: space }));
    assert.deepEqual(listed.Metrics, [
      { Namespace: space, MetricName: "mé", Dimensions: [{ Name: "A", Value: "e" }] }]);
    const got = await client.send(new GetMetricStatisticsCommand({
      ...range(), Namespace: space, MetricName: "mé", Period: 3600,
      Dimensions: [{ Name: "A", Value: "e" }], Statistics: ["Sum", "SampleCount", "Maximum"],
    }));
    assert.equal(got.Label, "mé");
    assert.equal(got.Datapoints.reduce((sum, point) => sum + point.Sum, 0), 7.5);
    assert.ok(got.Datapoints[0].Timestamp instanceof Date);
    assert.equal(got.Datapoints[0].Unit, "Count");
  });

  test(`${protocol}: a large request (compressed with awsJson)`, async () => {
    const MetricData = Array.from({ length: 500 }, (_, i) => (
      { MetricName: "large", Value: i, Dimensions: [{ Name: "N", Value: `${i % 7}` }] }));
    await client.send(new PutMetricDataCommand({ Namespace: space, MetricData }));
    const data = await client.send(new GetMetricDataCommand({
      ...range(), ScanBy: "TimestampAscending",
      MetricDataQueries: [{ Id: "q", MetricStat: {
        Metric: { Namespace: space, MetricName: "large", Dimensions: [{ Name: "N", Value: "3" }] },
        Period: 3600, Stat: "SampleCount" } },
      { Id: "double", Expression: "q * 2", Label: "${SUM}" }],
    }));
    const [result, double] = data.MetricDataResults;
    assert.deepEqual(double.Values, result.Values.map((value) => value * 2));
    assert.equal(double.Label, "142");
    assert.equal(result.StatusCode, "Complete");
    assert.equal(result.Values.reduce((sum, value) => sum + value, 0), 71);
    assert.ok(result.Timestamps[0] instanceof Date);
  });

  test(`${protocol}: errors have their names`, async () => {
    await assert.rejects(client.send(new GetMetricStatisticsCommand({
      Namespace: space, MetricName: "m", Period: 60, Statistics: ["Sum"],
      StartTime: new Date(2000), EndTime: new Date(1000),
    })), (error) => {
      assert.equal(error.name, "InvalidParameterValueException");
      assert.equal(error.message,
                   "The parameter StartTime must be less than the parameter EndTime.");
      assert.equal(error.$metadata.httpStatusCode, 400);
      return true;
    });
    await assert.rejects(client.send(new ListMetricStreamsCommand({})),
                         (error) => /ListMetricStreams/.test(error.message));
  });

  test(`${protocol}: an alarm comes back as it was put`, async () => {
    const AlarmName = `alarm-${protocol}`;
    await client.send(new PutMetricAlarmCommand({
      AlarmName, Namespace: "js", MetricName: "m", Statistic: "Sum", Period: 60, Threshold: 0.5,
      EvaluationPeriods: 1, ComparisonOperator: "GreaterThanThreshold", ActionsEnabled: false,
      Dimensions: [{ Name: "F", Value: "f" }],
    }));
    await client.send(new SetAlarmStateCommand({
      AlarmName, StateValue: "ALARM", StateReason: "by hand", StateReasonData: "{}" }));
    const { MetricAlarms: [alarm] } =
      await client.send(new DescribeAlarmsCommand({ AlarmNames: [AlarmName] }));
    assert.deepEqual([alarm.Threshold, alarm.ActionsEnabled, alarm.Dimensions, alarm.StateReason],
                     [0.5, false, [{ Name: "F", Value: "f" }], "by hand"]);
    assert.ok(alarm.StateUpdatedTimestamp instanceof Date);
    await assert.rejects(client.send(new SetAlarmStateCommand({
      AlarmName: "no", StateValue: "OK", StateReason: "" })), { name: "ResourceNotFound" });
  });
}

test("all operations of the SDK are known, also those that are not emulated", async () => {
  const commands = Object.entries(sdk).filter(([name]) => /^[A-Z].*Command$/.test(name));
  assert.ok(commands.length > 50);
  for (const [name, Command] of commands) {
    const error = await clients.awsJson.send(new Command({})).catch((refusal) => refusal);
    assert.notEqual(error.name, "UnknownOperationException", name);
  }
});
