/*
 * The plan that `canary init` writes: it works as it is, and its comments show what else there is.
 */
#include "buffer.h"
#include "json.h"
#include "plan/plan.h"
#include "xalloc.h"

static const char starter[] =
    "// A plan for `canary deploy --plan canary.json`. `canary validate` checks it, `canary plan`\n"
    "// tells what it would do, `canary schema` prints its JSON Schema for editors.\n"
    "{\n"
    "    \"function\": %s,\n"
    "    \"alias\": %s,\n"
    "\n"
    "    // A zip file or a folder to upload first, from this file's folder. Without it, $LATEST "
    "is\n"
    "    // published as it is; with \"version\": \"7\", that published version is deployed.\n"
    "    // \"package\": \"dist/\",\n"
    "\n"
    "    // How traffic moves. Also: any name that CodeDeploy has, such as\n"
    "    // \"LambdaCanary10Percent5Minutes\"; {\"linear\": {\"weight\": \"10%%\", \"every\": "
    "\"1m\"}};\n"
    "    // {\"steps\": [{\"weight\": \"5%%\", \"for\": \"2m\"}, {\"approve\": true}, {\"weight\": "
    "\"50%%\"},\n"
    "    //            {\"pause\": \"5m\"}, {\"analysis\": {\"for\": \"10m\", \"checks\": "
    "[...]}},\n"
    "    //            {\"hook\": {\"command\": \"./smoke-test.sh\"}}]}.\n"
    "    \"strategy\": {\"canary\": {\"weight\": \"10%%\", \"for\": \"5m\"}},\n"
    "\n"
    "    // canary's own requests, or {\"live\": {}}: the users', as CloudWatch counts them.\n"
    "    \"traffic\": {\"generate\": {\"rate\": \"10/s\", \"payload\": {}}},\n"
    "\n"
    "    // What decides.\n"
    "    \"checks\": [\n"
    "        {\"kind\": \"errors\", \"maxRate\": \"1%%\", \"minRequests\": 10},\n"
    "        {\"kind\": \"invocation-errors\", \"maxRate\": \"1%%\"},\n"
    "        {\"kind\": \"errors-compared\"},\n"
    "        {\"kind\": \"split\", \"alpha\": 0.000001}\n"
    "    ],\n"
    "\n"
    "    // CloudWatch alarms that end the deployment when they fire.\n"
    "    // \"alarms\": [\"errors-of-the-service\"],\n"
    "\n"
    "    // A hook is a command, a Lambda function or a URL; one that fails rolls back.\n"
    "    // \"hooks\": {\"before\": [{\"command\": \"./ready.sh\"}], \"after\": [{\"lambda\": "
    "\"smoke\"}]},\n"
    "\n"
    "    \"onFailure\": \"rollback\",     // or \"pause\"\n"
    "    \"onInconclusive\": \"rollback\" // or \"pause\", \"extend\", \"promote\"\n"
    "\n"
    "    // , \"notify\": [{\"command\": \"cat >> deployments.log\"}, {\"http\": "
    "\"https://...\"}]\n"
    "}\n";

char *plan_starter(const char *function, const char *alias)
{
    CLEANUP(buffer_clear) struct buffer quoted_function = { 0 };
    CLEANUP(buffer_clear) struct buffer quoted_alias = { 0 };
    json_print_string(&quoted_function, function);
    json_print_string(&quoted_alias, alias);
    char *text = xformat(starter, quoted_function.data, quoted_alias.data);
    text_mend_utf8(text);
    return text;
}
