/*
 * The words of a Logs Insights query.
 */
#ifndef COALMINE_INSIGHTS_LEXER_H
#define COALMINE_INSIGHTS_LEXER_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "compiler.h"
#include "error.h"
#include "pattern.h"
#include "text.h"

enum insights_token_kind {
    TOKEN_END,
    TOKEN_NAME,   /* fields, @message, a.b, `a-b`; a.`b`[0] is a.b.0 */
    TOKEN_NUMBER, /* 1.5 */
    TOKEN_PERIOD, /* 5m: its number is milliseconds */
    TOKEN_MONTHS, /* 1mo, 1q, 1y: its number is months */
    TOKEN_TEXT,   /* 'x' or "x" */
    TOKEN_REGEX,  /* /x/; there are no flags behind it, but (?i) in it */
    TOKEN_SIGN,   /* | ( ) [ ] , + - * / % ^ = (also ==) != < <= > >= =~ */
};

struct insights_token {
    enum insights_token_kind kind;
    struct text source; /* as it stands in the query */
    const char *text;   /* unquoted; in the arena */
    double number;      /* TOKEN_NUMBER, TOKEN_PERIOD, TOKEN_MONTHS */
    bool is_quoted;     /* TOKEN_NAME in backticks: never a keyword */
};

struct insights_stats;
struct insights_times;

enum { INSIGHTS_NAMES_MAX = 512 };

struct insights_lexer {
    struct text query;
    size_t at;
    struct arena *arena;
    struct insights_token token; /* the present one */
    bool follows_operand;        /* then '/' divides; else it begins a regular expression */
    struct error *error;
    bool has_failed;
    int depth;              /* of nested expressions */
    struct regex **regexes; /* where those that are compiled are kept */
    /* Where aggregates may stand (else NULL): reads one of that name behind its "(" and tells the
     * field in which its value will be; a name that is no aggregate leaves *field_out NULL. False
     * with the error if it is one that cannot be read. */
    bool (*read_aggregate)(struct insights_lexer *lexer, const char *name, const char **field_out);
    struct insights_stats *stats; /* whose aggregates these are */
    const char *const *columns;   /* of the last stats: bin(5m), count(*), ... */
    size_t column_count;
    struct {
        const char *name;
        bool is_parsed;         /* by the command parse */
    } made[INSIGHTS_NAMES_MAX]; /* the fields that the query makes */
    size_t made_count;
    const struct insights_times *times;
};

/* Stands at the first token afterwards. `query` must not be NULL, even if it is empty. */
void insights_lexer_init(struct insights_lexer *lexer, struct text query, struct arena *arena,
                         struct regex **regexes, struct error *error);
void insights_next(struct insights_lexer *lexer);

/* Where in the query the present token begins. */
size_t insights_position(const struct insights_lexer *lexer);

/* Is it this sign; is it this keyword (in any case)? Taking goes on to the next token. */
bool insights_is_sign(const struct insights_lexer *lexer, const char *sign);
bool insights_is_word(const struct insights_lexer *lexer, const char *word);
bool insights_take_sign(struct insights_lexer *lexer, const char *sign);
bool insights_take_word(struct insights_lexer *lexer, const char *word);

/* The query makes a field, in what stands from `start` to the present token. False with the error
 * if it has made one of that name before: as on AWS, none is made twice. */
MUST_CHECK bool insights_make(struct insights_lexer *lexer, const char *name, size_t start,
                              bool is_parsed);
/* The command fields names a field in what stands from `start` on. False with the error if parse
 * made it: AWS takes that for making it again. */
MUST_CHECK bool insights_select(struct insights_lexer *lexer, const char *name, size_t start);

/* Takes the column of an earlier stats that begins here, if it is more than the present name:
 * behind stats count(*) by bin(5m) these are fields, not calls. NULL if none does. */
const char *insights_take_column(struct insights_lexer *lexer);

/* A regular expression, kept in the query's list; `options` as regex_compile() has them. NULL with
 * the error if it does not compile. */
MUST_CHECK struct regex *insights_compile_regex(struct insights_lexer *lexer, const char *source,
                                                int options);

/* Sets "unexpected symbol found X at line L and position P", once; returns false. */
bool insights_unexpected(struct insights_lexer *lexer, const char *wanted);

#endif
