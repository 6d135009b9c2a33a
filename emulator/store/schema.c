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

const char *const schema_migrations[SCHEMA_VERSION] = { version_1 };

const char *const schema_tables[] = {
    "iam_attached_policy", "iam_role", "lambda_alias", "lambda_version", "lambda_function", NULL,
};
