"""All of the model's operations, and those that Coalmine refuses (lambda-api.md section 28.1)."""
import json
import re

import pytest

FUNCTIONS = "/2015-03-31/functions"
FUNCTION = FUNCTIONS + "/no-such"
SIGNING = ("/2020-04-22/code-signing-configs/arn:aws:lambda:us-east-1:000000000000:"
           "code-signing-config:csc-0123456789abcdef0")
LAYERS = "/2018-10-31/layers"
LAYER = LAYERS + "/no-such/versions"
TAGS = "/2017-03-31/tags/arn:aws:lambda:us-east-1:000000000000:function:no-such"
PROVISIONED = "/2019-09-30/functions/no-such/provisioned-concurrency"
EVENTS = "/2019-09-25/functions/no-such/event-invoke-config"
URL = "/2021-10-31/functions/no-such/url"
MAPPINGS = "/2015-03-31/event-source-mappings"
MAPPING = MAPPINGS + "/a1b2c3d4-5678-90ab-cdef-1234567890ab"
PROVIDERS = "/2025-11-30/capacity-providers"
SCALING = "/2025-11-30/functions/no-such/function-scaling-config"
DURABLE = "/2025-12-01/durable-executions/arn%3Aaws%3Alambda%3Aus-east-1%3A1%2Fx%2Fy"
POLICY = "/2026-07-09/resource-policy/arn:aws:lambda:us-east-1:000000000000:function:no-such"
CALLBACK = "/2025-12-01/durable-execution-callbacks/Ab3%2B"

DONE = {
    "AddLayerVersionPermission": f"POST {LAYER}/1/policy",
    "AddPermission": f"POST {FUNCTION}/policy",
    "CreateAlias": f"POST {FUNCTION}/aliases",
    "CreateCodeSigningConfig": "POST /2020-04-22/code-signing-configs",
    "CreateFunction": f"POST {FUNCTIONS}",
    "CreateFunctionUrlConfig": f"POST {URL}",
    "DeleteAlias": f"DELETE {FUNCTION}/aliases/live",
    "DeleteCodeSigningConfig": f"DELETE {SIGNING}",
    "DeleteEventSourceMapping": f"DELETE {MAPPING}",
    "DeleteFunction": f"DELETE {FUNCTION}",
    "DeleteFunctionCodeSigningConfig":
        "DELETE /2020-06-30/functions/no-such/code-signing-config",
    "DeleteFunctionConcurrency": "DELETE /2017-10-31/functions/no-such/concurrency",
    "DeleteFunctionEventInvokeConfig": f"DELETE {EVENTS}",
    "DeleteFunctionUrlConfig": f"DELETE {URL}",
    "DeleteLayerVersion": f"DELETE {LAYER}/1",
    "DeleteProvisionedConcurrencyConfig": f"DELETE {PROVISIONED}?Qualifier=1",
    "DeleteResourcePolicy": f"DELETE {POLICY}",
    "GetAccountSettings": "GET /2016-08-19/account-settings",
    "GetAlias": f"GET {FUNCTION}/aliases/live",
    "GetCodeSigningConfig": f"GET {SIGNING}",
    "GetEventSourceMapping": f"GET {MAPPING}",
    "GetFunction": f"GET {FUNCTION}",
    "GetFunctionCodeSigningConfig": "GET /2020-06-30/functions/no-such/code-signing-config",
    "GetFunctionConcurrency": "GET /2019-09-30/functions/no-such/concurrency",
    "GetFunctionConfiguration": f"GET {FUNCTION}/configuration",
    "GetFunctionEventInvokeConfig": f"GET {EVENTS}",
    "GetFunctionRecursionConfig": "GET /2024-08-31/functions/no-such/recursion-config",
    "GetFunctionUrlConfig": f"GET {URL}",
    "GetLayerVersion": f"GET {LAYER}/1",
    "GetLayerVersionByArn": f"GET {LAYERS}?find=LayerVersion&Arn=x",
    "GetLayerVersionPolicy": f"GET {LAYER}/1/policy",
    "GetPolicy": f"GET {FUNCTION}/policy",
    "GetProvisionedConcurrencyConfig": f"GET {PROVISIONED}?Qualifier=1",
    "GetResourcePolicy": f"GET {POLICY}",
    "GetRuntimeManagementConfig": "GET /2021-07-20/functions/no-such/runtime-management-config",
    "Invoke": f"POST {FUNCTION}/invocations",
    "InvokeAsync": "POST /2014-11-13/functions/no-such/invoke-async/",
    "InvokeWithResponseStream":
        "POST /2021-11-15/functions/no-such/response-streaming-invocations",
    "ListAliases": f"GET {FUNCTION}/aliases",
    "ListCodeSigningConfigs": "GET /2020-04-22/code-signing-configs",
    "ListEventSourceMappings": f"GET {MAPPINGS}?EventSourceArn=q",
    "ListFunctionEventInvokeConfigs": f"GET {EVENTS}/list",
    "ListFunctionUrlConfigs": f"GET {URL}s",
    "ListFunctions": f"GET {FUNCTIONS}",
    "ListFunctionsByCodeSigningConfig": f"GET {SIGNING}/functions",
    "ListLayerVersions": f"GET {LAYER}",
    "ListLayers": f"GET {LAYERS}",
    "ListProvisionedConcurrencyConfigs": f"GET {PROVISIONED}?List=ALL",
    "ListTags": f"GET {TAGS}",
    "ListVersionsByFunction": f"GET {FUNCTION}/versions",
    "PublishLayerVersion": f"POST {LAYER}",
    "PublishVersion": f"POST {FUNCTION}/versions",
    "PutFunctionCodeSigningConfig": "PUT /2020-06-30/functions/no-such/code-signing-config",
    "PutFunctionConcurrency": "PUT /2017-10-31/functions/no-such/concurrency",
    "PutFunctionEventInvokeConfig": f"PUT {EVENTS}",
    "PutFunctionRecursionConfig": "PUT /2024-08-31/functions/no-such/recursion-config",
    "PutProvisionedConcurrencyConfig": f"PUT {PROVISIONED}?Qualifier=1",
    "PutResourcePolicy": f"PUT {POLICY}",
    "PutRuntimeManagementConfig": "PUT /2021-07-20/functions/no-such/runtime-management-config",
    "RemoveLayerVersionPermission": f"DELETE {LAYER}/1/policy/s",
    "RemovePermission": f"DELETE {FUNCTION}/policy/s",
    "TagResource": f"POST {TAGS}",
    "UntagResource": f"DELETE {TAGS}?tagKeys=a",
    "UpdateAlias": f"PUT {FUNCTION}/aliases/live",
    "UpdateCodeSigningConfig": f"PUT {SIGNING}",
    "UpdateFunctionCode": f"PUT {FUNCTION}/code",
    "UpdateFunctionConfiguration": f"PUT {FUNCTION}/configuration",
    "UpdateFunctionEventInvokeConfig": f"POST {EVENTS}",
    "UpdateFunctionUrlConfig": f"PUT {URL}",
}
REFUSED = {
    "CreateEventSourceMapping": f"POST {MAPPINGS}",
    "UpdateEventSourceMapping": f"PUT {MAPPING}",
    "CreateCapacityProvider": f"POST {PROVIDERS}",
    "ListCapacityProviders": f"GET {PROVIDERS}?State=Active",
    "GetCapacityProvider": f"GET {PROVIDERS}/p",
    "UpdateCapacityProvider": f"PUT {PROVIDERS}/p",
    "DeleteCapacityProvider": f"DELETE {PROVIDERS}/p",
    "ListFunctionVersionsByCapacityProvider": f"GET {PROVIDERS}/p/function-versions",
    "PutFunctionScalingConfig": f"PUT {SCALING}",
    "GetFunctionScalingConfig": f"GET {SCALING}",
    "ListDurableExecutionsByFunction": "GET /2025-12-01/functions/no-such/durable-executions",
    "GetDurableExecution": f"GET {DURABLE}",
    "GetDurableExecutionHistory": f"GET {DURABLE}/history",
    "GetDurableExecutionState": f"GET {DURABLE}/state",
    "CheckpointDurableExecution": f"POST {DURABLE}/checkpoint",
    "StopDurableExecution": f"POST {DURABLE}/stop",
    "SendDurableExecutionCallbackSuccess": f"POST {CALLBACK}/succeed",
    "SendDurableExecutionCallbackFailure": f"POST {CALLBACK}/fail",
    "SendDurableExecutionCallbackHeartbeat": f"POST {CALLBACK}/heartbeat",
}


def test_the_model_has_88_operations():
    assert len(DONE | REFUSED) == 88


@pytest.mark.parametrize("name", REFUSED)
def test_an_operation_that_is_refused_says_its_name(http, name):
    method, path = REFUSED[name].split()
    answer = http.send(method, path, b"{}")
    assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (501, "NotImplemented")
    text = json.loads(answer.body)["message"]
    assert re.search(rf"\b{name}\b", text), text


@pytest.mark.parametrize("name", DONE)
def test_an_operation_of_the_model_is_emulated(http, name):
    method, path = DONE[name].split()
    answer = http.send(method, path, b"{}")
    assert answer.status not in (500, 501), answer.body
    assert answer.headers["x-amzn-ErrorType"] != "UnknownOperationException"
