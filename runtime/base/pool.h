/* pool: small blocks of memory, without the cost of malloc for each.
 *
 * Blocks up to POOL_SMALL bytes are cut from chunks and kept, by size, in lists once they are given
 * back; larger ones are malloc's. Whoever gives a block back says how large it was, so a block
 * carries nothing of its own. A chunk is freed with the pool alone: what was once needed for small
 * blocks stays with them.
 *
 * With the address sanitizer every block is malloc's, so that it sees each.
 */
#ifndef ALMANAC_POOL_H
#define ALMANAC_POOL_H

#include <stddef.h>

#define POOL_STEP 16 /* sizes are rounded up to it; what malloc aligns to */
#define POOL_SMALL 256

struct pool {
    struct pool_free *free[POOL_SMALL / POOL_STEP + 1]; /* by size / POOL_STEP */
    struct pool_chunk *chunks;
    char *at, *end; /* what is left of the newest chunk */
};

/* A zeroed pool is an empty one. */
void pool_init(struct pool *pool);
/* Frees the chunks; no small block may be used any more. Large ones are their owners'. */
void pool_release(struct pool *pool);
/* As realloc() and free(): a block of `size` bytes with what the old one of `old` bytes held, as
 * far as it fits; block NULL (old is 0 then) makes one, size 0 gives it back and is NULL. On
 * failure NULL, and the old block is as it was; to make one smaller never fails, as Lua demands. */
void *pool_resize(struct pool *pool, void *block, size_t old, size_t size);

#endif
