#include "iam/policy_document.h"

#include "iam/faults.h"

cJSON *policy_document_parse(const char *policy, struct error *error)
{
    cJSON *document = json_parse(text_from(policy));
    if (cJSON_IsObject(document))
        return document;
    cJSON_Delete(document);
    error_set(error, &IAM_MALFORMED_POLICY_DOCUMENT, "This policy contains invalid Json");
    return NULL;
}

bool policy_document_each_statement(const cJSON *document,
                                    bool (*check)(const cJSON *, struct error *),
                                    struct error *error)
{
    const cJSON *statements = json_get(document, "Statement");
    const cJSON *statement;
    if (!cJSON_IsArray(statements))
        return check(statements, error);
    cJSON_ArrayForEach(statement, statements)
    {
        if (!check(statement, error))
            return false;
    }
    return true;
}

bool policy_document_each_string(const cJSON *member, bool (*check)(const char *, struct error *),
                                 struct error *error)
{
    const cJSON *item;
    if (cJSON_IsString(member))
        return check(member->valuestring, error);
    cJSON_ArrayForEach(item, member)
    {
        if (cJSON_IsString(item) && !check(item->valuestring, error))
            return false;
    }
    return true;
}
