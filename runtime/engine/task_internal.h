/* task_internal: what the files of task and sched share of a task. Nobody else includes it. */
#ifndef ALMANAC_TASK_INTERNAL_H
#define ALMANAC_TASK_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <lauxlib.h>

#include "engine/task.h"

struct vm;
struct loop_timer;
struct turn_end;

struct deadline {
    double at; /* loop_now() seconds */
    bool expired;
};

/* One task that waits for another to end. */
struct join {
    struct op op;
    struct task *target; /* referenced */
    struct join *next;   /* in target->joins */
    bool joined;
};

struct task {
    struct sched *sched;
    lua_State *L; /* NULL once its function has returned */
    int nargs;    /* for the first resume */
    int refs;
    struct task *parent, *children, *next_sibling, *prev_sibling;
    struct task *next_ready;
    struct op *pending; /* the one operation it waits for */
    struct join *joins; /* who waits for its end */
    enum interrupt interrupt, shield;
    const char *paused_by; /* of a guarded one, by what; NULL: nobody said */
    enum permit permit;
    struct deadline *deadlines; /* a stack, outermost first */
    size_t deadline_count, deadline_cap;
    struct loop_timer *deadline_timer;
    struct loop_timer *limit_timer; /* of what its handle says; by the computer's clock */
    int context_ref;
    int halt_ref; /* the error that no script keeps to itself; see task.halt() */
    int result_ref, result_count;
    bool queued, returned, ended, ok;
};

struct sched {
    struct vm *vm;
    struct task *current;        /* the one that runs now */
    struct task *closing;        /* the one of which a failure is closing what it left open */
    lua_State *volatile running; /* the thread that runs now: a task's, or a coroutine in it */
    struct task *turn;           /* those that still run in this turn */
    struct task *ready, **ready_tail;
    struct turn_end *turn_ends;
    struct sched *ticked_before; /* whose turn with the timer it is when this one is gone */
    int rounds;                  /* since the turn began: how often ready tasks made others ready */
    size_t live;                 /* tasks not ended */
    bool effects_forbidden;      /* for good: nothing in this process can lift it */
    bool checks_faces;           /* see task.face */
};

/* The words for them in Lua, by their numbers; NULL at the end. */
extern const char *const task_level_names[];
extern const char *const task_permit_names[];

/* The task that runs now, also inside a coroutine of its own; raises (kind "usage") without one. */
struct task *task_check_current(lua_State *L);
/* Makes it run at the next turn. */
void sched_queue(struct task *task);
/* The highest interrupt that has reached it, shield left aside. */
enum interrupt task_level(const struct task *task);
/* Whether one that its shield does not hold off has reached it. */
bool task_is_interrupted(const struct task *task);
/* Whether it has halted. A halt passes the shield of an effect: that is for a pause, which comes
 * from elsewhere and can wait until the effect is made, but behind a halt nothing is made, the rest
 * of the effect in which it came up included. What cleans up (shield "cancel") goes on. */
bool task_is_halted(const struct task *task);
/* Whose code runs now, that of a task which is being closed included. */
struct task *task_running(const struct sched *sched);
/* Interrupts its pending operation when the level is above the shield. */
void task_poke(struct task *task);
/* Pushes the error table of what interrupts the running task: of a halt, the one that it began
 * with. */
void task_push_interrupt(lua_State *L, enum interrupt level);

/* Functions of native.task, each in the file of its noun, and the types they need. */
int task_spawn(lua_State *L);
int task_sleep(lua_State *L);
int task_condition(lua_State *L);
int deadline_push(lua_State *L);
int deadline_pop(lua_State *L);
void task_open_handle(lua_State *L);
void task_open_sleep(lua_State *L);
void task_open_condition(lua_State *L);

#endif
