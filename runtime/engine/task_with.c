#include "engine/task_with.h"

#include <string.h>
#include <lauxlib.h>

#include "engine/task_internal.h"
#include "engine/vm_error.h"

struct with {
    struct task *task; /* runs the call, so it outlives it */
    enum permit permit;
    enum interrupt shield;
    int context_ref;
    bool set_permit, set_shield, set_context;
};

/* Where the parts lie on the stack of the call. */
enum { WITH_STATE = 1, WITH_HANDLER, WITH_FUNCTION };

static int with_word(lua_State *L, const char *field, const char *const words[])
{
    const char *word = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;

    for (int i = 0; word && words[i]; i++) {
        if (strcmp(words[i], word) == 0)
            return i;
    }
    return vm_raisef(L, ERR_USAGE, "task.with: %s cannot be %s", field,
                     word ? word : luaL_typename(L, -1));
}

static void with_check_fields(lua_State *L, int options)
{
    lua_pushnil(L);
    while (lua_next(L, options)) {
        const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";

        if (strcmp(key, "permit") != 0 && strcmp(key, "shield") != 0 && strcmp(key, "context") != 0)
            vm_raisef(L, ERR_USAGE, "task.with: there is no field %s", key);
        lua_pop(L, 1);
    }
}

/* Reads the table into what is to be set; the new context, if there is one, goes into the registry
 * last, because that may raise. */
static struct with with_read(lua_State *L, int options, struct task *task)
{
    struct with wanted = {.task = task, .context_ref = LUA_NOREF};

    with_check_fields(L, options);
    if (lua_getfield(L, options, "permit") != LUA_TNIL) {
        wanted.set_permit = true;
        wanted.permit = (enum permit)with_word(L, "permit", task_permit_names);
    }
    if (lua_getfield(L, options, "shield") != LUA_TNIL) {
        wanted.set_shield = true;
        wanted.shield = (enum interrupt)with_word(L, "shield", task_level_names);
    }
    if (lua_getfield(L, options, "context") != LUA_TNIL) {
        wanted.set_context = true;
        if (lua_toboolean(L, -1))
            wanted.context_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    return wanted;
}

/* Gives the task what is in `with`, and keeps there what it had. */
static void with_swap(struct with *with)
{
    struct task *task = with->task;
    struct with had = *with;

    had.permit = task->permit;
    had.shield = task->shield;
    had.context_ref = task->context_ref;
    if (with->set_permit)
        task->permit = with->permit;
    if (with->set_shield)
        task->shield = with->shield;
    if (with->set_context)
        task->context_ref = with->context_ref;
    *with = had;
}

static int with_finish(lua_State *L, int status, lua_KContext ctx)
{
    struct with *with = lua_touserdata(L, WITH_STATE);

    (void)ctx;
    with_swap(with);
    if (with->set_context)
        luaL_unref(L, LUA_REGISTRYINDEX, with->context_ref);
    if (status != LUA_OK && status != LUA_YIELD)
        return lua_error(L);
    return lua_gettop(L) - WITH_HANDLER;
}

/// Sets what the table names, calls fn, and puts it back on every way out; an absent field stays,
/// context = false is none. An error of fn is raised again. fn may wait, but not in a script's
/// coroutine.
///@param settings { permit?: "compute"|"read"|"effect", shield?: "none"|"pause"|"timeout"|"cancel", context?: table|false }
///@param fn function
///@param ... any
///@return any ...  what fn returns
int task_with(lua_State *L)
{
    struct task *task = task_check_current(L);
    int nargs = lua_gettop(L) - 2;
    struct with *with;

    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checkany(L, 2);
    luaL_checkstack(L, 8, "task.with");
    with = lua_newuserdatauv(L, sizeof *with, 0);
    lua_insert(L, WITH_STATE);
    *with = with_read(L, 2, task);
    lua_settop(L, nargs + 3);
    lua_pushcfunction(L, vm_traceback);
    lua_replace(L, WITH_HANDLER);
    with_swap(with);
    if (task->L != L)
        return with_finish(L, lua_pcall(L, nargs, LUA_MULTRET, WITH_HANDLER), 0);
    return with_finish(L, lua_pcallk(L, nargs, LUA_MULTRET, WITH_HANDLER, 0, with_finish), 0);
}
