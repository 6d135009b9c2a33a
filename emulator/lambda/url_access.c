#include "lambda/url_access.h"

#include <ctype.h>
#include <strings.h>

#include "lambda/policy.h"
#include "pattern.h"
#include "url.h"

#define SCOPE "([^/, ]+)/\\d{8}/([a-z0-9-]+)/lambda/aws4_request"

static const char signed_header[] =
    "AWS4-HMAC-SHA256 +Credential=" SCOPE ", *SignedHeaders=[^, ]+, *Signature=[0-9a-f]{64}";
static const char signed_scope[] = SCOPE;

enum { GROUP_KEY, GROUP_REGION, GROUPS };

/* The decoded value of a query parameter in the arena; "" if it is not there. */
static const char *query_value(struct text query, const char *name, struct arena *arena)
{
    const char *value = url_parameter_decoded(query, name, true, arena);
    return value ? value : "";
}

static bool is_presigned(struct text query, struct arena *arena)
{
    return strcmp(query_value(query, "X-Amz-Algorithm", arena), "AWS4-HMAC-SHA256") == 0 &&
           *query_value(query, "X-Amz-Date", arena) &&
           *query_value(query, "X-Amz-SignedHeaders", arena) &&
           pattern_matches("[0-9a-f]{64}", text_from(query_value(query, "X-Amz-Signature", arena)));
}

const char *url_access_key(const struct url_signature *signature, const char *region,
                           struct arena *arena)
{
    struct text groups[GROUPS];
    bool is_signed = false;
    if (signature->authorization)
        is_signed =
            signature->date &&
            pattern_capture(signed_header, text_from(signature->authorization), groups, GROUPS);
    else if (is_presigned(signature->query, arena))
        is_signed = pattern_capture(
            signed_scope, text_from(query_value(signature->query, "X-Amz-Credential", arena)),
            groups, GROUPS);
    return is_signed && text_equal(groups[GROUP_REGION], region)
               ? arena_copy(arena, groups[GROUP_KEY])
               : NULL;
}

/* What is looked for in a statement. */
struct wanted {
    const char *action;
    const char *account; /* NULL: an unsigned caller */
    const char *auth_type;
};

/* True if the text itself, or one text of a list, matches. */
static bool any_text(const cJSON *value,
                     bool (*matches)(const char *text, const struct wanted *wanted),
                     const struct wanted *wanted)
{
    const cJSON *item;
    if (cJSON_IsString(value))
        return matches(value->valuestring, wanted);
    cJSON_ArrayForEach(item, value)
    {
        if (cJSON_IsString(item) && matches(item->valuestring, wanted))
            return true;
    }
    return false;
}

/* "lambda:Invoke*": a star is any text, a question mark any character. After a mismatch the last
 * star takes one character more. */
static bool is_action(const char *text, const struct wanted *wanted)
{
    const char *action = wanted->action;
    const char *behind_star = NULL;
    const char *taken = NULL;
    while (*action) {
        if (*text == '*') {
            behind_star = ++text;
            taken = action;
        } else if (*text == '?' ||
                   tolower((unsigned char)*text) == tolower((unsigned char)*action)) {
            text++;
            action++;
        } else if (behind_star) {
            text = behind_star;
            action = ++taken;
        } else {
            return false;
        }
    }
    return text[strspn(text, "*")] == '\0';
}

/* "*", an account's number, or an ARN of it. */
static bool is_principal(const char *text, const struct wanted *wanted)
{
    struct text rest = text_from(text);
    if (strcmp(text, "*") == 0 || !wanted->account)
        return strcmp(text, "*") == 0;
    for (int i = 0; i < 4; i++) /* arn:aws:iam:: */
        text_cut(&rest, ':');
    return strcmp(text, wanted->account) == 0 ||
           (text_starts_with(text_from(text), "arn:") &&
            text_equal(text_cut(&rest, ':'), wanted->account));
}

static bool is_auth_type(const char *text, const struct wanted *wanted)
{
    return strcmp(text, wanted->auth_type) == 0;
}

static bool says_true(const cJSON *value)
{
    return cJSON_IsTrue(value) ||
           (cJSON_IsString(value) && strcasecmp(value->valuestring, "true") == 0);
}

enum verdict { FAILS, HOLDS, UNKNOWN };

/* Only what is about function URLs can be told. */
static enum verdict judge(const char *test, const cJSON *entry, const struct wanted *wanted)
{
    bool is_type = strcasecmp(entry->string, "lambda:FunctionUrlAuthType") == 0;
    bool is_via = strcasecmp(entry->string, "lambda:InvokedViaFunctionUrl") == 0;
    if (is_type && strcmp(test, "StringEquals") == 0)
        return any_text(entry, is_auth_type, wanted) ? HOLDS : FAILS;
    if (is_type && strcmp(test, "StringNotEquals") == 0)
        return any_text(entry, is_auth_type, wanted) ? FAILS : HOLDS;
    if (is_via && strcmp(test, "Bool") == 0)
        return says_true(entry) ? HOLDS : FAILS;
    return UNKNOWN;
}

/* What cannot be told lets nobody in: it keeps a statement from allowing, not from denying. */
static bool holds(const cJSON *condition, bool is_denial, const struct wanted *wanted)
{
    const cJSON *test;
    const cJSON *entry;
    cJSON_ArrayForEach(test, condition)
    {
        cJSON_ArrayForEach(entry, test)
        {
            enum verdict verdict = judge(test->string, entry, wanted);
            if (verdict == FAILS || (verdict == UNKNOWN && !is_denial))
                return false;
        }
    }
    return true;
}

/* Whether a statement of this effect, "Allow" or "Deny", applies. */
static bool says(const cJSON *statements, const char *effect, const struct wanted *wanted)
{
    bool is_denial = strcmp(effect, "Deny") == 0;
    const cJSON *statement;
    cJSON_ArrayForEach(statement, statements)
    {
        const cJSON *principal = json_get(statement, "Principal");
        const cJSON *named = cJSON_IsObject(principal) ? json_get(principal, "AWS") : principal;
        if (strcmp(json_text(statement, "Effect", ""), effect) == 0 &&
            any_text(json_get(statement, "Action"), is_action, wanted) &&
            any_text(named, is_principal, wanted) &&
            holds(json_get(statement, "Condition"), is_denial, wanted))
            return true;
    }
    return false;
}

/* The two permissions that a call takes. */
static const char *const actions[] = { "lambda:InvokeFunctionUrl", "lambda:InvokeFunction" };

bool url_policy_denies(const cJSON *statements, const char *account, const char *auth_type)
{
    for (size_t i = 0; i < COUNT_OF(actions); i++) {
        struct wanted wanted = { actions[i], account, auth_type };
        if (says(statements, "Deny", &wanted))
            return true;
    }
    return false;
}

bool url_policy_allows(const cJSON *statements, const char *account, const char *auth_type)
{
    for (size_t i = 0; i < COUNT_OF(actions); i++) {
        struct wanted wanted = { actions[i], account, auth_type };
        if (!says(statements, "Allow", &wanted))
            return false;
    }
    return !url_policy_denies(statements, account, auth_type);
}

bool url_access_allows(struct store *store, const struct function_url *url, const char *account,
                       const char *auth_type)
{
    struct arena scratch = { 0 };
    CLEANUP(policy_clear) struct policy policy = { 0 };
    const char *qualifier = *url->qualifier ? url->qualifier : NULL;
    struct policy_key key = policy_key_of_function(&url->key, qualifier, &scratch);
    bool is_own = account && strcmp(account, url->key.account) == 0;
    bool has_policy = policy_find(store, &key, &scratch, &policy);
    bool is_allowed = is_own
                          ? !url_policy_denies(policy.statements, account, auth_type)
                          : has_policy && url_policy_allows(policy.statements, account, auth_type);
    arena_clear(&scratch);
    return is_allowed;
}
