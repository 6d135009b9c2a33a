// The same for Lambda (REST-JSON). The package is made by the caller: COALMINE_ZIP.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import {
  CreateAliasCommand, CreateFunctionCommand, DeleteResourcePolicyCommand, GetAliasCommand,
  GetResourcePolicyCommand, InvokeCommand, LambdaClient, PublishVersionCommand,
  PutResourcePolicyCommand, UpdateAliasCommand, UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2, waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";

const client = new LambdaClient({
  endpoint: process.env.COALMINE_URL, region: "us-east-1", maxAttempts: 1,
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
});
const FunctionName = "js-function";

test("a canary by hand", async () => {
  await client.send(new CreateFunctionCommand({
    FunctionName, Role: "arn:aws:iam::000000000000:role/r", Runtime: "nodejs22.x",
    Handler: "index.handler", Code: { ZipFile: readFileSync(process.env.COALMINE_ZIP) }, Timeout: 60,
  }));
  await waitUntilFunctionActiveV2({ client, maxWaitTime: 120 }, { FunctionName });
  await client.send(new PublishVersionCommand({ FunctionName }));
  await client.send(new UpdateFunctionConfigurationCommand({ FunctionName, Description: "two" }));
  await waitUntilFunctionUpdatedV2({ client, maxWaitTime: 120 }, { FunctionName });
  const two = await client.send(new PublishVersionCommand({ FunctionName }));
  assert.equal(two.Version, "2");
  const alias = await client.send(new CreateAliasCommand({
    FunctionName, Name: "live", FunctionVersion: "1",
    RoutingConfig: { AdditionalVersionWeights: { 2: 0.5 } },
  }));
  assert.deepEqual(alias.RoutingConfig, { AdditionalVersionWeights: { 2: 0.5 } });
  const seen = new Set();
  for (let i = 0; i < 60; i++) { // one side stays unseen in 1 of 2^59 runs
    const answer = await client.send(new InvokeCommand({ FunctionName, Qualifier: "live" }));
    seen.add(answer.ExecutedVersion);
  }
  assert.deepEqual([...seen].sort(), ["1", "2"]);
  await client.send(new UpdateAliasCommand({
    FunctionName, Name: "live", FunctionVersion: "2", RoutingConfig: {} }));
  const answer = await client.send(new InvokeCommand({
    FunctionName, Qualifier: "live", LogType: "Tail", Payload: JSON.stringify({ a: 1 }) }));
  assert.equal(answer.ExecutedVersion, "2");
  assert.deepEqual(JSON.parse(Buffer.from(answer.Payload).toString()), { a: 1 });
  assert.match(Buffer.from(answer.LogResult, "base64").toString(), /^START RequestId: .*\n/);
});

test("a missing alias has AWS's error", async () => {
  await assert.rejects(client.send(new GetAliasCommand({ FunctionName, Name: "none" })),
                       (error) => {
    assert.equal(error.name, "ResourceNotFoundException");
    assert.equal(error.$metadata.httpStatusCode, 404);
    return true;
  });
});

test("a policy is put, read and deleted as a whole", async () => {
  const ResourceArn = `arn:aws:lambda:us-east-1:000000000000:function:${FunctionName}:live`;
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [{
    Sid: "s", Effect: "Allow", Principal: { Service: "sns.amazonaws.com" },
    Action: "lambda:InvokeFunction", Resource: ResourceArn }] });
  const put = await client.send(new PutResourcePolicyCommand({ ResourceArn, Policy }));
  assert.equal(put.Policy, Policy);
  const shown = await client.send(new GetResourcePolicyCommand({ ResourceArn }));
  assert.deepEqual([shown.Policy, shown.RevisionId], [Policy, put.RevisionId]);
  await assert.rejects(
    client.send(new DeleteResourcePolicyCommand({ ResourceArn, RevisionId: "x" })),
    { name: "PreconditionFailedException" });
  await client.send(new DeleteResourcePolicyCommand({ ResourceArn, RevisionId: put.RevisionId }));
  await assert.rejects(client.send(new GetResourcePolicyCommand({ ResourceArn })),
                       { name: "ResourceNotFoundException" });
});
