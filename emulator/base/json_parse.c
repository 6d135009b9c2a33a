/*
 * JSON becomes a tree, in one pass that takes nothing but RFC 8259 (json_check.c says what is wrong
 * with the rest). Nodes are cJSON's, made with its own allocator, so that all of cJSON works on
 * them. A parser of our own because cJSON's takes more than JSON: raw control characters, any bytes
 * in strings, white space that is none.
 */
#include <math.h>

#include "json.h"
#include "xalloc.h"

enum { DEPTH_MAX = 1000, EXACT_DIGITS = 15, NUMBER_TYPICAL = 64 };

struct parser {
    const unsigned char *at;
    const unsigned char *end;
    int depth;
};

static void *allocate(size_t size)
{
    void *memory = cJSON_malloc(size);
    if (!memory)
        abort();
    return memory;
}

static cJSON *new_node(int type)
{
    cJSON *node = allocate(sizeof(*node));
    *node = (cJSON){ .type = type };
    return node;
}

/* The next byte that is no white space; -1 at the end. */
static int peek(struct parser *parser)
{
    while (parser->at < parser->end && (*parser->at == ' ' || *parser->at == '\t' ||
                                        *parser->at == '\n' || *parser->at == '\r'))
        parser->at++;
    return parser->at < parser->end ? *parser->at : -1;
}

static bool take_digits(struct parser *parser)
{
    const unsigned char *start = parser->at;
    while (parser->at < parser->end && *parser->at >= '0' && *parser->at <= '9')
        parser->at++;
    return parser->at > start;
}

static bool take_any(struct parser *parser, char first, char second)
{
    bool is_there = parser->at < parser->end && (*parser->at == first || *parser->at == second);
    parser->at += is_there;
    return is_there;
}

/* The value of digits with or without a point. What whole / 10^n gives is the double nearest to the
 * text, as long as both are exact. */
static double exact_value(const unsigned char *text, const unsigned char *end)
{
    static const double scales[] = { 1,   10,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                     1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };
    int64_t whole = 0;
    const unsigned char *point = NULL;
    for (; text < end; text++) {
        if (*text == '.')
            point = text;
        else
            whole = whole * 10 + (*text - '0');
    }
    return (double)whole / scales[point ? end - point - 1 : 0];
}

static double any_value(const unsigned char *text, const unsigned char *end)
{
    char typical[NUMBER_TYPICAL];
    size_t size = (size_t)(end - text);
    CLEANUP(freep) char *longer = size < sizeof(typical) ? NULL : xmalloc(size + 1);
    char *copy = longer ? longer : typical;
    memcpy(copy, text, size);
    copy[size] = '\0';
    return strtod(copy, NULL);
}

static cJSON *parse_number(struct parser *parser)
{
    bool is_negative = take_any(parser, '-', '-');
    const unsigned char *start = parser->at;
    bool has_leading_zero = start < parser->end && *start == '0';
    if (!take_digits(parser) || (has_leading_zero && parser->at - start > 1) ||
        (take_any(parser, '.', '.') && !take_digits(parser)))
        return NULL;
    const unsigned char *mantissa_end = parser->at;
    bool has_exponent = take_any(parser, 'e', 'E');
    if (has_exponent && (take_any(parser, '+', '-'), !take_digits(parser)))
        return NULL;
    double value = !has_exponent && mantissa_end - start <= EXACT_DIGITS
                       ? exact_value(start, mantissa_end)
                       : any_value(start, parser->at);
    cJSON *number = new_node(cJSON_Number);
    cJSON_SetNumberHelper(number, is_negative ? -value : value);
    return number;
}

static bool parse_hex(const unsigned char *at, const unsigned char *end, unsigned *value_out)
{
    unsigned value = 0;
    if (end - at < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        unsigned char c = at[i] | 0x20;
        bool is_digit = at[i] >= '0' && at[i] <= '9';
        if (!is_digit && !(c >= 'a' && c <= 'f'))
            return false;
        value = value << 4 | (unsigned)(is_digit ? at[i] - '0' : c - 'a' + 10);
    }
    *value_out = value;
    return true;
}

static char *print_utf8(char *out, unsigned code)
{
    if (code < 0x80) {
        *out++ = (char)code;
    } else if (code < 0x800) {
        *out++ = (char)(0xC0 | code >> 6);
        *out++ = (char)(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        *out++ = (char)(0xE0 | code >> 12);
        *out++ = (char)(0x80 | (code >> 6 & 0x3F));
        *out++ = (char)(0x80 | (code & 0x3F));
    } else {
        *out++ = (char)(0xF0 | code >> 18);
        *out++ = (char)(0x80 | (code >> 12 & 0x3F));
        *out++ = (char)(0x80 | (code >> 6 & 0x3F));
        *out++ = (char)(0x80 | (code & 0x3F));
    }
    return out;
}

/* What follows "\u": a character, or the two halves of one. NULL: none that a C string holds. */
static const unsigned char *parse_unicode(const unsigned char *at, const unsigned char *end,
                                          char **out)
{
    unsigned code;
    unsigned low;
    if (!parse_hex(at, end, &code) || code == 0 || (code >= 0xDC00 && code <= 0xDFFF))
        return NULL;
    at += 4;
    if (code >= 0xD800 && code <= 0xDBFF) {
        if (end - at < 6 || at[0] != '\\' || at[1] != 'u' || !parse_hex(at + 2, end, &low) ||
            low < 0xDC00 || low > 0xDFFF)
            return NULL;
        code = 0x10000 + ((code & 0x3FF) << 10 | (low & 0x3FF));
        at += 6;
    }
    *out = print_utf8(*out, code);
    return at;
}

/* The text between quotes without its escapes, which make it no longer. False if one is wrong. */
static bool unescape(const unsigned char *at, const unsigned char *end, char *out)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    while (at < end) {
        if (*at != '\\') {
            *out++ = (char)*at++;
            continue;
        }
        at++; /* a quote follows at least: what ends the string is not escaped */
        const char *escape = *at ? strchr(from, *at) : NULL;
        if (escape) {
            *out++ = to[escape - from];
            at++;
        } else if (*at != 'u' || !(at = parse_unicode(at + 1, end, &out))) {
            return false;
        }
    }
    *out = '\0';
    return true;
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* A string behind its opening quote; the caller owns it. */
static char *parse_string(struct parser *parser)
{
    const unsigned char *start = parser->at;
    const unsigned char *at = start;
    bool has_escapes = false;
    bool is_ascii = true;
    for (; at < parser->end && *at != '"'; at++) {
        if (is_plain(*at))
            continue;
        if (*at < 0x20)
            return NULL;
        is_ascii &= *at < 0x80;
        has_escapes |= *at == '\\';
        at += *at == '\\';
    }
    struct text text = { (const char *)start, (size_t)(at - start) };
    if (at >= parser->end || (!is_ascii && !text_is_utf8(text, NULL)))
        return NULL;
    char *string = allocate(text.size + 1);
    if (has_escapes && !unescape(start, at, string)) {
        cJSON_free(string);
        return NULL;
    }
    if (!has_escapes)
        *(char *)mempcpy(string, text.data, text.size) = '\0';
    parser->at = at + 1;
    return string;
}

static cJSON *parse_value(struct parser *parser);

/* A member's name and its colon. */
static char *parse_name(struct parser *parser)
{
    if (peek(parser) != '"')
        return NULL;
    parser->at++;
    char *name = parse_string(parser);
    if (name && peek(parser) == ':') {
        parser->at++;
        return name;
    }
    cJSON_free(name);
    return NULL;
}

static cJSON *parse_child(struct parser *parser, bool is_member)
{
    char *name = is_member ? parse_name(parser) : NULL;
    if (is_member && !name)
        return NULL;
    cJSON *child = parse_value(parser);
    if (child)
        child->string = name;
    else
        cJSON_free(name);
    return child;
}

/* As cJSON links them: the first one's `prev` is the last. */
static void link_child(cJSON *container, cJSON *child)
{
    if (container->child) {
        child->prev = container->child->prev;
        child->prev->next = child;
    } else {
        container->child = child;
    }
    container->child->prev = child;
}

static bool parse_children(struct parser *parser, cJSON *container, int closing)
{
    if (peek(parser) == closing) {
        parser->at++;
        return true;
    }
    for (;;) {
        cJSON *child = parse_child(parser, closing == '}');
        if (!child)
            return false;
        link_child(container, child);
        int next = peek(parser);
        if (next != closing && next != ',')
            return false;
        parser->at++;
        if (next == closing)
            return true;
    }
}

static cJSON *parse_container(struct parser *parser)
{
    bool is_object = *parser->at++ == '{';
    if (parser->depth == DEPTH_MAX)
        return NULL;
    parser->depth++;
    cJSON *container = new_node(is_object ? cJSON_Object : cJSON_Array);
    if (!parse_children(parser, container, is_object ? '}' : ']')) {
        cJSON_Delete(container);
        return NULL;
    }
    parser->depth--;
    return container;
}

static cJSON *parse_word(struct parser *parser)
{
    static const struct {
        struct text text;
        int type;
    } words[] = {
        { { "true", 4 }, cJSON_True },
        { { "false", 5 }, cJSON_False },
        { { "null", 4 }, cJSON_NULL },
    };
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        size_t size = words[i].text.size;
        if ((size_t)(parser->end - parser->at) < size ||
            memcmp(parser->at, words[i].text.data, size) != 0)
            continue;
        parser->at += size;
        cJSON *word = new_node(words[i].type);
        word->valueint = words[i].type == cJSON_True;
        return word;
    }
    return NULL;
}

static cJSON *parse_value(struct parser *parser)
{
    int first = peek(parser);
    if (first == '{' || first == '[')
        return parse_container(parser);
    if (first == '-' || (first >= '0' && first <= '9'))
        return parse_number(parser);
    if (first != '"')
        return parse_word(parser);
    parser->at++;
    char *string = parse_string(parser);
    if (!string)
        return NULL;
    cJSON *value = new_node(cJSON_String);
    value->valuestring = string;
    return value;
}

cJSON *json_parse(struct text text)
{
    const unsigned char *start = (const unsigned char *)(text.data ? text.data : "");
    struct parser parser = { .at = start, .end = start + text.size };
    cJSON *tree = parse_value(&parser);
    if (tree && peek(&parser) >= 0) {
        cJSON_Delete(tree);
        return NULL;
    }
    return tree;
}
