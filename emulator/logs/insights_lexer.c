#include "logs/insights_lexer.h"

#include <ctype.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "buffer.h"

static char peek(const struct insights_lexer *lexer, size_t ahead)
{
    size_t at = lexer->at + ahead;
    return at < lexer->query.size ? lexer->query.data[at] : '\0';
}

/* White space and comments: from # to the end of the line. */
static void skip(struct insights_lexer *lexer)
{
    while (lexer->at < lexer->query.size) {
        if (peek(lexer, 0) == '#') {
            while (lexer->at < lexer->query.size && peek(lexer, 0) != '\n')
                lexer->at++;
        } else if (isspace((unsigned char)peek(lexer, 0))) {
            lexer->at++;
        } else {
            return;
        }
    }
}

static bool is_name_start(char character)
{
    return isalpha((unsigned char)character) || strchr("@_$", character) ||
           (unsigned char)character >= 0x80;
}

/* Up to the closing character; a backslash keeps it in. False if it never comes. */
static bool read_until(struct insights_lexer *lexer, char closing, bool keeps_backslash,
                       const char **text_out)
{
    CLEANUP(buffer_clear) struct buffer text = { 0 };
    lexer->at++;
    while (lexer->at < lexer->query.size && peek(lexer, 0) != closing) {
        if (peek(lexer, 0) == '\\' && lexer->at + 1 < lexer->query.size) {
            bool is_closing = peek(lexer, 1) == closing || peek(lexer, 1) == '\\';
            if (keeps_backslash ? peek(lexer, 1) != closing : !is_closing)
                buffer_add_char(&text, '\\');
            lexer->at++;
        }
        buffer_add_char(&text, peek(lexer, 0));
        lexer->at++;
    }
    if (lexer->at >= lexer->query.size)
        return false;
    lexer->at++;
    *text_out = arena_copy(lexer->arena, buffer_text(&text));
    return true;
}

static bool is_name_part(const struct insights_lexer *lexer)
{
    char next = peek(lexer, 1);
    return is_name_start(peek(lexer, 0)) || isdigit((unsigned char)peek(lexer, 0)) ||
           (peek(lexer, 0) == '.' && next && (is_name_start(next) || isdigit((unsigned char)next)));
}

/* The [1] behind a name is .1 of it; not behind the word in, whose list may stand so close. */
static bool read_index(struct insights_lexer *lexer, struct buffer *name)
{
    size_t digits = 0;
    if (peek(lexer, 0) != '[' || strcasecmp(buffer_text(name).data, "in") == 0)
        return false;
    while (isdigit((unsigned char)peek(lexer, digits + 1)))
        digits++;
    if (digits == 0 || peek(lexer, digits + 1) != ']')
        return false;
    buffer_add_char(name, '.');
    buffer_add(name, lexer->query.data + lexer->at + 1, digits);
    lexer->at += digits + 2;
    return true;
}

/* Members of structures may stand in backticks and brackets: a.`b.c`[0].d */
static bool read_name(struct insights_lexer *lexer, struct insights_token *token)
{
    CLEANUP(buffer_clear) struct buffer name = { 0 };
    const char *member;
    token->kind = TOKEN_NAME;
    while (lexer->at < lexer->query.size) {
        if (is_name_part(lexer)) {
            buffer_add_char(&name, peek(lexer, 0));
            lexer->at++;
        } else if (peek(lexer, 0) == '.' && peek(lexer, 1) == '`') {
            lexer->at++;
            if (!read_until(lexer, '`', false, &member))
                return false;
            buffer_add_format(&name, ".%s", member);
        } else if (!read_index(lexer, &name)) {
            break;
        }
    }
    token->text = arena_copy(lexer->arena, buffer_text(&name));
    return true;
}

struct unit {
    const char *name; /* of more than one letter: also with an s behind it */
    double size;      /* milliseconds, or months */
    double most;      /* as on AWS, bin(300s) is bin(60s); 0: any number */
    bool is_months;
};

/* NULL: it is none. */
static const struct unit *find_unit(struct text name)
{
    static const struct unit units[] = {
        { "ms", 1, 1000, false },
        { "msec", 1, 1000, false },
        { "millisecond", 1, 1000, false },
        { "s", 1e3, 60, false },
        { "sec", 1e3, 60, false },
        { "second", 1e3, 60, false },
        { "m", 60e3, 60, false },
        { "min", 60e3, 60, false },
        { "minute", 60e3, 60, false },
        { "h", 3600e3, 24, false },
        { "hr", 3600e3, 24, false },
        { "hour", 3600e3, 24, false },
        { "d", 86400e3, 0, false },
        { "day", 86400e3, 0, false },
        { "w", 604800e3, 0, false },
        { "week", 604800e3, 0, false },
        { "mo", 1, 0, true },
        { "mon", 1, 0, true },
        { "month", 1, 0, true },
        { "q", 3, 0, true },
        { "qtr", 3, 0, true },
        { "quarter", 3, 0, true },
        { "y", 12, 0, true },
        { "yr", 12, 0, true },
        { "year", 12, 0, true },
    };
    bool may_be_plural = name.size > 2 && name.data[name.size - 1] == 's';
    struct text singular = { name.data, name.size - may_be_plural };
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (text_equal(name, units[i].name) || text_equal(singular, units[i].name))
            return &units[i];
    }
    return NULL;
}

/* 12, 1.5, 1e3, or with a unit behind it: 5m. */
static bool read_number(struct insights_lexer *lexer, struct insights_token *token)
{
    size_t start = lexer->at;
    while (isdigit((unsigned char)peek(lexer, 0)) || peek(lexer, 0) == '.')
        lexer->at++;
    if (tolower(peek(lexer, 0)) == 'e' &&
        (isdigit((unsigned char)peek(lexer, 1)) ||
         (strchr("+-", peek(lexer, 1)) && isdigit((unsigned char)peek(lexer, 2))))) {
        lexer->at += 2;
        while (isdigit((unsigned char)peek(lexer, 0)))
            lexer->at++;
    }
    struct text digits = { lexer->query.data + start, lexer->at - start };
    size_t unit_start = lexer->at;
    while (isalpha((unsigned char)peek(lexer, 0)))
        lexer->at++;
    struct text name = { lexer->query.data + unit_start, lexer->at - unit_start };
    const struct unit *unit = find_unit(name);
    token->kind = !unit ? TOKEN_NUMBER : unit->is_months ? TOKEN_MONTHS : TOKEN_PERIOD;
    if (!text_to_double(digits, &token->number) || (name.size && !unit))
        return false;
    if (unit && unit->most > 0 && token->number > unit->most)
        token->number = unit->most;
    token->number *= unit ? unit->size : 1;
    return token->kind != TOKEN_MONTHS || token->number == floor(token->number);
}

static bool read_regex(struct insights_lexer *lexer, struct insights_token *token)
{
    token->kind = TOKEN_REGEX;
    return read_until(lexer, '/', true, &token->text);
}

static bool read_sign(struct insights_lexer *lexer, struct insights_token *token)
{
    static const char *const signs[] = { "==", "!=", "<=", ">=", "=~", "|", "(", ")", "[", "]",
                                         ",",  "+",  "-",  "*",  "/",  "%", "^", "=", "<", ">" };
    struct text rest = { lexer->query.data + lexer->at, lexer->query.size - lexer->at };
    token->kind = TOKEN_SIGN;
    for (size_t i = 0; i < COUNT_OF(signs); i++) {
        if (text_starts_with(rest, signs[i])) {
            lexer->at += strlen(signs[i]);
            token->text = i == 0 ? "=" : signs[i]; /* two spellings */
            return true;
        }
    }
    return false;
}

static bool read_token(struct insights_lexer *lexer, struct insights_token *token)
{
    char first = peek(lexer, 0);
    if (lexer->at >= lexer->query.size)
        return true; /* TOKEN_END */
    if (first == '\0')
        return false;
    if (first == '`') {
        token->kind = TOKEN_NAME;
        token->is_quoted = true;
        return read_until(lexer, '`', false, &token->text);
    }
    if (first == '\'' || first == '"') {
        token->kind = TOKEN_TEXT;
        return read_until(lexer, first, false, &token->text);
    }
    if (first == '/' && !lexer->follows_operand)
        return read_regex(lexer, token);
    if (isdigit((unsigned char)first))
        return read_number(lexer, token);
    if (!is_name_start(first))
        return read_sign(lexer, token);
    return read_name(lexer, token);
}

/* Keywords are no operands: a regular expression may follow them. */
static bool is_operand(const struct insights_token *token)
{
    static const char *const words[] = { "like",   "not",    "and",  "or",      "in",    "filter",
                                         "fields", "parse",  "by",   "display", "stats", "sort",
                                         "as",     "unnest", "into", "where" };
    if (token->kind == TOKEN_SIGN)
        return strcmp(token->text, ")") == 0 || strcmp(token->text, "]") == 0;
    if (token->kind != TOKEN_NAME || token->is_quoted)
        return token->kind != TOKEN_END;
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (strcasecmp(token->text, words[i]) == 0)
            return false;
    }
    return true;
}

void insights_next(struct insights_lexer *lexer)
{
    struct insights_token token = { .kind = TOKEN_END, .text = "" };
    skip(lexer);
    size_t start = lexer->at;
    if (!lexer->has_failed && !read_token(lexer, &token)) {
        lexer->at = start;
        lexer->token = (struct insights_token){ .kind = TOKEN_SIGN,
                                                .source = { lexer->query.data + start, 1 },
                                                .text = "" };
        insights_unexpected(lexer, NULL);
        return;
    }
    token.source = (struct text){ lexer->query.data + start, lexer->at - start };
    lexer->follows_operand = is_operand(&token);
    lexer->token = token;
}

void insights_lexer_init(struct insights_lexer *lexer, struct text query, struct arena *arena,
                         struct regex **regexes, struct error *error)
{
    *lexer = (struct insights_lexer){
        .query = query, .arena = arena, .error = error, .regexes = regexes
    };
    insights_next(lexer);
}

size_t insights_position(const struct insights_lexer *lexer)
{
    return (size_t)(lexer->token.source.data - lexer->query.data);
}

bool insights_is_sign(const struct insights_lexer *lexer, const char *sign)
{
    return lexer->token.kind == TOKEN_SIGN && strcmp(lexer->token.text, sign) == 0;
}

bool insights_is_word(const struct insights_lexer *lexer, const char *word)
{
    return lexer->token.kind == TOKEN_NAME && !lexer->token.is_quoted &&
           strcasecmp(lexer->token.text, word) == 0;
}

bool insights_take_sign(struct insights_lexer *lexer, const char *sign)
{
    if (!insights_is_sign(lexer, sign))
        return false;
    insights_next(lexer);
    return true;
}

bool insights_take_word(struct insights_lexer *lexer, const char *word)
{
    if (!insights_is_word(lexer, word))
        return false;
    insights_next(lexer);
    return true;
}

/* AWS's words, and its way to give the first and the last character. */
static bool fail_made(struct insights_lexer *lexer, const char *name, size_t start)
{
    size_t end = insights_position(lexer);
    while (end > start + 1 && isspace((unsigned char)lexer->query.data[end - 1]))
        end--;
    lexer->token.source = (struct text){ lexer->query.data + start, end - start };
    if (!lexer->has_failed)
        error_set(lexer->error, NULL, "Ephemeral field is already defined: %s ([%zu,%zu])", name,
                  start, end - 1);
    lexer->has_failed = true;
    return false;
}

bool insights_make(struct insights_lexer *lexer, const char *name, size_t start, bool is_parsed)
{
    for (size_t i = 0; i < lexer->made_count; i++) {
        if (strcmp(lexer->made[i].name, name) == 0)
            return fail_made(lexer, name, start);
    }
    if (lexer->made_count == INSIGHTS_NAMES_MAX)
        return insights_unexpected(lexer, "fewer names");
    lexer->made[lexer->made_count].name = name;
    lexer->made[lexer->made_count++].is_parsed = is_parsed;
    return true;
}

bool insights_select(struct insights_lexer *lexer, const char *name, size_t start)
{
    for (size_t i = 0; i < lexer->made_count; i++) {
        if (lexer->made[i].is_parsed && strcmp(lexer->made[i].name, name) == 0)
            return fail_made(lexer, name, start);
    }
    return true;
}

/* Not only the beginning of a longer word. */
static bool is_whole(struct text rest, size_t size)
{
    return size == rest.size || !isalnum((unsigned char)rest.data[size - 1]) ||
           !(isalnum((unsigned char)rest.data[size]) || strchr("_.", rest.data[size]));
}

const char *insights_take_column(struct insights_lexer *lexer)
{
    size_t start = insights_position(lexer);
    struct text rest = { lexer->query.data + start, lexer->query.size - start };
    size_t longest = lexer->token.source.size;
    const char *found = NULL;
    for (size_t i = 0; i < lexer->column_count; i++) {
        size_t size = strlen(lexer->columns[i]);
        if (size > longest && text_starts_with(rest, lexer->columns[i]) && is_whole(rest, size)) {
            found = lexer->columns[i];
            longest = size;
        }
    }
    if (found) {
        lexer->at = start + longest;
        insights_next(lexer);
    }
    return found;
}

struct regex *insights_compile_regex(struct insights_lexer *lexer, const char *source, int options)
{
    CLEANUP(error_clear) struct error reason = { 0 };
    struct regex *regex = regex_compile(lexer->regexes, text_from(source), options, &reason);
    if (!regex && !lexer->has_failed)
        error_set(lexer->error, NULL, "invalid regular expression /%s/: %s", source,
                  reason.message);
    lexer->has_failed |= !regex;
    return regex;
}

bool insights_unexpected(struct insights_lexer *lexer, const char *wanted)
{
    size_t at = insights_position(lexer);
    int line = 1;
    int position = 0;
    if (lexer->has_failed)
        return false;
    lexer->has_failed = true;
    for (size_t i = 0; i < at && i < lexer->query.size; i++) {
        bool is_end = lexer->query.data[i] == '\n';
        line += is_end;
        position = is_end ? 0 : position + 1;
    }
    bool is_end = lexer->token.kind == TOKEN_END;
    return error_set(lexer->error, NULL,
                     "unexpected symbol found %.*s at line %d and position %d%s%s",
                     is_end ? (int)strlen("<EOF>") : (int)lexer->token.source.size,
                     is_end ? "<EOF>" : lexer->token.source.data, line, position,
                     wanted ? "; expected " : "", wanted ? wanted : "");
}
