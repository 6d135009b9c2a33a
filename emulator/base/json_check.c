/*
 * A strict JSON scanner (RFC 8259) that builds nothing and never recurses: open containers are
 * bits of an array. Reasons are worded as Jackson words them, for that is what callers of AWS
 * Lambda know.
 */
#include <stdio.h>

#include "json.h"

enum { DEPTH_MAX = 1000 };

struct scanner {
    const unsigned char *start;
    const unsigned char *at;
    const unsigned char *end;
    int depth;
    bool is_object[DEPTH_MAX];
    const unsigned char *opened_at[DEPTH_MAX];
    struct json_fault *fault;
};

static void locate(const struct scanner *scanner, const unsigned char *at, int *line, int *column)
{
    *line = 1;
    const unsigned char *line_start = scanner->start;
    for (const unsigned char *byte = scanner->start; byte < at; byte++) {
        if (*byte == '\n') {
            (*line)++;
            line_start = byte + 1;
        }
    }
    *column = (int)(at - line_start) + 1;
}

static bool fail(struct scanner *scanner, const unsigned char *at, const char *reason)
{
    if (reason != scanner->fault->reason)
        snprintf(scanner->fault->reason, sizeof(scanner->fault->reason), "%s", reason);
    locate(scanner, at, &scanner->fault->line, &scanner->fault->column);
    return false;
}

static bool fail_character(struct scanner *scanner, const char *expected)
{
    unsigned c = *scanner->at;
    char *reason = scanner->fault->reason;
    size_t size = sizeof(scanner->fault->reason);
    if (c < 0x20 || (c >= 0x7F && c < 0xA0))
        snprintf(reason, size, "Unexpected character ((CTRL-CHAR, code %u)): %s", c, expected);
    else
        snprintf(reason, size, "Unexpected character ('%c' (code %u)): %s", c, c, expected);
    return fail(scanner, scanner->at, reason);
}

static bool fail_end(struct scanner *scanner)
{
    int line;
    int column;
    if (scanner->depth == 0)
        return fail(scanner, scanner->end, "No content to map due to end-of-input");
    locate(scanner, scanner->opened_at[scanner->depth - 1], &line, &column);
    snprintf(scanner->fault->reason, sizeof(scanner->fault->reason),
             "Unexpected end-of-input: expected close marker for %s (start marker at line: %d, "
             "column: %d)",
             scanner->is_object[scanner->depth - 1] ? "Object" : "Array", line, column);
    return fail(scanner, scanner->end, scanner->fault->reason);
}

static void skip_space(struct scanner *scanner)
{
    while (scanner->at < scanner->end && (*scanner->at == ' ' || *scanner->at == '\t' ||
                                          *scanner->at == '\n' || *scanner->at == '\r'))
        scanner->at++;
}

static bool is_word_byte(unsigned char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' ||
           c == '$' || c >= 0xC2;
}

/* true, false, null, or what Jackson calls an unrecognized token. */
static bool scan_word(struct scanner *scanner)
{
    static const char *const words[] = { "true", "false", "null" };
    const unsigned char *start = scanner->at;
    while (scanner->at < scanner->end && is_word_byte(*scanner->at))
        scanner->at++;
    struct text word = { (const char *)start, (size_t)(scanner->at - start) };
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (text_equal(word, words[i]))
            return true;
    }
    /* A byte that cannot begin a character is met while the token is being read. */
    if (scanner->at < scanner->end && *scanner->at >= 0x80) {
        snprintf(scanner->fault->reason, sizeof(scanner->fault->reason),
                 "Invalid UTF-8 start byte 0x%02x", *scanner->at);
        return fail(scanner, scanner->at + 1, scanner->fault->reason);
    }
    snprintf(scanner->fault->reason, sizeof(scanner->fault->reason),
             "Unrecognized token '%.*s': was expecting (JSON String, Number, Array, Object or "
             "token 'null', 'true' or 'false')",
             (int)(word.size < 60 ? word.size : 60), word.data);
    return fail(scanner, scanner->at, scanner->fault->reason);
}

static bool scan_digits(struct scanner *scanner)
{
    const unsigned char *start = scanner->at;
    while (scanner->at < scanner->end && *scanner->at >= '0' && *scanner->at <= '9')
        scanner->at++;
    if (scanner->at > start)
        return true;
    if (scanner->at == scanner->end)
        return fail(scanner, scanner->end, "Unexpected end-of-input within a number");
    return fail_character(scanner, "Expected digit (0-9) to follow in a numeric value");
}

static bool scan_number(struct scanner *scanner)
{
    if (*scanner->at == '-')
        scanner->at++;
    bool has_leading_zero = scanner->at < scanner->end && *scanner->at == '0';
    const unsigned char *start = scanner->at;
    if (!scan_digits(scanner))
        return false;
    if (has_leading_zero && scanner->at - start > 1)
        return fail(scanner, start, "Invalid numeric value: Leading zeroes not allowed");
    if (scanner->at < scanner->end && *scanner->at == '.') {
        scanner->at++;
        if (!scan_digits(scanner))
            return false;
    }
    if (scanner->at < scanner->end && (*scanner->at | 0x20) == 'e') {
        scanner->at++;
        if (scanner->at < scanner->end && (*scanner->at == '+' || *scanner->at == '-'))
            scanner->at++;
        return scan_digits(scanner);
    }
    return true;
}

static bool scan_escape(struct scanner *scanner)
{
    scanner->at++;
    if (scanner->at == scanner->end)
        return fail(scanner, scanner->end, "Unexpected end-of-input in character escape sequence");
    if (*scanner->at != 'u') {
        if (!strchr("\"\\/bfnrt", *scanner->at) || *scanner->at == '\0')
            return fail_character(scanner, "unrecognized character escape");
        scanner->at++;
        return true;
    }
    scanner->at++;
    for (int i = 0; i < 4; i++, scanner->at++) {
        if (scanner->at == scanner->end)
            return fail(scanner, scanner->end,
                        "Unexpected end-of-input in character escape sequence");
        unsigned char c = *scanner->at;
        if (!(c >= '0' && c <= '9') && !((c | 0x20) >= 'a' && (c | 0x20) <= 'f'))
            return fail_character(scanner, "expected a hex-digit for character escape sequence");
    }
    return true;
}

static bool scan_string(struct scanner *scanner)
{
    const unsigned char *start = ++scanner->at;
    bool is_ascii = true;
    while (scanner->at < scanner->end && *scanner->at != '"') {
        if (*scanner->at < 0x20)
            return fail(scanner, scanner->at,
                        "Illegal unquoted character (control character): has to be escaped using "
                        "backslash to be included in string value");
        is_ascii &= *scanner->at < 0x80;
        if (*scanner->at != '\\')
            scanner->at++;
        else if (!scan_escape(scanner))
            return false;
    }
    if (scanner->at == scanner->end)
        return fail(scanner, scanner->end,
                    "Unexpected end-of-input: was expecting closing quote for a string value");
    size_t bad = 0;
    struct text text = { (const char *)start, (size_t)(scanner->at - start) };
    if (!is_ascii && !text_is_utf8(text, &bad)) {
        snprintf(scanner->fault->reason, sizeof(scanner->fault->reason),
                 "Invalid UTF-8 start byte 0x%02x", start[bad]);
        return fail(scanner, start + bad + 1, scanner->fault->reason);
    }
    scanner->at++;
    return true;
}

static bool open_container(struct scanner *scanner)
{
    if (scanner->depth == DEPTH_MAX)
        return fail(scanner, scanner->at,
                    "Document nesting depth (1001) exceeds the maximum allowed (1000, from "
                    "`StreamReadConstraints.getMaxNestingDepth()`)");
    scanner->is_object[scanner->depth] = *scanner->at == '{';
    scanner->opened_at[scanner->depth++] = scanner->at++;
    return true;
}

/* A member's name and its colon. */
static bool scan_name(struct scanner *scanner)
{
    skip_space(scanner);
    if (scanner->at == scanner->end)
        return fail_end(scanner);
    if (*scanner->at != '"')
        return fail_character(scanner, "was expecting double-quote to start field name");
    if (!scan_string(scanner))
        return false;
    skip_space(scanner);
    if (scanner->at == scanner->end)
        return fail_end(scanner);
    if (*scanner->at != ':')
        return fail_character(scanner, "was expecting a colon to separate field name and value");
    scanner->at++;
    return true;
}

/* After a value: closes containers and steps over a comma. *is_done_out when all are closed. */
static bool scan_after_value(struct scanner *scanner, bool *is_done_out)
{
    for (;;) {
        skip_space(scanner);
        if (scanner->depth == 0) {
            *is_done_out = true;
            return true;
        }
        if (scanner->at == scanner->end)
            return fail_end(scanner);
        bool is_object = scanner->is_object[scanner->depth - 1];
        if (*scanner->at == (is_object ? '}' : ']')) {
            scanner->depth--;
            scanner->at++;
            continue;
        }
        if (*scanner->at != ',')
            return fail_character(scanner, is_object
                                               ? "was expecting comma to separate Object entries"
                                               : "was expecting comma to separate Array entries");
        scanner->at++;
        return !is_object || scan_name(scanner);
    }
}

/* A scalar, or the start of a container; *is_empty_out: a container that closed at once or a
 * scalar, so that what follows is what follows a value. */
static bool scan_value(struct scanner *scanner, bool *is_complete_out)
{
    skip_space(scanner);
    if (scanner->at == scanner->end)
        return fail_end(scanner);
    unsigned char c = *scanner->at;
    *is_complete_out = true;
    if (c == '"')
        return scan_string(scanner);
    if (c == '-' || (c >= '0' && c <= '9'))
        return scan_number(scanner);
    if (is_word_byte(c))
        return scan_word(scanner);
    if (c != '{' && c != '[')
        return fail_character(scanner, "expected a valid value (JSON String, Number, Array, "
                                       "Object or token 'null', 'true' or 'false')");
    if (!open_container(scanner))
        return false;
    skip_space(scanner);
    if (scanner->at < scanner->end && *scanner->at == (c == '{' ? '}' : ']'))
        return true; /* scan_after_value closes it */
    *is_complete_out = false;
    return c == '[' || scan_name(scanner);
}

bool json_check(struct text text, struct json_fault *fault_out)
{
    struct scanner scanner;
    scanner.start = scanner.at = (const unsigned char *)(text.data ? text.data : "");
    scanner.end = scanner.start + text.size;
    scanner.depth = 0;
    scanner.fault = fault_out;
    bool is_done = false;
    while (!is_done) {
        bool is_complete = false;
        if (!scan_value(&scanner, &is_complete))
            return false;
        if (is_complete && !scan_after_value(&scanner, &is_done))
            return false;
    }
    if (scanner.at != scanner.end)
        return fail_character(&scanner, "expected end of input after the value");
    return true;
}
