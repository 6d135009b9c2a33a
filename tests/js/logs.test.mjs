// CloudWatch Logs with the AWS SDK for JavaScript v3: events, a query of Logs Insights, Live Tail.
import assert from "node:assert/strict";
import { test } from "node:test";

import * as sdk from "@aws-sdk/client-cloudwatch-logs";
import {
  CloudWatchLogsClient, CreateLogGroupCommand, CreateLogStreamCommand, FilterLogEventsCommand,
  GetQueryResultsCommand, MalformedQueryException, PutLogEventsCommand, StartLiveTailCommand,
  StartQueryCommand,
} from "@aws-sdk/client-cloudwatch-logs";

const client = new CloudWatchLogsClient({
  endpoint: process.env.COALMINE_URL, region: "us-east-1", maxAttempts: 1,
  credentials: { accessKeyId: "test", secretAccessKey: "test" }, disableHostPrefix: true,
});
const logStreamName = "s";

async function makeGroup(logGroupName) {
  await client.send(new CreateLogGroupCommand({ logGroupName }));
  await client.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
}

async function put(logGroupName, ...messages) {
  await client.send(new PutLogEventsCommand({
    logGroupName, logStreamName,
    logEvents: messages.map((message) => ({ timestamp: Date.now(), message })),
  }));
}

const range = () => {
  const now = Math.floor(Date.now() / 1000);
  return { startTime: now - 60, endTime: now + 60 };
};

test("logs: events go in and those that match a JSON pattern come back", async () => {
  await makeGroup("js-events");
  await put("js-events", '{"level":"error","ü":"€"}', '{"level":"info"}', "plain");
  const { events } = await client.send(new FilterLogEventsCommand({
    logGroupName: "js-events", filterPattern: '{ $.level = "error" }' }));
  assert.deepEqual(events.map((event) => event.message), ['{"level":"error","ü":"€"}']);
  assert.equal(events[0].logStreamName, logStreamName);
});

async function finish(queryId) {
  for (;;) {
    const answer = await client.send(new GetQueryResultsCommand({ queryId }));
    if (answer.status !== "Scheduled" && answer.status !== "Running")
      return answer;
  }
}

test("logs: a query of Logs Insights is polled to its end", async () => {
  await makeGroup("js-query");
  await put("js-query", '{"took":10}', '{"took":30}', "plain");
  const { queryId } = await client.send(new StartQueryCommand({
    ...range(), logGroupName: "js-query", queryString: "stats count(*) as n, avg(took) as a" }));
  const answer = await finish(queryId);
  assert.equal(answer.status, "Complete");
  assert.deepEqual(answer.results,
    [[{ field: "n", value: "3" }, { field: "a", value: "20" }]]);
  assert.deepEqual(answer.statistics, {
    recordsMatched: 3, recordsScanned: 3, estimatedRecordsSkipped: 0, bytesScanned: 27,
    estimatedBytesSkipped: 0, logGroupsScanned: 1 });
});

test("logs: a malformed query says where", async () => {
  await makeGroup("js-malformed");
  await assert.rejects(
    client.send(new StartQueryCommand({
      ...range(), logGroupName: "js-malformed", queryString: "fields a | oops" })),
    (error) => error instanceof MalformedQueryException
      && error.queryCompileError.location.startCharOffset === 11
      && error.message.startsWith("unexpected symbol found oops at line 1 and position 11"));
});

test("logs: a live tail tells what comes", async () => {
  await makeGroup("js-tail");
  const { responseStream } = await client.send(new StartLiveTailCommand({
    logGroupIdentifiers: ["arn:aws:logs:us-east-1:000000000000:log-group:js-tail"],
    logEventFilterPattern: "{ $.level = error }" }));
  for await (const event of responseStream) {
    if (event.sessionStart) {
      assert.equal(event.sessionStart.logEventFilterPattern, "{ $.level = error }");
      await put("js-tail", '{"level":"info"}', '{"level":"error"}');
    } else if (event.sessionUpdate.sessionResults.length) {
      assert.deepEqual(event.sessionUpdate.sessionResults.map((each) => each.message),
        ['{"level":"error"}']);
      assert.equal(event.sessionUpdate.sessionResults[0].logStreamName, logStreamName);
      break;
    }
  }
  client.destroy();
});

test("logs: all operations of the SDK are known, also those that are not emulated", async () => {
  const commands = Object.entries(sdk).filter(([name]) => /^[A-Z].*Command$/.test(name));
  assert.ok(commands.length > 100);
  for (const [name, Command] of commands) {
    const error = await client.send(new Command({})).catch((refusal) => refusal);
    assert.notEqual(error.name, "UnknownOperationException", name);
  }
});
