#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *b, size_t max)
{
    *b = BUF_INIT(max);
}

void buf_release(struct buf *b)
{
    free(b->data);
    *b = BUF_INIT(b->max);
}

void buf_reset(struct buf *b)
{
    b->len = 0;
    if (b->data)
        b->data[0] = '\0';
}

static int buf_reserve(struct buf *b, size_t extra)
{
    size_t need, cap;
    char *data;

    if (extra > b->max - b->len)
        return -1;
    need = b->len + extra + 1;
    if (need <= b->cap)
        return 0;
    cap = b->cap ? b->cap : 64;
    while (cap < need)
        cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    data = realloc(b->data, cap);
    if (!data)
        return -1;
    b->data = data;
    b->cap = cap;
    return 0;
}

char *buf_claim(struct buf *b, size_t len)
{
    char *room;

    if (buf_reserve(b, len) < 0)
        return NULL;
    room = b->data + b->len;
    b->len += len;
    b->data[b->len] = '\0';
    return room;
}

int buf_add(struct buf *b, const void *bytes, size_t len)
{
    char *room = buf_claim(b, len);

    if (!room)
        return -1;
    if (len)
        memcpy(room, bytes, len);
    return 0;
}

int buf_adds(struct buf *b, const char *text)
{
    return buf_add(b, text, strlen(text));
}

int buf_addf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0 || buf_reserve(b, (size_t)n) < 0)
        return -1;
    va_start(ap, fmt);
    vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->len += (size_t)n;
    return 0;
}

void buf_consume(struct buf *b, size_t len)
{
    if (len >= b->len) {
        buf_reset(b);
        return;
    }
    memmove(b->data, b->data + len, b->len - len + 1);
    b->len -= len;
}

char *buf_detach(struct buf *b, size_t *len)
{
    char *data;

    if (buf_reserve(b, 0) < 0)
        return NULL;
    b->data[b->len] = '\0';
    data = b->data;
    if (len)
        *len = b->len;
    *b = BUF_INIT(b->max);
    return data;
}

const char *buf_str(const struct buf *b)
{
    return b->data ? b->data : "";
}
