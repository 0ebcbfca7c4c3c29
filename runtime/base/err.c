#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Formats into a text of `size` bytes, behind `at` bytes that are there. What does not fit is left
 * out with the mark that a child's output has: half a secret may stand before it, and redaction
 * looks for one there. */
static void fill_text(char *text, size_t size, size_t at, const char *fmt, va_list ap)
{
    size_t end = size - sizeof "[… 18446744073709551615 bytes left out …]";
    int len = vsnprintf(text + at, size - at, fmt, ap);

    if (len < 0)
        text[at] = '\0';
    if (len < 0 || at + (size_t)len < size)
        return;
    while (end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80)
        end--; /* no character is cut in two */
    snprintf(text + end, size - end, "[… %zu bytes left out …]", at + (size_t)len - end);
}

static void append_text(char *text, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void append_text(char *text, size_t size, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    fill_text(text, size, strlen(text), fmt, ap);
    va_end(ap);
}

int err_vset(struct err *e, enum err_kind kind, const char *fmt, va_list ap)
{
    if (!e)
        return -1;
    e->kind = kind;
    e->os_errno = 0;
    e->hint[0] = '\0';
    fill_text(e->message, sizeof e->message, 0, fmt, ap);
    return -1;
}

int err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    err_vset(e, kind, fmt, ap);
    va_end(ap);
    return -1;
}

int err_set_errno(struct err *e, enum err_kind kind, int errnum, const char *fmt, ...)
{
    va_list ap;

    if (!e)
        return -1;
    va_start(ap, fmt);
    err_vset(e, kind, fmt, ap);
    va_end(ap);
    e->os_errno = errnum;
    append_text(e->message, sizeof e->message, ": %s", strerror(errnum));
    return -1;
}

int err_hint(struct err *e, const char *fmt, ...)
{
    va_list ap;

    if (!e)
        return -1;
    va_start(ap, fmt);
    fill_text(e->hint, sizeof e->hint, 0, fmt, ap);
    va_end(ap);
    return -1;
}

int err_wrap(struct err *e, const char *fmt, ...)
{
    char old[ERR_MESSAGE_MAX];
    va_list ap;

    if (!e)
        return -1;
    memcpy(old, e->message, sizeof old);
    va_start(ap, fmt);
    fill_text(e->message, sizeof e->message, 0, fmt, ap);
    va_end(ap);
    append_text(e->message, sizeof e->message, ": %s", old);
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
