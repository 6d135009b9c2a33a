/*
 * Every table of every service. Rows belong to an account and a region; times are service time
 * in milliseconds since 1970.
 */
#include "store/schema.h"

#include <stddef.h>

static const char version_1[] =
    /* Odds and ends that belong to the database as a whole (the key that signs links). */
    "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"

    /* A function; what it runs is in its versions. last_version is the highest number ever
     * published: numbers are never used again. */
    "CREATE TABLE lambda_function ("
    "  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,"
    "  last_version INTEGER NOT NULL DEFAULT 0,"
    "  tags TEXT NOT NULL DEFAULT '{}'," /* JSON object */
    "  PRIMARY KEY (account, region, name)) WITHOUT ROWID;"

    /* What runs: number 0 is $LATEST. `configuration` is a JSON object of the members of
     * FunctionConfiguration that the user chose (Runtime, Role, Handler, Description, Timeout,
     * MemorySize, Environment, ...), defaults filled in. code_sha256 is base64, as AWS shows it;
     * code_id names the download. */
    "CREATE TABLE lambda_version ("
    "  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,"
    "  number INTEGER NOT NULL,"
    "  configuration TEXT NOT NULL,"
    "  code_sha256 TEXT NOT NULL, code_size INTEGER NOT NULL, code_id TEXT NOT NULL,"
    "  revision_id TEXT NOT NULL, modified_ms INTEGER NOT NULL,"
    "  generation INTEGER NOT NULL," /* grows with each change of $LATEST; part of the pool's key */
    "  PRIMARY KEY (account, region, name, number),"
    "  FOREIGN KEY (account, region, name) REFERENCES lambda_function ON DELETE CASCADE"
    ") WITHOUT ROWID;"
    "CREATE INDEX lambda_version_code ON lambda_version (code_sha256);"

    /* version is a number, 0 for $LATEST; routed_version is NULL without weights. */
    "CREATE TABLE lambda_alias ("
    "  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, alias TEXT NOT NULL,"
    "  version INTEGER NOT NULL, routed_version INTEGER, weight REAL,"
    "  description TEXT NOT NULL, revision_id TEXT NOT NULL,"
    "  PRIMARY KEY (account, region, name, alias),"
    "  FOREIGN KEY (account, region, name) REFERENCES lambda_function ON DELETE CASCADE"
    ") WITHOUT ROWID;"

    /* IAM is global: no region. */
    "CREATE TABLE iam_role ("
    "  account TEXT NOT NULL, name TEXT NOT NULL, path TEXT NOT NULL, role_id TEXT NOT NULL,"
    "  created_ms INTEGER NOT NULL, trust_policy TEXT NOT NULL, description TEXT,"
    "  max_session_s INTEGER NOT NULL, tags TEXT NOT NULL DEFAULT '[]',"
    "  PRIMARY KEY (account, name)) WITHOUT ROWID;"
    "CREATE TABLE iam_attached_policy ("
    "  account TEXT NOT NULL, role TEXT NOT NULL, policy_arn TEXT NOT NULL,"
    "  PRIMARY KEY (account, role, policy_arn),"
    "  FOREIGN KEY (account, role) REFERENCES iam_role ON DELETE CASCADE) WITHOUT ROWID;";

static const char version_2[] =
    /* reserved_concurrency is NULL without a reservation. */
    "ALTER TABLE lambda_function ADD COLUMN reserved_concurrency INTEGER;"
    "ALTER TABLE lambda_function ADD COLUMN recursive_loop TEXT NOT NULL DEFAULT 'Terminate';"
    "ALTER TABLE lambda_function ADD COLUMN code_signing_config_arn TEXT;"

    /* Until settles_ms a version is Pending ($LATEST after its first time: InProgress) and shows
     * settling_revision_id. Number -1 is what $LATEST was before the update that is InProgress:
     * that runs meanwhile. */
    "ALTER TABLE lambda_version ADD COLUMN settles_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE lambda_version ADD COLUMN settling_revision_id TEXT;"

    /* A resource-based policy. `resource` is the ARN's end: "function:f", "function:f:live",
     * "layer:l:3"; `statements` a JSON array in order of addition, or, a JSON object, the whole
     * document of a caller. */
    "CREATE TABLE lambda_policy ("
    "  account TEXT NOT NULL, region TEXT NOT NULL, resource TEXT NOT NULL,"
    "  statements TEXT NOT NULL, revision_id TEXT NOT NULL,"
    "  PRIMARY KEY (account, region, resource)) WITHOUT ROWID;"

    /* `qualifier` is "$LATEST", a number or an alias; `configuration` a JSON object of the
     * members that the user chose: MaximumRetryAttempts, MaximumEventAgeInSeconds,
     * DestinationConfig. */
    "CREATE TABLE lambda_event_invoke_config ("
    "  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, qualifier TEXT NOT NULL,"
    "  configuration TEXT NOT NULL, modified_ms INTEGER NOT NULL,"
    "  PRIMARY KEY (account, region, name, qualifier),"
    "  FOREIGN KEY (account, region, name) REFERENCES lambda_function ON DELETE CASCADE"
    ") WITHOUT ROWID;"

    "CREATE TABLE lambda_provisioned_concurrency ("
    "  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, qualifier TEXT NOT NULL,"
    "  requested INTEGER NOT NULL, modified_ms INTEGER NOT NULL,"
    "  PRIMARY KEY (account, region, name, qualifier),"
    "  FOREIGN KEY (account, region, name) REFERENCES lambda_function ON DELETE CASCADE"
    ") WITHOUT ROWID;"

    "CREATE TABLE lambda_runtime_management ("
    "  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, qualifier TEXT NOT NULL,"
    "  update_on TEXT NOT NULL, runtime_version_arn TEXT,"
    "  PRIMARY KEY (account, region, name, qualifier),"
    "  FOREIGN KEY (account, region, name) REFERENCES lambda_function ON DELETE CASCADE"
    ") WITHOUT ROWID;"

    /* `qualifier` is empty or an alias; `configuration` a JSON object of AuthType, Cors,
     * InvokeMode as given. */
    "CREATE TABLE lambda_function_url ("
    "  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, qualifier TEXT NOT NULL,"
    "  url_id TEXT NOT NULL UNIQUE, configuration TEXT NOT NULL,"
    "  created_ms INTEGER NOT NULL, modified_ms INTEGER NOT NULL,"
    "  PRIMARY KEY (account, region, name, qualifier),"
    "  FOREIGN KEY (account, region, name) REFERENCES lambda_function ON DELETE CASCADE"
    ") WITHOUT ROWID;"

    /* Like versions of functions: numbers are never used again, so a layer outlives its versions.
     * `configuration` is a JSON object of Description, CompatibleRuntimes,
     * CompatibleArchitectures, LicenseInfo as given. */
    "CREATE TABLE lambda_layer ("
    "  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,"
    "  last_version INTEGER NOT NULL DEFAULT 0,"
    "  PRIMARY KEY (account, region, name)) WITHOUT ROWID;"
    "CREATE TABLE lambda_layer_version ("
    "  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, number INTEGER NOT NULL,"
    "  configuration TEXT NOT NULL,"
    "  code_sha256 TEXT NOT NULL, code_size INTEGER NOT NULL, code_id TEXT NOT NULL,"
    "  created_ms INTEGER NOT NULL,"
    "  PRIMARY KEY (account, region, name, number)) WITHOUT ROWID;"
    "CREATE INDEX lambda_layer_version_code ON lambda_layer_version (code_sha256);"

    /* `configuration` is a JSON object of Description, AllowedPublishers, CodeSigningPolicies. */
    "CREATE TABLE lambda_code_signing_config ("
    "  account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL,"
    "  configuration TEXT NOT NULL, modified_ms INTEGER NOT NULL,"
    "  PRIMARY KEY (account, region, id)) WITHOUT ROWID;"

    /* Asynchronous invocations that have not come to their end. `place` is the order of coming;
     * `qualifier` NULL: invoked without one; `attempts` that failed, `throttles` that were put
     * off. */
    "CREATE TABLE lambda_event ("
    "  place INTEGER PRIMARY KEY,"
    "  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, qualifier TEXT,"
    "  request_id TEXT NOT NULL, trace_id TEXT, payload BLOB NOT NULL,"
    "  queued_ms INTEGER NOT NULL, due_ms INTEGER NOT NULL,"
    "  attempts INTEGER NOT NULL DEFAULT 0, throttles INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX lambda_event_due ON lambda_event (due_ms, place);"

    /* What went, or would have gone, to destinations and dead-letter queues; `kind` is OnSuccess,
     * OnFailure or DeadLetter. */
    "CREATE TABLE lambda_delivery ("
    "  place INTEGER PRIMARY KEY,"
    "  account TEXT NOT NULL, region TEXT NOT NULL, time_ms INTEGER NOT NULL,"
    "  kind TEXT NOT NULL, function_arn TEXT NOT NULL, destination TEXT NOT NULL,"
    "  status TEXT NOT NULL, record TEXT NOT NULL);";

static const char version_3[] =
    "ALTER TABLE lambda_code_signing_config ADD COLUMN tags TEXT NOT NULL DEFAULT '{}';"

    /* A function's layers joined are code too (LayersSha256 of its configuration). */
    "CREATE INDEX lambda_version_layers ON lambda_version "
    "(json_extract(configuration, '$.LayersSha256'));"

    /* Metric and composite alarms. `configuration` is a JSON object of the members that
     * PutMetricAlarm or PutCompositeAlarm was given; state is of enum alarm_state; `withheld` a
     * JSON object about actions that wait for a suppressor or the end of a mute rule. */
    "CREATE TABLE cloudwatch_alarm ("
    "  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,"
    "  is_composite INTEGER NOT NULL, configuration TEXT NOT NULL,"
    "  tags TEXT NOT NULL DEFAULT '{}', configured_ms INTEGER NOT NULL,"
    "  state INTEGER NOT NULL, reason TEXT NOT NULL, reason_data TEXT,"
    "  updated_ms INTEGER NOT NULL, transitioned_ms INTEGER NOT NULL, withheld TEXT,"
    "  PRIMARY KEY (account, region, name)) WITHOUT ROWID;"

    /* `place` is the order of happening; kept for 30 days, longer than the alarm itself. */
    "CREATE TABLE cloudwatch_alarm_history ("
    "  place INTEGER PRIMARY KEY,"
    "  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,"
    "  is_composite INTEGER NOT NULL, time_ms INTEGER NOT NULL,"
    "  kind TEXT NOT NULL, summary TEXT NOT NULL, data TEXT NOT NULL);"
    "CREATE INDEX cloudwatch_alarm_history_time ON cloudwatch_alarm_history (time_ms);"
    "CREATE INDEX cloudwatch_alarm_history_name ON cloudwatch_alarm_history "
    "  (account, region, name, place);"

    /* `configuration` is a JSON object of PutAlarmMuteRule's members. */
    "CREATE TABLE cloudwatch_mute_rule ("
    "  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,"
    "  configuration TEXT NOT NULL, tags TEXT NOT NULL DEFAULT '{}',"
    "  updated_ms INTEGER NOT NULL,"
    "  PRIMARY KEY (account, region, name)) WITHOUT ROWID;"

    /* What alarms' actions did, or would have done; `message` is the JSON that the target got. */
    "CREATE TABLE cloudwatch_notification ("
    "  place INTEGER PRIMARY KEY,"
    "  account TEXT NOT NULL, region TEXT NOT NULL, time_ms INTEGER NOT NULL,"
    "  alarm TEXT NOT NULL, state TEXT NOT NULL, action TEXT NOT NULL,"
    "  status TEXT NOT NULL, subject TEXT, message TEXT NOT NULL);"

    /* CloudWatch Logs. Ids are random and never used again: events, which are elsewhere
     * (store/telemetry.h), are known by them. retention_days is 0 for ever. */
    "CREATE TABLE logs_group ("
    "  id INTEGER PRIMARY KEY,"
    "  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,"
    "  created_ms INTEGER NOT NULL, retention_days INTEGER NOT NULL,"
    "  kms_key_id TEXT, class TEXT NOT NULL, is_protected INTEGER NOT NULL,"
    "  tags TEXT NOT NULL," /* JSON object */
    "  UNIQUE (account, region, name));"
    "CREATE TABLE logs_stream ("
    "  id INTEGER PRIMARY KEY,"
    "  group_id INTEGER NOT NULL REFERENCES logs_group ON DELETE CASCADE,"
    "  name TEXT NOT NULL, created_ms INTEGER NOT NULL,"
    "  UNIQUE (group_id, name));"

    /* `configuration` is a JSON object of what the API shows but for names and time. */
    "CREATE TABLE logs_metric_filter ("
    "  group_id INTEGER NOT NULL REFERENCES logs_group ON DELETE CASCADE,"
    "  name TEXT NOT NULL, configuration TEXT NOT NULL, created_ms INTEGER NOT NULL,"
    "  PRIMARY KEY (group_id, name)) WITHOUT ROWID;"
    "CREATE TABLE logs_subscription_filter ("
    "  group_id INTEGER NOT NULL REFERENCES logs_group ON DELETE CASCADE,"
    "  name TEXT NOT NULL, configuration TEXT NOT NULL, created_ms INTEGER NOT NULL,"
    "  PRIMARY KEY (group_id, name)) WITHOUT ROWID;"

    /* Dashboards are global to the account: no region. `body` is the JSON as it was given. */
    "CREATE TABLE cloudwatch_dashboard ("
    "  account TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,"
    "  modified_ms INTEGER NOT NULL, tags TEXT NOT NULL DEFAULT '[]',"
    "  PRIMARY KEY (account, name)) WITHOUT ROWID;"

    /* The few that are looked for among all functions of an account, or all versions. An index
     * WHERE a column = constant would have SQLite prepare each "column = ?" anew at every call. */
    "CREATE INDEX lambda_function_reserved ON lambda_function "
    "(account, region, reserved_concurrency) WHERE reserved_concurrency IS NOT NULL;"
    "CREATE INDEX lambda_version_settling ON lambda_version (settles_ms) WHERE settles_ms > 0;";

static const char version_4[] =
    /* A policy that is part of a role; `document` is JSON as it was given. */
    "CREATE TABLE iam_inline_policy ("
    "  account TEXT NOT NULL, role TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL,"
    "  PRIMARY KEY (account, role, name),"
    "  FOREIGN KEY (account, role) REFERENCES iam_role ON DELETE CASCADE) WITHOUT ROWID;"

    /* A customer's policy that stands by itself. Numbers of versions are never used again. */
    "CREATE TABLE iam_policy ("
    "  account TEXT NOT NULL, name TEXT NOT NULL, path TEXT NOT NULL, policy_id TEXT NOT NULL,"
    "  description TEXT, default_version INTEGER NOT NULL, last_version INTEGER NOT NULL,"
    "  created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL, tags TEXT NOT NULL DEFAULT '[]',"
    "  PRIMARY KEY (account, name)) WITHOUT ROWID;"
    "CREATE TABLE iam_policy_version ("
    "  account TEXT NOT NULL, policy TEXT NOT NULL, number INTEGER NOT NULL,"
    "  document TEXT NOT NULL, created_ms INTEGER NOT NULL,"
    "  PRIMARY KEY (account, policy, number),"
    "  FOREIGN KEY (account, policy) REFERENCES iam_policy ON DELETE CASCADE) WITHOUT ROWID;";

static const char version_5[] =
    /* A saved query. `configuration` is a JSON object of what PutQueryDefinition was given but for
     * id, name and client_token, which is NULL where the caller gave none. */
    "CREATE TABLE logs_query_definition ("
    "  account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL,"
    "  configuration TEXT NOT NULL, client_token TEXT, modified_ms INTEGER NOT NULL,"
    "  PRIMARY KEY (account, region, id)) WITHOUT ROWID;"

    /* Policies of an account, and the one that a group may have; `document` is JSON as it is
     * shown. */
    "CREATE TABLE logs_account_policy ("
    "  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,"
    "  document TEXT NOT NULL, updated_ms INTEGER NOT NULL,"
    "  PRIMARY KEY (account, region, name)) WITHOUT ROWID;"
    "CREATE TABLE logs_group_policy ("
    "  group_id INTEGER PRIMARY KEY REFERENCES logs_group ON DELETE CASCADE,"
    "  document TEXT NOT NULL, updated_ms INTEGER NOT NULL, revision_id TEXT NOT NULL);";

static const char version_6[] =
    /* A policy's ARN; NULL: none. */
    "ALTER TABLE iam_role ADD COLUMN permissions_boundary TEXT;"
    "CREATE INDEX iam_role_boundary ON iam_role (account, permissions_boundary)"
    "  WHERE permissions_boundary IS NOT NULL;";

const char *const schema_migrations[SCHEMA_VERSION] = { version_1, version_2, version_3,
                                                        version_4, version_5, version_6 };

const struct schema_table schema_tables[] = {
    { "logs_query_definition", 5 },
    { "logs_account_policy", 5 },
    { "logs_group_policy", 5 },
    { "logs_subscription_filter", 3 },
    { "logs_metric_filter", 3 },
    { "logs_stream", 3 },
    { "logs_group", 3 },
    { "cloudwatch_dashboard", 3 },
    { "iam_attached_policy", 1 },
    { "iam_inline_policy", 4 },
    { "iam_policy_version", 4 },
    { "iam_policy", 4 },
    { "iam_role", 1 },
    { "lambda_policy", 2 },
    { "lambda_event_invoke_config", 2 },
    { "lambda_provisioned_concurrency", 2 },
    { "lambda_runtime_management", 2 },
    { "lambda_function_url", 2 },
    { "lambda_layer_version", 2 },
    { "lambda_layer", 2 },
    { "lambda_code_signing_config", 2 },
    { "lambda_event", 2 },
    { "lambda_delivery", 2 },
    { "lambda_alias", 1 },
    { "lambda_version", 1 },
    { "lambda_function", 1 },
    { "cloudwatch_alarm", 3 },
    { "cloudwatch_alarm_history", 3 },
    { "cloudwatch_mute_rule", 3 },
    { "cloudwatch_notification", 3 },
    { NULL, 0 },
};

bool schema_find_missing(sqlite3 *database, int version, const char **missing_out)
{
    *missing_out = NULL;
    for (const struct schema_table *table = schema_tables; table->name; table++) {
        int result = table->since > version
                         ? SQLITE_OK
                         : sqlite3_table_column_metadata(database, NULL, table->name, NULL, NULL,
                                                         NULL, NULL, NULL, NULL);
        if (result == SQLITE_OK)
            continue;
        *missing_out = table->name;
        return result == SQLITE_ERROR; /* what SQLite says if there is no such table */
    }
    return true;
}
