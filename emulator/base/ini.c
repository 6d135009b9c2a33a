#include "ini.h"

#include <ctype.h>
#include <stdlib.h>

#include "file.h"
#include "map.h"
#include "xalloc.h"

enum { FILE_MAX = 1 << 20 };

struct ini {
    struct map values; /* by "section\nkey" */
    char **sections;
    size_t section_count;
};

/* In lower case; the caller owns it. */
static char *key_name(struct text key)
{
    char *name = xstrndup(key.data ? key.data : "", key.size);
    for (char *at = name; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return name;
}

static void set(struct ini *ini, const char *section, const char *parent, const char *key,
                struct text value)
{
    CLEANUP(freep) char *name = xformat("%s\n%s%s%s", section, parent, *parent ? "." : "", key);
    free(map_remove(&ini->values, name));
    map_set(&ini->values, name, xstrndup(value.data ? value.data : "", value.size));
}

bool ini_has_section(const struct ini *ini, const char *section)
{
    for (size_t i = 0; i < ini->section_count; i++) {
        if (strcmp(ini->sections[i], section) == 0)
            return true;
    }
    return false;
}

static void add_section(struct ini *ini, const char *section)
{
    if (ini_has_section(ini, section))
        return;
    ini->sections = xrealloc(ini->sections, (ini->section_count + 1) * sizeof(*ini->sections));
    ini->sections[ini->section_count++] = xstrdup(section);
}

/* "profile a b" of "profile 'a b'", as the AWS CLI writes it. */
static char *section_name(struct text text)
{
    struct text name = text_trimmed(text);
    struct text kind = text_cut(&name, ' ');
    if (!name.data)
        return xstrndup(kind.data, kind.size);
    name = text_trimmed(name);
    bool is_quoted = name.size > 1 && (name.data[0] == '\'' || name.data[0] == '"') &&
                     name.data[name.size - 1] == name.data[0];
    if (is_quoted)
        name = (struct text){ name.data + 1, name.size - 2 };
    return xformat("%.*s %.*s", TEXT_ARGS(kind), TEXT_ARGS(name));
}

/* Cuts a key off its value: at the first = or :. */
static struct text cut_key(struct text *rest)
{
    struct text by_colon = *rest;
    struct text by_equals = *rest;
    struct text first = text_cut(&by_colon, ':');
    struct text key = text_cut(&by_equals, '=');
    bool is_colon = first.size < key.size;
    *rest = is_colon ? by_colon : by_equals;
    return text_trimmed(is_colon ? first : key);
}

struct ini *ini_parse(struct text text)
{
    struct ini *ini = xcalloc(1, sizeof(*ini));
    char *section = xstrdup("");
    char *parent = xstrdup("");
    while (text.size) {
        struct text line = text_cut(&text, '\n');
        bool is_indented = line.size && isspace((unsigned char)line.data[0]);
        line = text_trimmed(line);
        if (line.size == 0 || line.data[0] == '#' || line.data[0] == ';')
            continue;
        if (line.data[0] == '[') {
            line = (struct text){ line.data + 1, line.size - 1 };
            free(section);
            section = section_name(text_cut(&line, ']')); /* behind it is a comment */
            *parent = '\0';
            add_section(ini, section);
            continue;
        }
        struct text value = line;
        CLEANUP(freep) char *key = key_name(cut_key(&value));
        value = text_trimmed(value);
        if (is_indented && *parent) {
            set(ini, section, parent, key, value);
            continue;
        }
        set(ini, section, "", key, value);
        free(parent);
        parent = xstrdup(value.size ? "" : key);
    }
    free(section);
    free(parent);
    return ini;
}

struct ini *ini_read(const char *path)
{
    CLEANUP(error_clear) struct error unreadable = { 0 };
    size_t size = 0;
    CLEANUP(freep) char *bytes = file_read(path, FILE_MAX, &size, &unreadable);
    return ini_parse((struct text){ bytes, size });
}

void ini_destroy(struct ini *ini)
{
    if (!ini)
        return;
    map_clear(&ini->values, free);
    for (size_t i = 0; i < ini->section_count; i++)
        free(ini->sections[i]);
    free(ini->sections);
    free(ini);
}

void ini_each_section(const struct ini *ini, void (*function)(const char *section, void *owner),
                      void *owner)
{
    for (size_t i = 0; i < ini->section_count; i++)
        function(ini->sections[i], owner);
}

const char *ini_get(const struct ini *ini, const char *section, const char *key)
{
    CLEANUP(freep) char *name = xformat("%s\n%s", section, key);
    return map_find(&ini->values, name);
}
