/*
 * Completion scripts, written from the rows, so that they cannot go stale.
 */
#include <string.h>

#include "command_table.h"

static bool wants_file(const struct option_row *row)
{
    static const char *const words[] = { "FILE", "DIR", "FOLDER", "ZIP" };
    for (size_t i = 0; row->placeholder && i < COUNT_OF(words); i++) {
        if (strstr(row->placeholder, words[i]))
            return true;
    }
    return false;
}

static bool has_options(const struct command_row *command)
{
    return command->options && command->options->name;
}

static void bash_values(const struct command_row *command, FILE *stream)
{
    for (const struct option_row *row = command->options; row->name; row++) {
        if (row->type == OPTION_FLAG)
            continue;
        fprintf(stream, "    %s:--%s", command->name, row->name);
        if (row->letter)
            fprintf(stream, "|%s:-%c", command->name, row->letter);
        fputs(") ", stream);
        if (row->choices)
            fprintf(stream, "COMPREPLY=($(compgen -W \"%s\" -- \"$cur\")) ;;\n", row->choices);
        else if (wants_file(row))
            fprintf(stream, "compopt -o filenames 2> /dev/null; "
                            "COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n");
        else
            fprintf(stream, "return ;;\n");
    }
}

static void bash_options(const struct command_row *command, FILE *stream)
{
    fprintf(stream, "    %s) words=\"", command->name);
    for (const struct option_row *row = command->options; row->name; row++)
        fprintf(stream, "%s--%s", row == command->options ? "" : " ", row->name);
    fprintf(stream, "\" ;;\n");
}

/* After "--" stands another command, which may have a completion of its own (_command_offset is
 * the bash-completion package's). */
static const char bash_begin[] =
    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=\"\" i\n"
    "    COMPREPLY=()\n"
    "    for ((i = 2; i < COMP_CWORD; i++)); do\n"
    "        [ \"${COMP_WORDS[i]}\" = -- ] || continue\n"
    "        if declare -F _command_offset > /dev/null; then _command_offset $((i + 1)); return; "
    "fi\n"
    "        if ((COMP_CWORD == i + 1)); then COMPREPLY=($(compgen -c -- \"$cur\"))\n"
    "        else compopt -o filenames 2> /dev/null; COMPREPLY=($(compgen -f -- \"$cur\")); fi\n"
    "        return\n"
    "    done\n"
    "    # --name=value is three words to bash\n"
    "    if [ \"$cur\" = = ]; then cur=\"\"\n"
    "    elif [ \"$prev\" = = ]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n";

static void bash_print(const struct command_table *table, FILE *stream)
{
    fprintf(stream, "# bash completion for %s; made by `%s completion bash`\n_%s() {\n%s",
            table->program, table->program, table->program, bash_begin);
    fprintf(stream, "    if ((COMP_CWORD == 1)); then\n        COMPREPLY=($(compgen -W \"");
    for (const struct command_row *row = table->commands; row->name; row++)
        fprintf(stream, "%s ", row->name);
    fprintf(stream, "--help --version\" -- \"$cur\"))\n        return\n    fi\n"
                    "    case ${COMP_WORDS[1]}:$prev in\n");
    for (const struct command_row *row = table->commands; row->name; row++) {
        if (has_options(row))
            bash_values(row, stream);
    }
    fprintf(stream, "    *) case ${COMP_WORDS[1]} in\n");
    for (const struct command_row *row = table->commands; row->name; row++) {
        if (has_options(row))
            bash_options(row, stream);
    }
    fprintf(stream,
            "    esac\n"
            "    case $cur in\n"
            "    -*) COMPREPLY=($(compgen -W \"$words\" -- \"$cur\")) ;;\n"
            "    *) compopt -o filenames 2> /dev/null; COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n"
            "    esac ;;\n    esac\n}\ncomplete -F _%s %s\n",
            table->program, table->program);
}

/* Text within single quotes, where zsh's _arguments and _describe see colons and brackets. */
static void zsh_text(const char *text, FILE *stream)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", stream);
        else if (strchr("[]:\\", *text))
            fprintf(stream, "\\%c", *text);
        else
            fputc(*text, stream);
    }
}

static void zsh_option(const struct option_row *row, FILE *stream)
{
    const char *equals = row->type == OPTION_FLAG ? "" : "=";
    if (row->letter)
        fprintf(stream, " \\\n            {-%c,--%s%s}'[", row->letter, row->name, equals);
    else
        fprintf(stream, " \\\n            '--%s%s[", row->name, equals);
    zsh_text(row->help, stream);
    fputc(']', stream);
    if (row->type != OPTION_FLAG) {
        fputc(':', stream);
        zsh_text(row->placeholder ? row->placeholder : "value", stream);
        fprintf(stream, ":%s%s%s", row->choices ? "(" : "", row->choices ? row->choices : "",
                row->choices ? ")" : "");
        if (wants_file(row))
            fputs("_files", stream);
    }
    fputc('\'', stream);
}

static void zsh_command(const struct command_row *command, FILE *stream)
{
    fprintf(stream, "        %s) _arguments", command->name);
    for (const struct option_row *row = command->options; row->name; row++)
        zsh_option(row, stream);
    fprintf(stream, " \\\n            '*:file:_files' ;;\n");
}

static void zsh_print(const struct command_table *table, FILE *stream)
{
    fprintf(stream,
            "#compdef %s\n# zsh completion for %s; made by `%s completion zsh`\n_%s() {\n"
            "    local -a commands\n    local after=${words[(i)--]}\n    commands=(\n",
            table->program, table->program, table->program, table->program);
    for (const struct command_row *row = table->commands; row->name; row++) {
        fprintf(stream, "        '%s:", row->name);
        zsh_text(row->help, stream);
        fprintf(stream, "'\n");
    }
    fprintf(stream, "    )\n    if ((CURRENT == 2)); then _describe command commands; return; fi\n"
                    "    if ((after < CURRENT)); then\n"
                    "        shift $after words; ((CURRENT -= after)); _normal; return\n    fi\n"
                    "    shift words; ((CURRENT--))\n    case $words[1] in\n");
    for (const struct command_row *row = table->commands; row->name; row++) {
        if (has_options(row))
            zsh_command(row, stream);
    }
    fprintf(stream,
            "        *) _files ;;\n    esac\n}\n"
            "if [ \"$funcstack[1]\" = _%s ]; then _%s \"$@\"; else compdef _%s %s; fi\n",
            table->program, table->program, table->program, table->program);
}

bool completion_print(const struct command_table *table, const char *shell, FILE *stream)
{
    if (strcmp(shell, "bash") == 0)
        bash_print(table, stream);
    else if (strcmp(shell, "zsh") == 0)
        zsh_print(table, stream);
    else
        return false;
    return true;
}
