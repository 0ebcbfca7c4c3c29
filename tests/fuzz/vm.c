#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <lauxlib.h>

#include "base/loop.h"
#include "engine/sched.h"
#include "engine/vm.h"
#include "native/modules.h"

static struct loop loop;
static struct vm vm;
static int target = LUA_NOREF;

/* Runs what is on the stack, a function below nargs arguments; its one result is left there. */
static void run(int nargs)
{
    struct task *task = sched_spawn(vm.sched, NULL, vm.L, nargs);
    int n;

    task_set_permit(task, PERMIT_EFFECT);
    sched_run(vm.sched, task);
    n = task_push_results(task, vm.L);
    task_unref(task);
    if (!lua_toboolean(vm.L, -n)) {
        lua_getfield(vm.L, -1, "traceback");
        fprintf(stderr, "%s\n%s\n", luaL_tolstring(vm.L, -2, NULL), luaL_tolstring(vm.L, -2, NULL));
        abort();
    }
    lua_settop(vm.L, n > 1 ? -n + 1 : 0);
}

static void start(const char *name)
{
    char path[256];
    struct err e;

    CHECK(loop_init(&loop, &e) == 0 && vm_init(&vm, &loop, 0, &e) == 0);
    modules_register(vm.L);
    snprintf(path, sizeof path, "tests/fuzz/%s.lua", name);
    if (luaL_loadfile(vm.L, path) != LUA_OK) {
        fprintf(stderr, "%s\n", lua_tostring(vm.L, -1));
        exit(1);
    }
    run(0);
    target = luaL_ref(vm.L, LUA_REGISTRYINDEX);
}

void fuzz_lua(const char *name, const uint8_t *data, size_t size)
{
    if (target == LUA_NOREF)
        start(name);
    lua_rawgeti(vm.L, LUA_REGISTRYINDEX, target);
    lua_pushlstring(vm.L, (const char *)data, size);
    run(1);
    lua_settop(vm.L, 0);
}
