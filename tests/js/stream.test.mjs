// InvokeWithResponseStream: pieces arrive while the function still runs. It connects to this test
// after its first piece, and goes on when the test closes that connection.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { test } from "node:test";

import {
  CreateFunctionCommand, InvokeWithResponseStreamCommand, LambdaClient,
} from "@aws-sdk/client-lambda";

const client = new LambdaClient({
  endpoint: process.env.COALMINE_URL, region: "us-east-1", maxAttempts: 1,
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
});
const FunctionName = "js-stream";

async function invoke(event) {
  const answer = await client.send(new InvokeWithResponseStreamCommand({
    FunctionName, Payload: JSON.stringify(event), LogType: "Tail" }));
  return { ...answer, events: answer.EventStream[Symbol.asyncIterator]() };
}

test("a streamed answer arrives while the handler runs", async () => {
  await client.send(new CreateFunctionCommand({
    FunctionName, Role: "arn:aws:iam::000000000000:role/r", Runtime: "nodejs22.x",
    Handler: "index.handler", Code: { ZipFile: readFileSync(process.env.COALMINE_STREAM_ZIP) }, Timeout: 60,
  }));
  const gate = createServer().listen(0, "127.0.0.1");
  await once(gate, "listening");
  const inside = once(gate, "connection");
  const { events, ...answer } = await invoke({ port: gate.address().port });
  assert.equal(answer.StatusCode, 200);
  assert.equal(answer.ExecutedVersion, "$LATEST");
  const first = await events.next();
  assert.equal(Buffer.from(first.value.PayloadChunk.Payload).toString(), "first");
  const [connection] = await inside;
  connection.end();
  const second = await events.next();
  assert.equal(Buffer.from(second.value.PayloadChunk.Payload).toString(), "second");
  const last = await events.next();
  assert.equal(last.value.InvokeComplete.ErrorCode, undefined);
  assert.match(Buffer.from(last.value.InvokeComplete.LogResult, "base64").toString(), /^START /);
  assert.equal((await events.next()).done, true);
  gate.close();
});

test("an error in the middle is told at the end", async () => {
  const { events } = await invoke({ fail: "no more" });
  assert.equal(Buffer.from((await events.next()).value.PayloadChunk.Payload).toString(), "first");
  const { InvokeComplete } = (await events.next()).value;
  assert.equal(InvokeComplete.ErrorCode, "Error");
  assert.equal(JSON.parse(InvokeComplete.ErrorDetails).errorMessage, "no more");
});
