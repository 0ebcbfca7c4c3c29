#include "base/pool.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES ((size_t)32 << 10)

struct pool_free {
    struct pool_free *next;
};

struct pool_chunk {
    struct pool_chunk *next;
    _Alignas(POOL_STEP) char bytes[];
};

static size_t class_of(size_t size)
{
    return (size + POOL_STEP - 1) / POOL_STEP;
}

static int is_small(size_t size)
{
#ifdef __SANITIZE_ADDRESS__
    (void)size;
    return 0;
#else
    return size <= POOL_SMALL;
#endif
}

void pool_init(struct pool *pool)
{
    memset(pool, 0, sizeof *pool);
}

void pool_release(struct pool *pool)
{
    while (pool->chunks) {
        struct pool_chunk *next = pool->chunks->next;

        free(pool->chunks);
        pool->chunks = next;
    }
    pool_init(pool);
}

static void give_back(struct pool *pool, void *block, size_t class)
{
    struct pool_free *entry = block;

    entry->next = pool->free[class];
    pool->free[class] = entry;
}

/* A new chunk. What is left of the one before is less than a small block, and goes to its list. */
static int add_chunk(struct pool *pool)
{
    struct pool_chunk *chunk = malloc(sizeof *chunk + CHUNK_BYTES);

    if (!chunk)
        return -1;
    if (pool->end > pool->at)
        give_back(pool, pool->at, (size_t)(pool->end - pool->at) / POOL_STEP);
    chunk->next = pool->chunks;
    pool->chunks = chunk;
    pool->at = chunk->bytes;
    pool->end = chunk->bytes + CHUNK_BYTES;
    return 0;
}

static void *take(struct pool *pool, size_t class)
{
    struct pool_free *entry = pool->free[class];
    char *block;

    if (entry) {
        pool->free[class] = entry->next;
        return entry;
    }
    if ((size_t)(pool->end - pool->at) < class * POOL_STEP && add_chunk(pool) < 0)
        return NULL;
    block = pool->at;
    pool->at += class * POOL_STEP;
    return block;
}

static void drop(struct pool *pool, void *block, size_t old)
{
    if (!block)
        return;
    if (is_small(old))
        give_back(pool, block, class_of(old));
    else
        free(block);
}

void *pool_resize(struct pool *pool, void *block, size_t old, size_t size)
{
    void *made;

    if (size == 0) {
        drop(pool, block, old);
        return NULL;
    }
    if (block && is_small(old) && is_small(size) && class_of(old) == class_of(size))
        return block;
    if (!is_small(size) && (!block || !is_small(old))) {
        made = realloc(block, size);
        return made || size > old ? made : block;
    }
    made = is_small(size) ? take(pool, class_of(size)) : malloc(size);
    if (!made && size <= old)
        return block; /* it counts as a smaller one from now on, of which it is no worse */
    if (made && block) {
        memcpy(made, block, old < size ? old : size);
        drop(pool, block, old);
    }
    return made;
}
