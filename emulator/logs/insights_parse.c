#include "logs/insights_parse.h"

#include <string.h>

enum { NAMES_MAX = 32 };

struct insights_parse {
    const char *source;                /* the field to look into */
    const struct regex *regex;         /* or: */
    struct text pieces[NAMES_MAX + 1]; /* what stands between the stars */
    size_t piece_count;
    const char *names[NAMES_MAX];
    int groups[NAMES_MAX]; /* of the regular expression */
    size_t name_count;
    struct arena *arena;
};

static bool read_names(struct insights_lexer *lexer, struct insights_parse *parse)
{
    do {
        if (lexer->token.kind != TOKEN_NAME || parse->name_count == NAMES_MAX)
            return insights_unexpected(lexer, "a name");
        size_t start = insights_position(lexer);
        const char *name = lexer->token.text;
        parse->groups[parse->name_count] = (int)parse->name_count + 1;
        parse->names[parse->name_count++] = name;
        insights_next(lexer);
        if (!insights_make(lexer, name, start, true))
            return false;
    } while (insights_take_sign(lexer, ","));
    return true;
}

static void add_group(const char *name, int number, void *owner)
{
    struct insights_parse *parse = owner;
    if (parse->name_count == NAMES_MAX || number > NAMES_MAX)
        return;
    parse->groups[parse->name_count] = number;
    parse->names[parse->name_count++] = arena_copy(parse->arena, text_from(name));
}

static bool read_regex(struct insights_lexer *lexer, struct insights_parse *parse)
{
    size_t start = insights_position(lexer);
    parse->regex = insights_compile_regex(lexer, lexer->token.text, REGEX_DOT_ALL);
    if (!parse->regex)
        return false;
    insights_next(lexer);
    if (insights_take_word(lexer, "as"))
        return read_names(lexer, parse);
    regex_each_name(parse->regex, add_group, parse);
    for (size_t i = 0; i < parse->name_count; i++) {
        if (!insights_make(lexer, parse->names[i], start, true))
            return false;
    }
    return parse->name_count > 0 || insights_unexpected(lexer, "as, or groups with names");
}

static bool read_glob(struct insights_lexer *lexer, struct insights_parse *parse)
{
    struct text rest = text_from(lexer->token.text);
    while (rest.data && parse->piece_count <= NAMES_MAX)
        parse->pieces[parse->piece_count++] = text_cut(&rest, '*');
    insights_next(lexer);
    if (!insights_take_word(lexer, "as"))
        return insights_unexpected(lexer, "as");
    if (!read_names(lexer, parse))
        return false;
    return parse->piece_count == parse->name_count + 1 ||
           insights_unexpected(lexer, "as many names as there are stars");
}

struct insights_parse *insights_parse_read(struct insights_lexer *lexer)
{
    struct insights_parse *parse = arena_alloc(lexer->arena, sizeof(*parse));
    parse->source = "@message";
    parse->arena = lexer->arena;
    if (lexer->token.kind == TOKEN_NAME) {
        parse->source = lexer->token.text;
        lexer->follows_operand = false; /* a regular expression may come next */
        insights_next(lexer);
    }
    if (lexer->token.kind == TOKEN_REGEX)
        return read_regex(lexer, parse) ? parse : NULL;
    if (lexer->token.kind == TOKEN_TEXT)
        return read_glob(lexer, parse) ? parse : NULL;
    insights_unexpected(lexer, "a text or a regular expression");
    return NULL;
}

bool insights_parse_makes(const struct insights_parse *parse, const char *name)
{
    for (size_t i = 0; i < parse->name_count; i++) {
        if (strcmp(parse->names[i], name) == 0)
            return true;
    }
    return false;
}

/* The last star takes the rest of the text. */
static bool match_glob(const struct insights_parse *parse, const char *text,
                       struct text values_out[NAMES_MAX])
{
    struct text first = parse->pieces[0];
    const char *end = text + strlen(text);
    const char *at = first.size ? memmem(text, strlen(text), first.data, first.size) : text;
    if (!at)
        return false;
    at += first.size;
    for (size_t i = 0; i < parse->name_count; i++) {
        struct text piece = parse->pieces[i + 1];
        bool is_rest = piece.size == 0 && i + 1 == parse->name_count;
        const char *next = is_rest      ? end
                           : piece.size ? memmem(at, (size_t)(end - at), piece.data, piece.size)
                                        : at;
        if (!next)
            return false;
        values_out[i] = (struct text){ at, (size_t)(next - at) };
        at = next + piece.size;
    }
    return true;
}

static bool match_regex(const struct insights_parse *parse, const char *text,
                        struct text values_out[NAMES_MAX])
{
    struct text captures[NAMES_MAX + 1];
    if (!regex_match(parse->regex, text_from(text), captures, NAMES_MAX + 1))
        return false;
    for (size_t i = 0; i < parse->name_count; i++)
        values_out[i] = captures[parse->groups[i]];
    return true;
}

void insights_parse_apply(const struct insights_parse *parse, struct insights_record *record)
{
    struct text values[NAMES_MAX];
    struct insights_value source = insights_record_get(record, parse->source);
    if (source.kind == INSIGHTS_MISSING)
        return;
    const char *text = insights_print(&source, &record->arena);
    if (!(parse->regex ? match_regex(parse, text, values) : match_glob(parse, text, values)))
        return;
    for (size_t i = 0; i < parse->name_count; i++) {
        if (values[i].data)
            insights_record_set(record, parse->names[i],
                                insights_text(arena_copy(&record->arena, values[i])));
    }
}
