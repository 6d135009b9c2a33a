#include "iam/permissions_policy.h"

#include <string.h>

#include "iam/faults.h"
#include "iam/policy_document.h"
#include "pattern.h"

static bool refuse(struct error *error, const char *sentence)
{
    return error_set(error, &IAM_MALFORMED_POLICY_DOCUMENT, "%s", sentence);
}

static bool refuse_syntax(struct error *error)
{
    return refuse(error, "Syntax errors in policy.");
}

/* One string or a list of strings. */
static bool is_strings(const cJSON *member)
{
    const cJSON *item;
    if (!cJSON_IsArray(member))
        return cJSON_IsString(member);
    cJSON_ArrayForEach(item, member)
    {
        if (!cJSON_IsString(item))
            return false;
    }
    return true;
}

static bool has_only(const cJSON *object, const char *const names[])
{
    const cJSON *member;
    cJSON_ArrayForEach(member, object)
    {
        if (!string_is_one_of(member->string, names))
            return false;
    }
    return true;
}

/* What each operator compares is an object; what it may say is not known here. */
static bool is_condition(const cJSON *condition)
{
    const cJSON *compared;
    cJSON_ArrayForEach(compared, condition)
    {
        if (!cJSON_IsObject(compared))
            return false;
    }
    return !condition || cJSON_IsObject(condition);
}

static bool has_both(const cJSON *statement, const char *name, const char *negated)
{
    return json_get(statement, name) && json_get(statement, negated);
}

static bool is_well_formed(const cJSON *statement)
{
    static const char *const names[] = { "Sid",       "Effect",    "Principal", "NotPrincipal",
                                         "Action",    "NotAction", "Resource",  "NotResource",
                                         "Condition", NULL };
    static const char *const lists[] = { "Action", "NotAction", "Resource", "NotResource" };
    static const char *const effects[] = { "Allow", "Deny", NULL };
    if (!cJSON_IsObject(statement) || !has_only(statement, names) ||
        !string_is_one_of(json_text(statement, "Effect", ""), effects) ||
        has_both(statement, "Action", "NotAction") ||
        has_both(statement, "Resource", "NotResource"))
        return false;
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        const cJSON *member = json_get(statement, lists[i]);
        if (member && !is_strings(member))
            return false;
    }
    const cJSON *name = json_get(statement, "Sid");
    return (!name || cJSON_IsString(name)) && is_condition(json_get(statement, "Condition"));
}

static bool is_action(const char *action)
{
    return strcmp(action, "*") == 0 || pattern_matches("[A-Za-z0-9-]+:.+", text_from(action));
}

static bool check_action(const char *action, struct error *error)
{
    return is_action(action) ||
           refuse(error,
                  "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
}

static bool check_resource(const char *resource, struct error *error)
{
    return pattern_matches("\\*|arn:[^:]+:[^:]*:[^:]*:[^:]*:.+", text_from(resource)) ||
           error_set(error, &IAM_MALFORMED_POLICY_DOCUMENT,
                     "Resource %s must be in ARN format or \"*\".", resource);
}

static bool has(const cJSON *statement, const char *name, const char *negated)
{
    const cJSON *member = json_get(statement, name);
    if (!member)
        member = json_get(statement, negated);
    return member && (!cJSON_IsArray(member) || member->child);
}

static bool check_statement(const cJSON *statement, struct error *error)
{
    if (!is_well_formed(statement))
        return refuse_syntax(error);
    if (has(statement, "Principal", "NotPrincipal"))
        return refuse(error, "Policy document should not specify a principal.");
    if (!has(statement, "Action", "NotAction"))
        return refuse(error, "Policy statement must contain actions.");
    if (!has(statement, "Resource", "NotResource"))
        return refuse(error, "Policy statement must contain resources.");
    if (!pattern_matches("[0-9A-Za-z]*", text_from(json_text(statement, "Sid", ""))))
        return refuse(error, "Statement IDs (SID) must be alpha-numeric. Check that your input "
                             "satisfies the regular expression [0-9A-Za-z]*");
    return policy_document_each_string(json_get(statement, "Action"), check_action, error) &&
           policy_document_each_string(json_get(statement, "NotAction"), check_action, error) &&
           policy_document_each_string(json_get(statement, "Resource"), check_resource, error) &&
           policy_document_each_string(json_get(statement, "NotResource"), check_resource, error);
}

/* Statements without a name are no duplicates of one another. */
static bool check_names(const cJSON *statements, struct error *error)
{
    const cJSON *statement;
    const cJSON *other;
    cJSON_ArrayForEach(statement, statements)
    {
        const char *name = json_text(statement, "Sid", "");
        for (other = statement->next; *name && other; other = other->next) {
            if (strcmp(json_text(other, "Sid", ""), name) == 0)
                return refuse(error, "Statement IDs (SID) in a single policy must be unique.");
        }
    }
    return true;
}

static bool check_statements(const cJSON *document, struct error *error)
{
    static const char *const names[] = { "Version", "Id", "Statement", NULL };
    static const char *const versions[] = { "2008-10-17", "2012-10-17", NULL };
    const cJSON *statements = json_get(document, "Statement");
    bool is_list = cJSON_IsArray(statements);
    if (!has_only(document, names) || (is_list && !statements->child) ||
        (json_get(document, "Version") &&
         !string_is_one_of(json_text(document, "Version", ""), versions)))
        return refuse_syntax(error);
    return policy_document_each_statement(document, check_statement, error) &&
           (!is_list || check_names(statements, error));
}

bool permissions_policy_check(const char *policy, struct error *error)
{
    CLEANUP(json_deletep) cJSON *document = policy_document_parse(policy, error);
    return document && check_statements(document, error);
}

bool managed_policy_check(const char *policy, struct error *error)
{
    CLEANUP(json_deletep) cJSON *document = policy_document_parse(policy, error);
    if (!document || !check_statements(document, error))
        return false;
    return strcmp(json_text(document, "Version", ""), "2012-10-17") == 0 ||
           refuse(error, "Policy document must be version 2012-10-17 or greater.");
}

size_t permissions_policy_size(const char *policy)
{
    size_t size = 0;
    for (; *policy; policy++)
        size += !strchr(" \t\r\n", *policy);
    return size;
}
