#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void err_fill(struct err *e, enum err_kind kind, int errnum, const char *fmt, va_list ap)
{
    e->kind = kind;
    e->os_errno = errnum;
    e->hint[0] = '\0';
    vsnprintf(e->message, sizeof e->message, fmt, ap);
}

int err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
{
    va_list ap;

    if (!e)
        return -1;
    va_start(ap, fmt);
    err_fill(e, kind, 0, fmt, ap);
    va_end(ap);
    return -1;
}

int err_set_errno(struct err *e, enum err_kind kind, int errnum, const char *fmt, ...)
{
    va_list ap;
    size_t len;

    if (!e)
        return -1;
    va_start(ap, fmt);
    err_fill(e, kind, errnum, fmt, ap);
    va_end(ap);
    len = strlen(e->message);
    snprintf(e->message + len, sizeof e->message - len, ": %s", strerror(errnum));
    return -1;
}

int err_hint(struct err *e, const char *fmt, ...)
{
    va_list ap;

    if (!e)
        return -1;
    va_start(ap, fmt);
    vsnprintf(e->hint, sizeof e->hint, fmt, ap);
    va_end(ap);
    return -1;
}

int err_wrap(struct err *e, const char *fmt, ...)
{
    char context[ERR_MESSAGE_MAX];
    char old[ERR_MESSAGE_MAX];
    va_list ap;

    if (!e)
        return -1;
    va_start(ap, fmt);
    vsnprintf(context, sizeof context, fmt, ap);
    va_end(ap);
    memcpy(old, e->message, sizeof old);
    if (snprintf(e->message, sizeof e->message, "%s: %s", context, old) < 0)
        e->message[0] = '\0';
    return -1;
}

const char *err_kind_name(enum err_kind kind)
{
    switch (kind) {
    case ERR_NONE:
        return "none";
    case ERR_USAGE:
        return "usage";
    case ERR_IO:
        return "io";
    case ERR_MEMORY:
        return "memory";
    case ERR_NOT_FOUND:
        return "not_found";
    case ERR_NETWORK:
        return "network";
    case ERR_TLS:
        return "tls";
    case ERR_AUTH:
        return "auth";
    case ERR_PROTOCOL:
        return "protocol";
    case ERR_LIMIT:
        return "limit";
    case ERR_TIMEOUT:
        return "timeout";
    case ERR_PAUSED:
        return "paused";
    case ERR_CANCELLED:
        return "cancelled";
    case ERR_BUSY:
        return "busy";
    case ERR_CORRUPT:
        return "corrupt";
    case ERR_PARSE:
        return "parse";
    case ERR_SCRIPT:
        return "script";
    case ERR_OUTSIDE_STEP:
        return "outside_step";
    case ERR_REFUSED:
        return "refused";
    case ERR_INTERNAL:
        return "internal";
    }
    BUG("unknown error kind");
}

_Noreturn void err_bug(const char *file, int line, const char *msg)
{
    fprintf(stderr, "almanac: bug at %s:%d: %s\n", file, line, msg);
    abort();
}
