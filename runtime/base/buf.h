/* buf: a growable run of bytes that is born with a maximum.
 *
 * data is always NUL-terminated once anything was added (the NUL is not in
 * len), so text can be read as a C string. A failed add changes nothing.
 */
#ifndef ALMANAC_BUF_H
#define ALMANAC_BUF_H

#include <stddef.h>

struct buf {
    char *data; /* NULL until the first add */
    size_t len; /* bytes held */
    size_t cap; /* bytes allocated */
    size_t max; /* len never exceeds this */
};

#define BUF_INIT(maximum) ((struct buf){NULL, 0, 0, (maximum)})

void buf_init(struct buf *b, size_t max);
void buf_release(struct buf *b);
/* Empties it and keeps the memory. */
void buf_reset(struct buf *b);

/* 0, or -1 when the maximum would be passed or memory is out. */
int buf_add(struct buf *b, const void *bytes, size_t len);
int buf_adds(struct buf *b, const char *text);
int buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Room for len more bytes, which count as held: the caller fills them. NULL where add() gives -1.
 */
char *buf_claim(struct buf *b, size_t len);
/* Removes the first len bytes (all of them when len is larger). */
void buf_consume(struct buf *b, size_t len);
/* Hands the bytes over, NUL-terminated, to be freed with free(); "" when empty; NULL when
 * memory is out. The buffer is empty afterwards. */
char *buf_detach(struct buf *b, size_t *len);
/* The text held, "" when empty. */
const char *buf_str(const struct buf *b);

#endif
