#include "runtime/bind.h"

#include <limits.h>
#include <unistd.h>

void bind_read_only(struct string_list *arguments, const char *from, const char *to)
{
    const char *const bind[] = { "--ro-bind", from, to, NULL };
    string_list_add_all(arguments, bind);
}

void bind_or_link(struct string_list *arguments, const char *from, const char *to)
{
    char target[PATH_MAX];
    ssize_t size = readlink(from, target, sizeof(target) - 1);
    if (size > 0) {
        target[size] = '\0';
        const char *const link[] = { "--symlink", target, to, NULL };
        string_list_add_all(arguments, link);
    } else if (access(from, F_OK) == 0) {
        bind_read_only(arguments, from, to);
    }
}
