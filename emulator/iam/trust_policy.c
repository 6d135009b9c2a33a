#include "iam/trust_policy.h"

#include <string.h>
#include <strings.h>

#include "iam/faults.h"
#include "iam/policy_document.h"
#include "pattern.h"

static bool check_action(const char *action, struct error *error)
{
    static const char *const actions[] = {
        "sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML",
        "sts:TagSession", "sts:SetSourceIdentity",         "sts:SetContext",
    };
    for (size_t i = 0; i < COUNT_OF(actions); i++) {
        if (strcasecmp(action, actions[i]) == 0)
            return true;
    }
    return error_set(error, &IAM_MALFORMED_POLICY_DOCUMENT,
                     "AssumeRole policy may only specify STS AssumeRole actions.");
}

/* Which services there are is not known here, only what their names end with. */
static bool check_service(const char *service, struct error *error)
{
    return pattern_matches("[^*]+\\.(amazonaws\\.com(\\.cn)?|amazon\\.com|aws|aws\\.internal)",
                           text_from(service)) ||
           error_set(error, &IAM_MALFORMED_POLICY_DOCUMENT,
                     "Invalid principal in policy: \"SERVICE\":\"%s\"", service);
}

/* Everyone, an account, or one user or role: a part of a name cannot be left open. */
static bool check_aws(const char *principal, struct error *error)
{
    bool is_account = pattern_matches("[0-9-]+", text_from(principal));
    size_t digits = 0;
    for (const char *at = principal; is_account && *at; at++)
        digits += *at != '-';
    bool is_open = strchr(principal, '*') && strcmp(principal, "*") != 0;
    return !(is_open || strchr(principal, ' ') || (is_account && digits != 12)) ||
           error_set(error, &IAM_MALFORMED_POLICY_DOCUMENT,
                     "Invalid principal in policy: \"AWS\":\"%s\"", principal);
}

static bool check_statement(const cJSON *statement, struct error *error)
{
    const cJSON *principal = json_get(statement, "Principal");
    if (json_get(statement, "Resource"))
        return error_set(error, &IAM_MALFORMED_POLICY_DOCUMENT, "Has prohibited field Resource");
    if (cJSON_IsString(principal) && strcmp(principal->valuestring, "*") == 0)
        return error_set(error, &IAM_MALFORMED_POLICY_DOCUMENT,
                         "AssumeRolepolicy contained an invalid principal: \"STAR\":\"*\"");
    return policy_document_each_string(json_get(statement, "Action"), check_action, error) &&
           policy_document_each_string(json_get(principal, "Service"), check_service, error) &&
           policy_document_each_string(json_get(principal, "AWS"), check_aws, error);
}

bool trust_policy_check(const char *policy, struct error *error)
{
    CLEANUP(json_deletep) cJSON *document = policy_document_parse(policy, error);
    return document && policy_document_each_statement(document, check_statement, error);
}
