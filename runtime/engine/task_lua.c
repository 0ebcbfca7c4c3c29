/* The module native.task: what the running task has, and the functions of its other files. */
#include "engine/task.h"

#include <stdlib.h>
#include <string.h>
#include <lauxlib.h>

#include "base/loop.h"
#include "engine/sched.h"
#include "engine/task_internal.h"
#include "engine/task_with.h"
#include "engine/vm.h"
#include "engine/vm_error.h"

const char *const task_level_names[] = {"none", "pause", "timeout", "cancel", NULL};
const char *const task_permit_names[] = {"compute", "read", "effect", NULL};

struct task *task_check_current(lua_State *L)
{
    struct task *task = vm_of(L)->sched->current;

    if (!task)
        vm_raisef(L, ERR_USAGE, "no task is running");
    return task;
}

/// What the task may do; a child has its parent's.
///@param permit "compute"|"read"|"effect"
///@return string old
static int l_permit(lua_State *L)
{
    struct task *task = task_check_current(L);
    int permit = luaL_checkoption(L, 1, NULL, task_permit_names);

    lua_pushstring(L, task_permit_names[task->permit]);
    task->permit = (enum permit)permit;
    return 1;
}

/// Raises unless the running code has that permit.
///
/// Raises: `outside_step`, `refused`.
///@param permit "compute"|"read"|"effect"
///@param who string  the public function, for the error
static int l_require_permit(lua_State *L)
{
    int permit = luaL_checkoption(L, 1, NULL, task_permit_names);

    task_require(L, (enum permit)permit, luaL_checkstring(L, 2));
    return 0;
}

/// Calls fn, which resumes or closes the coroutine: what stops the task stops that, too.
///@param coroutine thread
///@param fn function
///@param ... any
///@return any ...  what fn returns
static int l_inside(lua_State *L)
{
    lua_State *before;
    int status;

    luaL_checktype(L, 1, LUA_TTHREAD);
    luaL_checkany(L, 2);
    before = sched_enter(lua_tothread(L, 1));
    status = lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 0);
    sched_leave(L, before);
    if (status != LUA_OK)
        return lua_error(L);
    return lua_gettop(L) - 1;
}

/// Raises what interrupts the task now, unless it is shielded from that.
static int l_check(lua_State *L)
{
    sched_check(L);
    return 0;
}

/// Raises an error that no script keeps to itself: each later wait of this task, each call of the
/// library and each line of a script in it raises it again, as a pause does, which reaches no other
/// task. Whoever joins the task decides what becomes of it.
///@param err table
///@return never
static int l_halt(lua_State *L)
{
    struct task *task = task_check_current(L);

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    if (task->halt_ref == LUA_NOREF)
        task->halt_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_rawgeti(L, LUA_REGISTRYINDEX, task->halt_ref); /* the first one counts */
    return lua_error(L);
}

/// The halt of this task, which stands for whatever its code failed with since; nil where there is
/// none, and in what cleans up.
///@return table?
static int l_halted(lua_State *L)
{
    const struct task *task = task_running(vm_of(L)->sched);

    if (task && task_is_halted(task))
        lua_rawgeti(L, LUA_REGISTRYINDEX, task->halt_ref);
    else
        lua_pushnil(L);
    return 1;
}

/// The halt of this task is over for what it does next: who called what halted has its error.
static int l_lift_halt(lua_State *L)
{
    struct task *task = task_check_current(L);

    luaL_unref(L, LUA_REGISTRYINDEX, task->halt_ref);
    task->halt_ref = LUA_NOREF;
    return 0;
}

static int face_finish(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    (void)ctx;
    return lua_gettop(L);
}

static int face_call(lua_State *L)
{
    sched_check(L);
    lua_pushvalue(L, lua_upvalueindex(vm_of(L)->sched->checks_faces ? 2 : 1));
    lua_insert(L, 1);
    lua_callk(L, lua_gettop(L) - 1, LUA_MULTRET, 0, face_finish);
    return face_finish(L, LUA_OK, 0);
}

/// fn behind a C function. `return helm.upgrade{…}` in a script is a tail call: a Lua function
/// would take the place of the script's frame, and an error could not name its line. What interrupts
/// the task is raised before: C that calls it again and again has no line of the script between.
///@param fn function
///@param checked? function  stands behind it in the place of fn from task.check_faces() on; default fn
///@return function
static int l_face(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 2);
    if (lua_isnil(L, 2)) {
        lua_pushvalue(L, 1);
        lua_replace(L, 2);
    }
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushcclosure(L, face_call, 2);
    return 1;
}

/// There is something now that faces have to look for: a script that made nothing of the kind, as
/// most do not, pays nothing for it.
static int l_check_faces(lua_State *L)
{
    vm_of(L)->sched->checks_faces = true;
    return 0;
}

/// From now on no code of this process has the permit "effect", whatever permit says; there is no
/// way back.
static int l_forbid_effects(lua_State *L)
{
    vm_of(L)->sched->effects_forbidden = true;
    return 0;
}

/// What interrupts the task now.
///@return "pause"|"timeout"|"cancel"|nil
static int l_interrupted(lua_State *L)
{
    enum interrupt level = task_level(task_check_current(L));

    if (level == INTERRUPT_NONE)
        lua_pushnil(L);
    else
        lua_pushstring(L, task_level_names[level]);
    return 1;
}

/// What the task works for; a child has its parent's.
///@return table?
static int l_context(lua_State *L)
{
    struct task *task = vm_of(L)->sched->current;

    if (!task || task->context_ref == LUA_NOREF)
        lua_pushnil(L);
    else
        lua_rawgeti(L, LUA_REGISTRYINDEX, task->context_ref);
    return 1;
}

/// How often there was no memory left, or no room on the stack. A script may catch either, and then
/// knows how much there was.
///@return integer
static int l_exhaustions(lua_State *L)
{
    lua_pushinteger(L, vm_of(L)->exhaustions);
    return 1;
}

/// Counts a thread that an error left where its stack was full.
///@param coroutine thread
static int l_look_at(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTHREAD);
    vm_notice_depth(lua_tothread(L, 1));
    return 0;
}

static int notice(lua_State *L)
{
    vm_notice_depth(L);
    if (lua_isnil(L, lua_upvalueindex(1)))
        return 1;
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

/// A message handler that counts an error for which the stack was full.
///@param handler? function  what is called then, with what it gives in the place of the error
///@return function
static int l_noticing(lua_State *L)
{
    lua_settop(L, 1);
    lua_pushcclosure(L, notice, 1);
    return 1;
}

/// A clock that only goes forward.
///@return number seconds
static int l_now(lua_State *L)
{
    lua_pushnumber(L, loop_now());
    return 1;
}

/// The wall clock.
///@return integer  milliseconds since 1970
static int l_wall_ms(lua_State *L)
{
    lua_pushinteger(L, loop_wall_ms());
    return 1;
}

/// Coroutines that can wait, one operation each, and what each may do. Interrupts are sticky: every
/// later wait of the task is interrupted too. Code that must clean up with waits does it in with({
/// shield = "cancel" }, fn).
int luaopen_native_task(lua_State *L)
{
    static const luaL_Reg functions[] = {{"spawn", task_spawn},
                                         {"sleep", task_sleep},
                                         {"condition", task_condition},
                                         {"exhaustions", l_exhaustions},
                                         {"look_at", l_look_at},
                                         {"noticing", l_noticing},
                                         {"now", l_now},
                                         {"wall_ms", l_wall_ms},
                                         {"context", l_context},
                                         {"permit", l_permit},
                                         {"with", task_with},
                                         {"forbid_effects", l_forbid_effects},
                                         {"face", l_face},
                                         {"check_faces", l_check_faces},
                                         {"inside", l_inside},
                                         {"check", l_check},
                                         {"halt", l_halt},
                                         {"halted", l_halted},
                                         {"lift_halt", l_lift_halt},
                                         {"require_permit", l_require_permit},
                                         {"interrupted", l_interrupted},
                                         {"push_deadline", deadline_push},
                                         {"pop_deadline", deadline_pop},
                                         {NULL, NULL}};

    task_open_handle(L);
    task_open_sleep(L);
    task_open_condition(L);
    luaL_newlib(L, functions);
    return 1;
}
