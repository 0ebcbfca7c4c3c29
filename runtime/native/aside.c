#include "native/aside.h"

#include <stdbool.h>
#include <lauxlib.h>

#include "engine/sched.h"
#include "engine/vm.h"
#include "engine/vm_error.h"
#include "engine/vm_load.h"
#include "engine/vm_type.h"
#include "native/modules.h"
#include "native/process.h"

#define ASIDE_TYPE "almanac.aside"

struct aside {
    struct vm vm;
    bool is_open;
};

static void aside_close(struct aside *aside)
{
    if (aside->is_open)
        vm_release(&aside->vm);
    aside->is_open = false;
}

static int aside_gc(lua_State *L)
{
    aside_close(luaL_checkudata(L, 1, ASIDE_TYPE));
    return 0;
}

static struct aside *aside_open(lua_State *L)
{
    struct aside *aside = lua_newuserdatauv(L, sizeof *aside, 0);
    struct err e;

    aside->is_open = false;
    luaL_setmetatable(L, ASIDE_TYPE);
    if (vm_init_alike(&aside->vm, vm_of(L)->loop, &e) < 0)
        vm_raise(L, &e);
    aside->is_open = true;
    aside->vm.stdlib_dir = vm_of(L)->stdlib_dir;
    process_set_argv(aside->vm.L, 0, NULL);
    modules_register(aside->vm.L);
    return aside;
}

static int finish(lua_State *L, int status, lua_KContext ctx)
{
    (void)L;
    (void)status;
    (void)ctx;
    return 1;
}

/* The first function there: a module, a function of it and its text. */
static int enter(lua_State *L)
{
    vm_push_function(L, lua_tostring(L, 1), lua_tostring(L, 2));
    lua_pushvalue(L, 3);
    lua_callk(L, 1, 1, 0, finish);
    return 1;
}

/// Calls a function of the standard library in a Lua state of its own, which nothing was done in
/// before: it is the same whatever command this is.
///
/// Raises: what the function raised, as kind "script" and the message alone; `memory`.
///@param module string
///@param name string  of the function
///@param text string  what it is given
///@return string  what it returns
static int l_call(lua_State *L)
{
    const char *words[] = {luaL_checkstring(L, 1), luaL_checkstring(L, 2)};
    size_t len;
    const char *text = luaL_checklstring(L, 3, &len), *said;
    struct aside *aside = aside_open(L);
    lua_State *there = aside->vm.L;
    struct task *task;
    bool ok;

    lua_pushcfunction(there, enter);
    lua_pushstring(there, words[0]);
    lua_pushstring(there, words[1]);
    lua_pushlstring(there, text, len);
    task = sched_spawn(aside->vm.sched, NULL, there, 3);
    sched_run(aside->vm.sched, task);
    task_push_results(task, there);
    task_unref(task);
    ok = lua_toboolean(there, 1);
    if (!ok)
        lua_getfield(there, 2, "message");
    said = lua_tolstring(there, -1, &len);
    lua_pushlstring(L, said ? said : "", said ? len : 0);
    aside_close(aside);
    if (!ok)
        return vm_raisef(L, ERR_SCRIPT, "%s", lua_tostring(L, -1));
    return 1;
}

/// What is computed aside of everything else that this process does.
int luaopen_native_aside(lua_State *L)
{
    static const luaL_Reg functions[] = {{"call", l_call}, {NULL, NULL}};

    vm_type_new(L, ASIDE_TYPE, aside_gc, NULL, NULL);
    luaL_newlib(L, functions);
    return 1;
}
