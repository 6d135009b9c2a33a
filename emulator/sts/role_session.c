#include "sts/role_session.h"

#include <string.h>

#include "arn.h"
#include "clock.h"
#include "iam/name.h"
#include "iam/role.h"

enum { FUNCTION_SESSION_MS = 12 * 3600 * 1000 };

/* Lambda takes "...:roleNAME" too. */
static const char *name_in(const char *role_arn)
{
    const char *slash = strrchr(role_arn, '/');
    return slash ? slash + 1 : strrchr(role_arn, ':') + 1;
}

bool assumed_role_read(struct store *store, const char *arn, struct arena *arena,
                       struct assumed_role *role_out)
{
    struct arn parts;
    struct role role;
    CLEANUP(error_clear) struct error unknown = { 0 };
    if (!arn_parse(text_from(arn), &parts))
        return false;
    *role_out = (struct assumed_role){ .partition = arena_copy(arena, parts.partition),
                                       .account = arena_copy(arena, parts.account),
                                       .name = name_in(arn) };
    if (role_get(store, role_out->account, role_out->name, arena, &role, &unknown)) {
        role_out->id = role.role_id;
        role_out->max_session_s = role.max_session_s;
    } else {
        role_out->id = id_of("AROA", arn, arena);
    }
    return true;
}

struct session role_session(const struct assumed_role *role, const char *name, struct arena *arena)
{
    return (struct session){
        .account = role->account,
        .arn = arena_format(arena, "arn:%s:sts::%s:assumed-role/%s/%s", role->partition,
                            role->account, role->name, name),
        .user_id = arena_format(arena, "%s:%s", role->id, name),
        .is_role = true,
    };
}

void function_session_issue(struct store *store, const char *account, const char *role_arn,
                            const char *function_name, struct arena *arena,
                            struct sigv4_credentials *credentials_out)
{
    struct assumed_role role;
    if (!assumed_role_read(store, role_arn, arena, &role)) /* Lambda takes "arn::iam:..." too */
        role = (struct assumed_role){ .partition = "aws",
                                      .account = account,
                                      .name = name_in(role_arn),
                                      .id = id_of("AROA", role_arn, arena) };
    struct session session = role_session(&role, function_name, arena);
    session.account = account; /* whose resources it finds, wherever its role is said to be */
    session.vouching_id = SESSION_UNVOUCHED;
    session.expires_ms = clock_true_ms() + FUNCTION_SESSION_MS;
    session_issue(&session, "", arena, credentials_out);
}
