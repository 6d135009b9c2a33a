#include "logs/resource_policy_document.h"

#include "json.h"
#include "logs/faults.h"
#include "pattern.h"

static const char default_version[] = "2008-10-17";

/* One string or the strings of a list. */
static bool are_principals_of_aws(const cJSON *value)
{
    const cJSON *item;
    if (cJSON_IsString(value))
        return pattern_matches("\\*|\\d{12}|arn:.+|A[A-Z0-9]{15,}", text_from(value->valuestring));
    cJSON_ArrayForEach(item, value)
    {
        if (!cJSON_IsString(item) || !are_principals_of_aws(item))
            return false;
    }
    return cJSON_IsArray(value);
}

static bool is_principal(const cJSON *principal)
{
    const cJSON *of_aws = json_get(principal, "AWS");
    if (!cJSON_IsObject(principal))
        return cJSON_IsString(principal) && strcmp(principal->valuestring, "*") == 0;
    return !of_aws || are_principals_of_aws(of_aws);
}

static bool is_statement(const cJSON *statement)
{
    const char *effect = json_text(statement, "Effect", "");
    const cJSON *principal = json_get(statement, "Principal");
    return (strcmp(effect, "Allow") == 0 || strcmp(effect, "Deny") == 0) &&
           (principal ? is_principal(principal) : json_get(statement, "NotPrincipal") != NULL) &&
           (json_get(statement, "Action") || json_get(statement, "NotAction"));
}

static bool are_statements(const cJSON *statements)
{
    const cJSON *statement;
    if (!cJSON_IsArray(statements))
        return is_statement(statements);
    cJSON_ArrayForEach(statement, statements)
    {
        if (!is_statement(statement))
            return false;
    }
    return statements->child != NULL;
}

static bool is_policy(const cJSON *document)
{
    const char *version = json_text(document, "Version", default_version);
    return (strcmp(version, default_version) == 0 || strcmp(version, "2012-10-17") == 0) &&
           are_statements(json_get(document, "Statement"));
}

static cJSON *unwrapped(const cJSON *value)
{
    bool is_list_of_one = cJSON_IsArray(value) && cJSON_GetArraySize(value) == 1;
    return cJSON_Duplicate(is_list_of_one ? value->child : value, true);
}

static cJSON *normalize_principal(const cJSON *principal)
{
    const cJSON *member;
    if (!cJSON_IsObject(principal))
        return cJSON_Duplicate(principal, true);
    cJSON *normal = cJSON_CreateObject();
    cJSON_ArrayForEach(member, principal) json_set(normal, member->string, unwrapped(member));
    return normal;
}

static cJSON *normalize_statement(const cJSON *statement)
{
    static const char *const names[] = { "Sid",          "Effect",      "Principal",
                                         "NotPrincipal", "Action",      "NotAction",
                                         "Resource",     "NotResource", "Condition" };
    cJSON *normal = cJSON_CreateObject();
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const cJSON *member = json_get(statement, names[i]);
        if (member)
            json_set(normal, names[i],
                     strcmp(names[i], "Principal") == 0 ? normalize_principal(member)
                                                        : cJSON_Duplicate(member, true));
    }
    return normal;
}

static char *print_normal(const cJSON *document)
{
    CLEANUP(json_deletep) cJSON *normal = cJSON_CreateObject();
    const cJSON *statements = json_get(document, "Statement");
    const cJSON *statement;
    json_set_text(normal, "Version", json_text(document, "Version", default_version));
    json_set_text(normal, "Id", json_text(document, "Id", NULL));
    cJSON *list = json_set_array(normal, "Statement");
    if (cJSON_IsObject(statements))
        cJSON_AddItemToArray(list, normalize_statement(statements));
    else
        cJSON_ArrayForEach(statement, statements)
            cJSON_AddItemToArray(list, normalize_statement(statement));
    return json_print(normal);
}

char *resource_policy_document_normalize(const char *document, struct error *error)
{
    CLEANUP(json_deletep) cJSON *tree = json_parse(text_from(document));
    if (is_policy(tree))
        return print_normal(tree);
    error_set(error, &LOGS_INVALID_PARAMETER, "Could not convert to persistable policy.");
    return NULL;
}
