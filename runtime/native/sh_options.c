#include "native/sh_options.h"

#include <stdio.h>
#include <string.h>
#include <lauxlib.h>

#include "engine/vm_error.h"
#include "engine/vm_option.h"

#define OUTPUT_MAX ((lua_Integer)1 << 30)

/* The string at the top of the stack, popped but kept alive by the table at index `keep`. */
static const char *keep_string(lua_State *L, int keep, const char *who, const char *what)
{
    size_t len;
    const char *s;

    if (lua_type(L, -1) != LUA_TSTRING && lua_type(L, -1) != LUA_TNUMBER)
        vm_raisef(L, ERR_USAGE, "%s: %s must be a string, not a %s", who, what,
                  luaL_typename(L, -1));
    s = lua_tolstring(L, -1, &len);
    if (strlen(s) != len)
        vm_raisef(L, ERR_USAGE, "%s: %s holds a zero byte, which no argument can", who, what);
    lua_rawseti(L, keep, (lua_Integer)lua_rawlen(L, keep) + 1);
    return s;
}

/* Leaves the array, as a userdata, on the stack. */
static const char *const *check_argv(lua_State *L, int t, int keep, const char *who)
{
    const char **argv;
    lua_Integer i, n;

    if (!vm_opt_table(L, t, "argv", who))
        vm_raisef(L, ERR_USAGE,
                  "%s: argv is missing; give the program and its arguments: "
                  "argv = { \"ls\", \"-l\" }",
                  who);
    n = (lua_Integer)lua_rawlen(L, -1);
    if (n == 0)
        vm_raisef(L, ERR_USAGE, "%s: argv is empty", who);
    argv = lua_newuserdatauv(L, ((size_t)n + 1) * sizeof *argv, 0);
    for (i = 1; i <= n; i++) {
        char what[32];

        snprintf(what, sizeof what, "argv[%d]", (int)i);
        lua_rawgeti(L, -2, i);
        argv[i - 1] = keep_string(L, keep, who, what);
    }
    argv[n] = NULL;
    lua_remove(L, -2);
    return argv;
}

struct env_lists {
    const char **set, **unset;
};

/* Leaves two userdata on the stack. */
static struct env_lists check_env(lua_State *L, int t, int keep, const char *who)
{
    struct env_lists lists = {NULL, NULL};
    size_t n = 0, set = 0, unset = 0;
    int env;

    if (!vm_opt_table(L, t, "env", who))
        return lists;
    env = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, env); lua_pop(L, 1))
        n++;
    lists.set = lua_newuserdatauv(L, (n + 1) * sizeof *lists.set, 0);
    lists.unset = lua_newuserdatauv(L, (n + 1) * sizeof *lists.unset, 0);
    for (lua_pushnil(L); lua_next(L, env);) {
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
        int type = lua_type(L, -1);

        if (!*name || strchr(name, '='))
            vm_raisef(L, ERR_USAGE, "%s: env: a name of a variable is not usable: \"%s\"", who,
                      name);
        if (type == LUA_TBOOLEAN && !lua_toboolean(L, -1)) {
            lua_pushvalue(L, -2);
            lists.unset[unset++] = keep_string(L, keep, who, "a name in env");
        } else if (type == LUA_TSTRING || type == LUA_TNUMBER) {
            lua_pushfstring(L, "%s=", name);
            lua_pushvalue(L, -2);
            lua_concat(L, 2);
            lists.set[set++] = keep_string(L, keep, who, name);
        } else {
            vm_raisef(L, ERR_USAGE, "%s: env.%s must be a string, or false to remove it, not a %s",
                      who, name, luaL_typename(L, -1));
        }
        lua_pop(L, 1);
    }
    lists.set[set] = lists.unset[unset] = NULL;
    return lists;
}

#define KEPT "almanac.sh.kept" /* in the registry: the list that sh.keep_env() was given */

static void count_names(lua_State *L, int list, const char *who)
{
    lua_Integer i, n = (lua_Integer)lua_rawlen(L, list);

    for (i = 1; i <= n; i++, lua_pop(L, 1))
        if (lua_rawgeti(L, list, i) != LUA_TSTRING)
            vm_raisef(L, ERR_USAGE, "%s: keep_env must be a list of names", who);
}

void sh_options_keep(lua_State *L, int list)
{
    count_names(L, list, "sh.keep_env");
    lua_pushvalue(L, list);
    lua_setfield(L, LUA_REGISTRYINDEX, KEPT);
}

/* What of our environment the child gets: what is kept for all, and its own keep_env. Leaves a
 * userdata on the stack. */
static const char *const *check_keep(lua_State *L, int t, int keep, const char *who)
{
    const char **names;
    size_t n = 0;
    int own, all;

    if (!vm_opt_table(L, t, "keep_env", who))
        lua_newtable(L);
    own = lua_gettop(L);
    count_names(L, own, who);
    if (lua_getfield(L, LUA_REGISTRYINDEX, KEPT) != LUA_TTABLE)
        lua_newtable(L);
    all = lua_gettop(L);
    names = lua_newuserdatauv(L, (lua_rawlen(L, own) + lua_rawlen(L, all) + 1) * sizeof *names, 0);
    for (int list = own; list <= all; list++) {
        lua_Integer i, count = (lua_Integer)lua_rawlen(L, list);

        for (i = 1; i <= count; i++) {
            lua_rawgeti(L, list, i);
            names[n++] = keep_string(L, keep, who, "a name in keep_env");
        }
    }
    names[n] = NULL;
    lua_replace(L, own);
    lua_settop(L, own);
    return names;
}

void sh_options_read(lua_State *L, int t, int keep, const char *who, struct proc_spec *spec)
{
    struct env_lists env;
    lua_Integer cap;

    spec->argv = check_argv(L, t, keep, who);
    spec->env_keep = check_keep(L, t, keep, who);
    env = check_env(L, t, keep, who);
    spec->env_set = env.set;
    spec->env_unset = env.unset;
    spec->cwd = vm_opt_string(L, t, "cwd", who, NULL, NULL);
    spec->input = vm_opt_string(L, t, "stdin", who, &spec->input_len, NULL);
    spec->keep_stdin = vm_opt_boolean(L, t, "keep_stdin", who, 0);
    spec->foreground = vm_opt_boolean(L, t, "foreground", who, 0);
    spec->grace = vm_opt_number(L, t, "grace", who, -1);
    cap = vm_opt_integer(L, t, "max_output", who, PROC_OUTPUT_MAX);
    if (cap < 1 || cap > OUTPUT_MAX)
        vm_raisef(L, ERR_USAGE, "%s: max_output must be from 1 byte to 1 GiB", who);
    spec->output_max = (size_t)cap;
}
