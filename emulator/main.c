/*
 * The table of commands, and what the program as a whole does without.
 */
#include <signal.h>

#include "command/command.h"
#include "command_table.h"
#include "json.h"

static const struct command_row commands[] = {
    { "serve", serve_command, serve_rows, "run the server in the foreground" },
    { "exec", exec_command, exec_rows,
      "run one command against a server of its own, then forget it all" },
    { "attach", attach_command, attach_rows,
      "let a program of your own, under a debugger, be a function" },
    { "env", env_command, env_rows,
      "print the variables that point AWS's tools to a running server" },
    { "check", check_command, NULL, "look a data directory over: is all of it whole" },
    { "runtimes", runtimes_command, NULL, "show which interpreters stand for Lambda's runtimes" },
    { "operations", operations_command, NULL, "print the table of emulated operations" },
    { NULL, NULL, NULL, NULL },
};

/* libmicrohttpd prepares GnuTLS when it is loaded, which costs a start a tenth of its time and a
 * megabyte. Nobody here speaks TLS through GnuTLS (libcurl.so.4 has OpenSSL for it): these take the
 * place of its own. */
int gnutls_global_init(void);
int gnutls_global_init(void)
{
    return 0;
}

void gnutls_global_deinit(void);
void gnutls_global_deinit(void)
{
}

/* GnuTLS asks whether it shall prepare itself when it is loaded: no. */
int _gnutls_global_init_skip(void);
int _gnutls_global_init_skip(void)
{
    return 1;
}

int main(int count, char **arguments)
{
    static const struct command_table table = { "coalmine",
                                                "AWS Lambda canary deployments, offline", commands,
                                                NULL };
    signal(SIGPIPE, SIG_IGN); /* a peer that left is an error of write(), not the end */
    json_keep_memory();
    return command_table_run(&table, count, arguments);
}
