#include "proc/proc_capture.h"

void capture_init(struct capture *c, size_t max)
{
    c->half = max / 2;
    c->total = 0;
    buf_init(&c->head, max - c->half);
    buf_init(&c->tail, 2 * c->half);
}

void capture_release(struct capture *c)
{
    buf_release(&c->head);
    buf_release(&c->tail);
}

void capture_add(struct capture *c, const char *data, size_t len)
{
    size_t n = c->head.max - c->head.len;

    c->total += len;
    if (n > len)
        n = len;
    if (n && buf_add(&c->head, data, n) < 0)
        return;
    data += n;
    len -= n;
    if (len > c->half) {
        data += len - c->half;
        len = c->half;
    }
    if (len > c->tail.max - c->tail.len)
        buf_consume(&c->tail, c->tail.len - (c->half - len));
    if (len && buf_add(&c->tail, data, len) < 0)
        buf_reset(&c->tail);
}

bool capture_truncated(const struct capture *c)
{
    return c->total > c->head.len + (c->tail.len < c->half ? c->tail.len : c->half);
}

/* A cut must not leave half a UTF-8 character on either side of it. */
static size_t head_without_partial(const char *s, size_t len)
{
    size_t i = len;
    unsigned char lead;
    size_t need;

    while (i > 0 && len - i < 3 && ((unsigned char)s[i - 1] & 0xc0) == 0x80)
        i--;
    if (i == 0)
        return len;
    lead = (unsigned char)s[i - 1];
    need = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    return need > len - i + 1 ? i - 1 : len;
}

int capture_text(const struct capture *c, struct buf *out)
{
    size_t tail = c->tail.len < c->half ? c->tail.len : c->half;
    size_t head = c->head.len;
    const char *t = buf_str(&c->tail) + (c->tail.len - tail);
    size_t skip = 0;

    if (!capture_truncated(c))
        return buf_add(out, buf_str(&c->head), head) < 0 || buf_add(out, t, tail) < 0 ? -1 : 0;
    head = head_without_partial(buf_str(&c->head), head);
    while (skip < tail && skip < 3 && ((unsigned char)t[skip] & 0xc0) == 0x80)
        skip++;
    tail -= skip;
    if (buf_add(out, buf_str(&c->head), head) < 0 ||
        buf_addf(out, "%s[… %llu bytes left out …]\n",
                 head && c->head.data[head - 1] != '\n' ? "\n" : "",
                 (unsigned long long)(c->total - head - tail)) < 0 ||
        buf_add(out, t + skip, tail) < 0)
        return -1;
    return 0;
}
