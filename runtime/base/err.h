/* err: how a fallible call says what went wrong.
 *
 * Such a call returns 0 or a negative value, and on failure fills the
 * caller's `struct err`. Outputs change only on success. An error is shown
 * once, at the top; layers on the way add context with err_wrap(). A text that is longer than its
 * place ends with "[… N bytes left out …]"; N counts what was cut last, where it was cut twice.
 */
#ifndef ALMANAC_ERR_H
#define ALMANAC_ERR_H

#include <stdarg.h>
#include <stddef.h>

enum err_kind {
    ERR_NONE,
    ERR_USAGE,        /* the caller's input is wrong */
    ERR_IO,           /* the operating system refused: files, disks, pipes */
    ERR_MEMORY,       /* out of memory, or past a cap */
    ERR_NOT_FOUND,    /* what was named does not exist */
    ERR_NETWORK,      /* could not connect, or the connection broke */
    ERR_TLS,          /* the peer's certificate or handshake was refused */
    ERR_AUTH,         /* credentials missing, expired or refused */
    ERR_PROTOCOL,     /* the peer answered what it must not */
    ERR_LIMIT,        /* larger, deeper or more than allowed */
    ERR_TIMEOUT,      /* a deadline passed */
    ERR_PAUSED,       /* the operator stopped the run between effects */
    ERR_CANCELLED,    /* the operator or a failed sibling cancelled it */
    ERR_BUSY,         /* somebody else holds it */
    ERR_CORRUPT,      /* stored data does not check out */
    ERR_PARSE,        /* a text is malformed */
    ERR_SCRIPT,       /* a fault in a script: what Lua itself raises */
    ERR_OUTSIDE_STEP, /* only a step may do it */
    ERR_REFUSED,      /* the running code may not do it */
    ERR_INTERNAL,     /* a bug of ours */
};

#define ERR_MESSAGE_MAX 1024
#define ERR_HINT_MAX 512

struct err {
    enum err_kind kind;
    int os_errno;                  /* errno, or 0 */
    char message[ERR_MESSAGE_MAX]; /* what and why, one sentence, no newline at the end */
    char hint[ERR_HINT_MAX];       /* what to do next, or "" */
};

/* Fills *e (which may be NULL) and returns -1, so that `return err_set(…)` fails. */
int err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

int err_vset(struct err *e, enum err_kind kind, const char *fmt, va_list ap);

/* As err_set() with ": strerror(errnum)" behind the message. */
int err_set_errno(struct err *e, enum err_kind kind, int errnum, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Sets the hint of an error already filled; returns -1. */
int err_hint(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Puts "context: " before the message; returns -1. */
int err_wrap(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The word that scripts see in `error.kind`: "usage", "not_found", … */
const char *err_kind_name(enum err_kind kind);

/* A bug: prints file:line and aborts. */
#define BUG(msg) err_bug(__FILE__, __LINE__, msg)
#define BUG_ON(cond)                                                                               \
    do {                                                                                           \
        if (cond)                                                                                  \
            BUG(#cond);                                                                            \
    } while (0)
_Noreturn void err_bug(const char *file, int line, const char *msg);

#endif
