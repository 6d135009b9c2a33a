#include "runtime/channel.h"

#include <ctype.h>

struct text channel_error_type(struct text given)
{
    bool is_function = text_starts_with(given, "Function.");
    if (!is_function && !text_starts_with(given, "Runtime."))
        return TEXT("Runtime.Unknown");
    struct text name = given;
    text_cut(&name, '.');
    size_t letters = 0;
    while (letters < name.size && isalpha((unsigned char)name.data[letters]))
        letters++;
    if (letters > 1 && letters == name.size && isupper((unsigned char)*name.data))
        return given;
    return is_function ? TEXT("Function.Unknown") : TEXT("Runtime.Unknown");
}
