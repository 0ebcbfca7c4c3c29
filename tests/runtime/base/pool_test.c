/* pool: blocks of all sizes keep what they hold while others come and go. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"
#include "check.h"

#define SLOTS 500

struct slot {
    unsigned char *block;
    size_t size;
    unsigned char fill;
};

static int holds(const struct slot *slot)
{
    for (size_t i = 0; i < slot->size; i++)
        if (slot->block[i] != slot->fill)
            return 0;
    return 1;
}

static void fill(struct slot *slot, unsigned char value)
{
    slot->fill = value;
    memset(slot->block, value, slot->size);
}

static void test_any_order(void)
{
    static struct slot slots[SLOTS];
    struct pool pool;
    uint32_t random = 1;

    pool_init(&pool);
    for (int i = 0; i < 100000; i++) {
        struct slot *slot;
        size_t size, kept;

        random = random * 1664525u + 1013904223u;
        slot = &slots[(random >> 8) % SLOTS];
        size = (random >> 18) % 3 == 0 ? 0 : (random >> 20) % 700;
        kept = slot->size < size ? slot->size : size;
        CHECK(holds(slot));
        slot->block = pool_resize(&pool, slot->block, slot->size, size);
        CHECK((slot->block == NULL) == (size == 0));
        CHECK((uintptr_t)slot->block % POOL_STEP == 0);
        slot->size = kept;
        CHECK(holds(slot));
        slot->size = size;
        if (size > 0)
            fill(slot, (unsigned char)i);
    }
    for (int i = 0; i < SLOTS; i++) {
        CHECK(holds(&slots[i]));
        CHECK(!pool_resize(&pool, slots[i].block, slots[i].size, 0));
    }
    pool_release(&pool);
}

static void test_given_back_is_taken(void)
{
    struct pool pool;
    void *first, *second;

    pool_init(&pool);
    CHECK(!pool_resize(&pool, NULL, 0, 0));
    first = pool_resize(&pool, NULL, 0, 40);
    first = pool_resize(&pool, first, 40, 48);
    pool_resize(&pool, first, 48, 0);
    second = pool_resize(&pool, NULL, 0, 33);
#ifndef __SANITIZE_ADDRESS__
    CHECK(second == first);
#endif
    pool_resize(&pool, second, 33, 0);
    pool_release(&pool);
    pool_release(&pool);
}

int main(void)
{
    test_any_order();
    test_given_back_is_taken();
    return 0;
}
