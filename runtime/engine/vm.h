/* vm: one Lua state with a memory cap, the loop it waits on and the tasks it runs. */
#ifndef ALMANAC_VM_H
#define ALMANAC_VM_H

#include <stdbool.h>
#include <stddef.h>
#include <lua.h>

#include "base/err.h"
#include "base/pool.h"

struct loop;
struct sched;
struct transfers;

struct vm {
    lua_State *L; /* the main thread; tasks run in threads of their own */
    struct loop *loop;
    struct sched *sched;
    struct transfers *transfers; /* made by vm_transfers() on first use */
    struct pool pool;            /* the state's blocks */
    size_t memory_used;
    size_t memory_cap;
    lua_Integer exhaustions; /* how often the cap refused memory, or a script's stack was full */
    const char *stdlib_dir;  /* NULL: the embedded one */
};

/* memory_cap in bytes, 0 for the default (512 MiB). */
int vm_init(struct vm *vm, struct loop *loop, size_t memory_cap, struct err *e);
/* The same, and alike in every process: Lua's hashes begin with the same number. Not for data of
 * others, who could choose keys that all hash alike. A shared Lua draws the number all the same. */
int vm_init_alike(struct vm *vm, struct loop *loop, struct err *e);
/* All tasks must have ended. */
void vm_release(struct vm *vm);
/* The vm of a Lua state or of any thread of it. */
struct vm *vm_of(lua_State *L);
/* Whether the thread's stack is full, as the error that is handled left it: an exhaustion. */
bool vm_notice_depth(lua_State *L);
/* The process's HTTP client pool; raises a Lua error when it cannot be made. */
struct transfers *vm_transfers(lua_State *L);

#endif
