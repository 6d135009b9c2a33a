/*
 * A strict JSON scanner (RFC 8259) that builds nothing and never recurses: open containers are
 * bits of an array. Reasons are worded as Jackson words them, for that is what callers of AWS
 * Lambda know.
 */
#include <stdio.h>

#include "json.h"

enum { DEPTH_MAX = 1000, WORD_SHOWN_MAX = 256 };

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

/* About the byte that is to be scanned: `before` it, and `after` it. Where no character is decoded,
 * Jackson takes the byte itself for one. */
static bool fail_at(struct scanner *scanner, const char *before, const char *after)
{
    unsigned c = *scanner->at;
    char *reason = scanner->fault->reason;
    size_t size = sizeof(scanner->fault->reason);
    if (c < 0x20 || (c >= 0x7F && c < 0xA0))
        snprintf(reason, size, "%s(CTRL-CHAR, code %u)%s", before, c, after);
    else if (c >= 0xA0)
        snprintf(reason, size, "%s'%c%c' (code %u)%s", before, (char)(0xC0 | c >> 6),
                 (char)(0x80 | (c & 0x3F)), c, after);
    else
        snprintf(reason, size, "%s'%c' (code %u)%s", before, c, c, after);
    return fail(scanner, scanner->at, reason);
}

static bool fail_character(struct scanner *scanner, const char *expected)
{
    char after[200];
    snprintf(after, sizeof(after), "): %s", expected);
    return fail_at(scanner, "Unexpected character (", after);
}

/* A byte between tokens, where space was skipped. */
static bool fail_token(struct scanner *scanner, const char *expected)
{
    if (*scanner->at < 0x20)
        return fail_at(scanner, "Illegal character (",
                       "): only regular white space (\\r, \\n, \\t) is allowed between tokens");
    return fail_character(scanner, *scanner->at != '/'
                                       ? expected
                                       : "maybe a (non-standard) comment? (not recognized as one "
                                         "since Feature 'ALLOW_COMMENTS' not enabled for parser)");
}

/* The input ends where the container could have been closed. */
static bool fail_open_container(struct scanner *scanner)
{
    int line;
    int column;
    locate(scanner, scanner->opened_at[scanner->depth - 1], &line, &column);
    snprintf(scanner->fault->reason, sizeof(scanner->fault->reason),
             "Unexpected end-of-input: expected close marker for %s (start marker at line: %d, "
             "column: %d)",
             scanner->is_object[scanner->depth - 1] ? "Object" : "Array", line, column);
    return fail(scanner, scanner->end, scanner->fault->reason);
}

/* The input ends where more has to come. */
static bool fail_end(struct scanner *scanner)
{
    if (scanner->depth == 0)
        return fail(scanner, scanner->end, "No content to map due to end-of-input");
    return fail(scanner, scanner->end,
                scanner->is_object[scanner->depth - 1]
                    ? "Unexpected end-of-input within/between Object entries"
                    : "Unexpected end-of-input within/between Array entries");
}

/* Bytes that are no UTF-8: one that begins no character, or, behind one that does, one that does
 * not belong to it. */
static bool fail_encoding(struct scanner *scanner, const unsigned char *bad)
{
    int size = *bad >= 0xC0 && *bad < 0xF8 ? 2 + (*bad >= 0xE0) + (*bad >= 0xF0) : 1;
    int middle = 1;
    while (middle < size && bad + middle < scanner->end && (bad[middle] & 0xC0) == 0x80)
        middle++;
    bool is_middle = middle < size && bad + middle < scanner->end;
    const unsigned char *told = is_middle ? bad + middle : bad;
    snprintf(scanner->fault->reason, sizeof(scanner->fault->reason), "Invalid UTF-8 %s byte 0x%02x",
             is_middle ? "middle" : "start", *told);
    return fail(scanner, told + 1, scanner->fault->reason);
}

static bool is_space(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_space(struct scanner *scanner)
{
    while (scanner->at < scanner->end && is_space(*scanner->at))
        scanner->at++;
}

static bool is_word_byte(unsigned char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' ||
           c == '$' || c >= 0xC2;
}

static bool fail_non_number(struct scanner *scanner, const char *word)
{
    snprintf(scanner->fault->reason, sizeof(scanner->fault->reason),
             "Non-standard token '%s': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow",
             word);
    return fail(scanner, scanner->at, scanner->fault->reason);
}

static bool fail_word(struct scanner *scanner, struct text word)
{
    bool is_long = word.size >= WORD_SHOWN_MAX;
    snprintf(scanner->fault->reason, sizeof(scanner->fault->reason),
             "Unrecognized token '%.*s%s': was expecting (JSON String, Number, Array, Object or "
             "token 'null', 'true' or 'false')",
             is_long ? WORD_SHOWN_MAX : (int)word.size, word.data, is_long ? "..." : "");
    fail(scanner, is_long ? (const unsigned char *)word.data + WORD_SHOWN_MAX : scanner->at,
         scanner->fault->reason);
    /* What ends the word has been read, even if it is a line's end. */
    scanner->fault->column += !is_long && scanner->at < scanner->end;
    return false;
}

/* true, false, null, or what Jackson calls an unrecognized token. */
static bool scan_word(struct scanner *scanner)
{
    static const char *const words[] = { "true", "false", "null" };
    static const char *const non_numbers[] = { "NaN", "Infinity" };
    const unsigned char *start = scanner->at;
    while (scanner->at < scanner->end && is_word_byte(*scanner->at))
        scanner->at++;
    struct text word = { (const char *)start, (size_t)(scanner->at - start) };
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (text_equal(word, words[i]))
            return true;
    }
    for (size_t i = 0; i < COUNT_OF(non_numbers); i++) {
        if (text_equal(word, non_numbers[i]))
            return fail_non_number(scanner, non_numbers[i]);
    }
    /* A byte that cannot begin a character is met while the token is being read. */
    if (scanner->at < scanner->end && *scanner->at >= 0x80)
        return fail_encoding(scanner, scanner->at);
    return fail_word(scanner, word);
}

/* One digit or more; `lack` says what is wrong without. */
static bool scan_digits(struct scanner *scanner, const char *lack)
{
    const unsigned char *start = scanner->at;
    while (scanner->at < scanner->end && *scanner->at >= '0' && *scanner->at <= '9')
        scanner->at++;
    if (scanner->at > start)
        return true;
    if (scanner->at == scanner->end)
        return fail(scanner, scanner->end, "Unexpected end-of-input within a number");
    char after[120];
    snprintf(after, sizeof(after), ") in numeric value: %s", lack);
    return fail_at(scanner, "Unexpected character (", after);
}

/* At the root a number's end is told by white space alone. */
static bool end_number(struct scanner *scanner)
{
    if (scanner->depth > 0 || scanner->at == scanner->end || is_space(*scanner->at))
        return true;
    return fail_character(scanner, "Expected space separating root-level values");
}

static bool scan_number(struct scanner *scanner)
{
    struct text rest = { (const char *)scanner->at, (size_t)(scanner->end - scanner->at) };
    if (text_starts_with(rest, "-Infinity")) {
        scanner->at += strlen("-Infinity");
        return fail_non_number(scanner, "-Infinity");
    }
    if (*scanner->at == '-')
        scanner->at++;
    bool has_leading_zero = scanner->at < scanner->end && *scanner->at == '0';
    const unsigned char *start = scanner->at;
    if (!scan_digits(scanner, "expected digit (0-9) to follow minus sign, for valid numeric value"))
        return false;
    if (has_leading_zero && scanner->at - start > 1)
        return fail(scanner, start + 1, "Invalid numeric value: Leading zeroes not allowed");
    if (scanner->at < scanner->end && *scanner->at == '.') {
        scanner->at++;
        if (!scan_digits(scanner, "Decimal point not followed by a digit"))
            return false;
    }
    if (scanner->at < scanner->end && (*scanner->at | 0x20) == 'e') {
        scanner->at++;
        if (scanner->at < scanner->end && (*scanner->at == '+' || *scanner->at == '-'))
            scanner->at++;
        if (!scan_digits(scanner, "Exponent indicator not followed by a digit"))
            return false;
    }
    return end_number(scanner);
}

static bool scan_escape(struct scanner *scanner)
{
    scanner->at++;
    if (scanner->at == scanner->end)
        return fail(scanner, scanner->end, "Unexpected end-of-input in character escape sequence");
    if (*scanner->at != 'u') {
        if (!strchr("\"\\/bfnrt", *scanner->at) || *scanner->at == '\0')
            return fail_at(scanner, "Unrecognized character escape ", "");
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

/* The input ends within a string that began at `start`. */
static bool fail_open_string(struct scanner *scanner, const unsigned char *start, bool is_name)
{
    const char *reason = "Unexpected end-of-input in VALUE_STRING";
    if (is_name)
        reason = start == scanner->end
                     ? "Unexpected end-of-input: was expecting closing '\"' for name"
                     : "Unexpected end-of-input in field name";
    return fail(scanner, scanner->end, reason);
}

static bool scan_string(struct scanner *scanner, bool is_name)
{
    const unsigned char *start = ++scanner->at;
    bool is_ascii = true;
    while (scanner->at < scanner->end && *scanner->at != '"') {
        if (*scanner->at < 0x20)
            return fail_at(scanner, "Illegal unquoted character (",
                           is_name ? "): has to be escaped using backslash to be included in name"
                                   : "): has to be escaped using backslash to be included in "
                                     "string value");
        is_ascii &= *scanner->at < 0x80;
        if (*scanner->at != '\\')
            scanner->at++;
        else if (!scan_escape(scanner))
            return false;
    }
    if (scanner->at == scanner->end)
        return fail_open_string(scanner, start, is_name);
    size_t bad = 0;
    struct text text = { (const char *)start, (size_t)(scanner->at - start) };
    if (!is_ascii && !text_is_utf8(text, &bad))
        return fail_encoding(scanner, start + bad);
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
        return fail_token(scanner, "was expecting double-quote to start field name");
    if (!scan_string(scanner, true))
        return false;
    skip_space(scanner);
    if (scanner->at == scanner->end)
        return fail_end(scanner);
    if (*scanner->at != ':')
        return fail_token(scanner, "was expecting a colon to separate field name and value");
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
            return fail_open_container(scanner);
        bool is_object = scanner->is_object[scanner->depth - 1];
        if (*scanner->at == (is_object ? '}' : ']')) {
            scanner->depth--;
            scanner->at++;
            continue;
        }
        if (*scanner->at != ',')
            return fail_token(scanner, is_object ? "was expecting comma to separate Object entries"
                                                 : "was expecting comma to separate Array entries");
        scanner->at++;
        return !is_object || scan_name(scanner);
    }
}

/* No value begins with this byte. */
static bool fail_value(struct scanner *scanner)
{
    bool is_in_array = scanner->depth > 0 && !scanner->is_object[scanner->depth - 1];
    unsigned char c = *scanner->at;
    if (c == ',' || (c == '}' && scanner->depth > 0) || (c == ']' && is_in_array))
        return fail_token(scanner, "expected a value");
    return fail_token(scanner, "expected a valid value (JSON String, Number, Array, Object or "
                               "token 'null', 'true' or 'false')");
}

/* A scalar, or the start of a container; *is_complete_out: a container that closed at once or a
 * scalar, so that what follows is what follows a value. */
static bool scan_value(struct scanner *scanner, bool *is_complete_out)
{
    skip_space(scanner);
    if (scanner->at == scanner->end)
        return fail_end(scanner);
    unsigned char c = *scanner->at;
    *is_complete_out = true;
    if (c == '"')
        return scan_string(scanner, false);
    if (c == '-' || (c >= '0' && c <= '9'))
        return scan_number(scanner);
    if (is_word_byte(c))
        return scan_word(scanner);
    if (c != '{' && c != '[')
        return fail_value(scanner);
    if (!open_container(scanner))
        return false;
    skip_space(scanner);
    if (scanner->at == scanner->end || *scanner->at == (c == '{' ? '}' : ']'))
        return true; /* scan_after_value closes it, or misses its end */
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
