#include "engine/sched.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <lauxlib.h>

#include "base/clock.h"
#include "base/loop.h"
#include "engine/task_internal.h"
#include "engine/vm.h"
#include "engine/vm_error.h"

/* A script that computes without waiting is looked at every so many microseconds of processor time.
 * A standing count hook would do it too, but makes every instruction slower by half; so a timer's
 * signal sets the hook, for once, as lua.c does on SIGINT. It never fires inside C: a long
 * string.rep is not cut. */
#define SCHED_TICK_US 50000
/* Tasks that wake each other without end must not keep the end of the turn from those who wait for
 * it. */
#define SCHED_ROUNDS_MAX 64

/* A task that runs alone need not give way each time that it could; but the loop is looked at after
 * so many milliseconds all the same, for those who wait for it. */
#define SCHED_STALE_MS 2

/* Values that a thread's stack has room for from the start, and keeps: enough for what our own code
 * calls. Lua 5.4.4 goes on with freed memory when the stack moves inside a __concat (luaV_concat;
 * mended in 5.4.5), as a secret's did, which redacts what it joins. */
#define SCHED_STACK 1000

static struct sched *sched_ticking; /* for the signal handler */

static void sched_hook(lua_State *L, lua_Debug *ar);

static void sched_tick(int signum)
{
    lua_State *L = sched_ticking ? sched_ticking->running : NULL;

    (void)signum;
    if (L)
        lua_sethook(L, sched_hook, LUA_MASKCOUNT, 1);
}

static void sched_start_ticking(struct sched *sched, long us)
{
    struct itimerval timer = {{0, us}, {0, us}};
    struct sigaction action = {.sa_handler = us ? sched_tick : SIG_DFL, .sa_flags = SA_RESTART};

    sched_ticking = us ? sched : NULL;
    if (us)
        sigaction(SIGVTALRM, &action, NULL);
    setitimer(ITIMER_VIRTUAL, &timer, NULL);
}

struct sched *sched_new(struct vm *vm)
{
    struct sched *sched = calloc(1, sizeof *sched);

    if (!sched)
        return NULL;
    sched->vm = vm;
    sched->ready_tail = &sched->ready;
    sched->ticked_before = sched_ticking;
    sched_start_ticking(sched, SCHED_TICK_US);
    return sched;
}

void sched_free(struct sched *sched)
{
    if (!sched)
        return;
    BUG_ON(sched->live != 0);
    sched_start_ticking(sched->ticked_before, sched->ticked_before ? SCHED_TICK_US : 0);
    free(sched);
}

void task_ref(struct task *task)
{
    task->refs++;
}

void task_unref(struct task *task)
{
    if (!task || --task->refs > 0)
        return;
    BUG_ON(!task->ended);
    luaL_unref(task->sched->vm->L, LUA_REGISTRYINDEX, task->result_ref);
    free(task->deadlines);
    free(task);
}

void sched_queue(struct task *task)
{
    struct sched *sched = task->sched;

    if (task->queued || task->ended)
        return;
    task->queued = true;
    task->next_ready = NULL;
    *sched->ready_tail = task;
    sched->ready_tail = &task->next_ready;
}

static bool is_of_stdlib(lua_State *L, lua_Debug *ar)
{
    return lua_getinfo(L, "S", ar) && strncmp(ar->source, "@stdlib/", 8) == 0;
}

struct task *task_running(const struct sched *sched)
{
    return sched->current ? sched->current : sched->closing;
}

static bool is_interrupted(const struct task *task)
{
    return task && task_is_interrupted(task);
}

/* An interrupt reaches a script that never waits, and the loop goes on under it, so that a Ctrl-C
 * is seen at all. Callbacks only queue, so running them here enters no Lua. The stdlib's own code
 * is interrupted in its waits alone, never between two lines that belong together: the next line of
 * the script is waited for, as most ticks of a loop that calls the stdlib come while that works. */
static void sched_hook(lua_State *L, lua_Debug *ar)
{
    struct vm *vm = vm_of(L);
    struct task *task = task_running(vm->sched);

    if (ar->event != LUA_HOOKLINE)
        loop_run_once(vm->loop, false);
    if (!is_interrupted(task)) {
        lua_sethook(L, NULL, 0, 0);
    } else if (is_of_stdlib(L, ar)) {
        lua_sethook(L, sched_hook, LUA_MASKLINE, 0);
    } else {
        lua_sethook(L, NULL, 0, 0);
        task_push_interrupt(L, task_level(task));
        if (lua_getfield(L, -1, "where") == LUA_TNIL) { /* a halt has the place where it began */
            /* a hook is no frame of its own: the error names the caller's */
            lua_getinfo(L, "l", ar);
            lua_pushfstring(L, "%s:%d", ar->short_src, ar->currentline);
            lua_setfield(L, -3, "where");
        }
        lua_pop(L, 1);
        lua_error(L);
    }
}

void sched_look(lua_State *L)
{
    struct vm *vm = vm_of(L);
    lua_Debug ar;

    loop_run_once(vm->loop, false);
    if (lua_getstack(L, 1, &ar) && !is_of_stdlib(L, &ar))
        sched_check(L);
}

void sched_check(lua_State *L)
{
    struct task *task = task_running(vm_of(L)->sched);

    if (is_interrupted(task)) {
        task_push_interrupt(L, task_level(task));
        lua_error(L);
    }
}

lua_State *sched_enter(lua_State *L)
{
    struct sched *sched = vm_of(L)->sched;
    lua_State *before = sched->running;

    lua_checkstack(L, SCHED_STACK);
    sched->running = L;
    return before;
}

void sched_leave(lua_State *L, lua_State *before)
{
    vm_of(L)->sched->running = before;
}

struct task *sched_spawn(struct sched *sched, struct task *parent, lua_State *from, int nargs)
{
    struct task *task;
    lua_State *L;

    luaL_checkstack(from, 4, "spawn");
    L = lua_newthread(from); /* anchored by the stack until it is in the registry */
    lua_checkstack(L, SCHED_STACK);
    lua_rawsetp(from, LUA_REGISTRYINDEX, L);
    task = calloc(1, sizeof *task);
    if (!task) {
        lua_pushnil(from);
        lua_rawsetp(from, LUA_REGISTRYINDEX, L);
        vm_raisef(from, ERR_MEMORY, "out of memory");
    }
    task->sched = sched;
    task->L = L;
    task->result_ref = LUA_NOREF;
    task->context_ref = LUA_NOREF;
    task->halt_ref = LUA_NOREF;
    task->refs = 2; /* the scheduler's, and the caller's */
    task->nargs = nargs;
    lua_xmove(from, L, nargs + 1);
    if (parent) {
        task->parent = parent;
        task->next_sibling = parent->children;
        if (parent->children)
            parent->children->prev_sibling = task;
        parent->children = task;
        task->interrupt = parent->interrupt;
        task->permit = parent->permit;
        task->shield = parent->shield;
        if (parent->context_ref != LUA_NOREF) {
            lua_rawgeti(from, LUA_REGISTRYINDEX, parent->context_ref);
            task->context_ref = luaL_ref(from, LUA_REGISTRYINDEX);
        }
    }
    sched->live++;
    sched_queue(task);
    return task;
}

static void task_finish(struct task *task);

static void task_leave_parent(struct task *task)
{
    struct task *parent = task->parent;

    if (!parent)
        return;
    if (task->prev_sibling)
        task->prev_sibling->next_sibling = task->next_sibling;
    else
        parent->children = task->next_sibling;
    if (task->next_sibling)
        task->next_sibling->prev_sibling = task->prev_sibling;
    task->parent = NULL;
    if (parent->returned && !parent->children)
        task_finish(parent);
}

static void task_finish(struct task *task)
{
    struct join *join;

    BUG_ON(task->ended);
    task->ended = true;
    task->sched->live--;
    loop_timer_stop(task->deadline_timer);
    task->deadline_timer = NULL;
    loop_timer_stop(task->limit_timer);
    task->limit_timer = NULL;
    while ((join = task->joins)) {
        task->joins = join->next;
        join->next = NULL;
        join->joined = true;
        op_done(&join->op);
    }
    task_leave_parent(task);
    task_unref(task);
}

/* Keeps the results in the registry and lets the thread go. */
static void task_return(struct task *task, bool ok, int nresults)
{
    lua_State *L = task->L;
    lua_State *main = task->sched->vm->L;

    lua_createtable(main, nresults, 0);
    lua_xmove(L, main, nresults);
    for (int i = nresults; i >= 1; i--)
        lua_rawseti(main, -1 - i, i);
    task->result_count = nresults;
    task->result_ref = luaL_ref(main, LUA_REGISTRYINDEX);
    task->ok = ok;
    luaL_unref(main, LUA_REGISTRYINDEX, task->context_ref);
    task->context_ref = LUA_NOREF;
    luaL_unref(main, LUA_REGISTRYINDEX, task->halt_ref);
    task->halt_ref = LUA_NOREF;
    lua_pushnil(main);
    lua_rawsetp(main, LUA_REGISTRYINDEX, L);
    task->L = NULL;
    task->returned = true;
    for (struct task *child = task->children; child; child = child->next_sibling)
        task_interrupt(child, INTERRUPT_CANCEL);
    if (!task->children)
        task_finish(task);
}

static void task_fail(struct task *task)
{
    lua_State *L = task->L;
    lua_State *main = task->sched->vm->L;

    vm_decorate_error(L); /* while the failed stack is there to look at */
    lua_xmove(L, main, 1);
    task->sched->closing = task;
    sched_enter(L);
    lua_resetthread(L); /* closes what the task left open, which may be a script's */
    sched_leave(L, NULL);
    task->sched->closing = NULL;
    lua_settop(L, 0);
    lua_xmove(main, L, 1);
    if (task->halt_ref != LUA_NOREF) { /* what it closed may have failed with an error of its own */
        lua_rawgeti(L, LUA_REGISTRYINDEX, task->halt_ref);
        lua_replace(L, 1);
    }
    task_return(task, false, 1);
}

static void sched_resume(struct sched *sched, struct task *task)
{
    int nresults = 0, status;
    int nargs = task->nargs;

    task->nargs = 0;
    if (task->pending) {
        task->pending->task = NULL;
        task->pending = NULL;
    }
    sched->current = task;
    sched->running = task->L;
    status = lua_resume(task->L, NULL, nargs, &nresults);
    sched->running = NULL;
    sched->current = NULL;
    if (status == LUA_OK) {
        task_return(task, true, nresults);
    } else if (status != LUA_YIELD) {
        task_fail(task);
    } else if (!task->pending) {
        lua_pushliteral(task->L, "coroutine.yield outside of a coroutine");
        task_fail(task);
    }
}

static void sched_run_ready(struct sched *sched)
{
    /* Only those that are ready now: one that queues itself again must not starve the loop. */
    struct task *task;

    sched->turn = sched->ready;
    sched->ready = NULL;
    sched->ready_tail = &sched->ready;
    while ((task = sched->turn)) {
        sched->turn = task->next_ready;
        task->queued = false;
        if (!task->ended && task->L)
            sched_resume(sched, task);
    }
}

bool sched_is_alone(struct sched *sched)
{
    return !sched->turn && !sched->ready && loop_stale_ms(sched->vm->loop) < SCHED_STALE_MS;
}

void sched_at_turn_end(struct sched *sched, struct turn_end *end)
{
    if (end->queued)
        return;
    end->queued = true;
    end->next = sched->turn_ends;
    sched->turn_ends = end;
}

void sched_forget_turn_end(struct sched *sched, struct turn_end *end)
{
    struct turn_end **link = &sched->turn_ends;

    while (*link && *link != end)
        link = &(*link)->next;
    if (*link)
        *link = end->next;
    end->queued = false;
}

static void sched_end_turn(struct sched *sched)
{
    struct turn_end *end;

    if (sched->ready && ++sched->rounds < SCHED_ROUNDS_MAX)
        return;
    sched->rounds = 0;
    while ((end = sched->turn_ends)) {
        sched_forget_turn_end(sched, end);
        end->fn(end);
    }
}

/* Nobody has to be resumed: waits for something to happen. */
static void sched_wait(struct sched *sched)
{
    struct loop *loop = sched->vm->loop;

    if (!clock_is_simulated()) {
        loop_run_once(loop, true);
        return;
    }
    loop_run_once(loop, false);
    if (!sched->ready)
        loop_rest(loop);
}

void sched_run(struct sched *sched, struct task *root)
{
    while (!root->ended) {
        sched_run_ready(sched);
        sched_end_turn(sched);
        if (root->ended)
            break;
        if (sched->ready)
            loop_run_once(sched->vm->loop, false);
        else
            sched_wait(sched);
    }
}

int task_push_results(struct task *task, lua_State *L)
{
    int count = task->result_count;

    luaL_checkstack(L, count + 2, "task results");
    lua_pushboolean(L, task->ok);
    lua_rawgeti(L, LUA_REGISTRYINDEX, task->result_ref);
    for (int i = 1; i <= count; i++)
        lua_rawgeti(L, -i, i);
    lua_remove(L, -1 - count);
    return count + 1;
}

void task_set_permit(struct task *task, enum permit permit)
{
    task->permit = permit;
}

void task_interrupt(struct task *task, enum interrupt level)
{
    if (task->ended)
        return;
    if (level > task->interrupt)
        task->interrupt = level;
    task_poke(task);
    for (struct task *child = task->children; child; child = child->next_sibling)
        task_interrupt(child, level);
}
