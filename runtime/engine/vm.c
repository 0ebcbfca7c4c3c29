#include "engine/vm.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <lauxlib.h>
#include <lualib.h>

#include "engine/plain_text.h"
#include "engine/sched.h"
#include "engine/strings.h"
#include "engine/task_internal.h"
#include "engine/vm_error.h"
#include "engine/vm_load.h"
#include "net/transfer.h"

#define VM_MEMORY_CAP_DEFAULT ((size_t)512 << 20)
/* Any will do. */
#define VM_FIXED_SEED 0x5eedu

/* Outside a task nothing protects us from a failed allocation, so there the cap does not hold. */
static void *vm_alloc(void *ud, void *ptr, size_t osize, size_t nsize)
{
    struct vm *vm = ud;
    void *grown;

    if (!ptr)
        osize = 0;
    if (nsize == 0) {
        vm->memory_used -= osize;
        return pool_resize(&vm->pool, ptr, osize, 0);
    }
    if (nsize > osize && vm->memory_used + (nsize - osize) > vm->memory_cap && vm->sched &&
        vm->sched->current) {
        vm->exhaustions++;
        return NULL;
    }
    grown = pool_resize(&vm->pool, ptr, osize, nsize);
    if (grown)
        vm->memory_used += nsize - osize;
    return grown;
}

static int vm_panic(lua_State *L)
{
    const char *text = plain_text_push(L, -1);

    fprintf(stderr, "almanac: unprotected error: %s\n", text);
    BUG("unprotected error in Lua");
}

struct vm *vm_of(lua_State *L)
{
    return *(struct vm **)lua_getextraspace(L);
}

/* Room on a stack without which a script went too deep. It is full at a million values; how many
 * calls that is differs by one where the timer looked. */
#define VM_ROOM 2000

bool vm_notice_depth(lua_State *L)
{
    bool is_full = !lua_checkstack(L, VM_ROOM);

    vm_of(L)->exhaustions += is_full;
    return is_full;
}

static int vm_open(lua_State *L)
{
    static const luaL_Reg libs[] = {
        {LUA_GNAME, luaopen_base},       {LUA_COLIBNAME, luaopen_coroutine},
        {LUA_TABLIBNAME, luaopen_table}, {LUA_STRLIBNAME, luaopen_string},
        {LUA_MATHLIBNAME, luaopen_math}, {LUA_UTF8LIBNAME, luaopen_utf8},
        {LUA_DBLIBNAME, luaopen_debug},  {LUA_OSLIBNAME, luaopen_os},
    };

    for (size_t i = 0; i < sizeof libs / sizeof *libs; i++) {
        luaL_requiref(L, libs[i].name, libs[i].func, 1);
        if (libs[i].func == luaopen_string) {
            strings_replace(L);
            plain_text_open_string(L);
        }
        lua_pop(L, 1);
    }
    plain_text_open_base(L);
    vm_open_error_type(L);
    vm_open_package(L);
    vm_register(L, "task", luaopen_native_task);
    return 0;
}

/* Lua draws the seed of its hashes from the clock and from addresses, by a function of its own that
 * the linker hands to us where Lua is linked statically (--wrap). Only lua_newstate() asks it. */
unsigned int __real_luaS_hash(const char *text, size_t len, unsigned int seed)
    __attribute__((weak));
unsigned int __wrap_luaS_hash(const char *text, size_t len, unsigned int seed);

static bool seed_is_fixed;

unsigned int __wrap_luaS_hash(const char *text, size_t len, unsigned int seed)
{
    return seed_is_fixed ? VM_FIXED_SEED : __real_luaS_hash(text, len, seed);
}

int vm_init_alike(struct vm *vm, struct loop *loop, struct err *e)
{
    int rc;

    seed_is_fixed = true;
    rc = vm_init(vm, loop, 0, e);
    seed_is_fixed = false;
    return rc;
}

int vm_init(struct vm *vm, struct loop *loop, size_t memory_cap, struct err *e)
{
    memset(vm, 0, sizeof *vm);
    vm->loop = loop;
    vm->memory_cap = memory_cap ? memory_cap : VM_MEMORY_CAP_DEFAULT;
    vm->sched = sched_new(vm);
    vm->L = lua_newstate(vm_alloc, vm);
    if (!vm->sched || !vm->L) {
        err_set(e, ERR_MEMORY, "out of memory");
        vm_release(vm);
        return -1;
    }
    *(struct vm **)lua_getextraspace(vm->L) = vm;
    lua_atpanic(vm->L, vm_panic);
    lua_pushcfunction(vm->L, vm_open);
    if (vm_pcall(vm->L, 0, 0, e) < 0) {
        vm_release(vm);
        return -1;
    }
    return 0;
}

void vm_release(struct vm *vm)
{
    if (vm->L)
        lua_close(vm->L);
    if (vm->transfers)
        transfers_free(vm->transfers);
    sched_free(vm->sched);
    pool_release(&vm->pool);
    memset(vm, 0, sizeof *vm);
}

struct transfers *vm_transfers(lua_State *L)
{
    struct vm *vm = vm_of(L);
    struct err e;

    if (!vm->transfers) {
        vm->transfers = transfers_new(vm->loop, &e);
        if (!vm->transfers)
            vm_raise(L, &e);
    }
    return vm->transfers;
}
