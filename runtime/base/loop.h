/* loop: the one event loop of the process, and its timers.
 *
 * Callbacks run only inside loop_run_once(), never inside the call that
 * started the thing, and never enter Lua: they queue.
 */
#ifndef ALMANAC_LOOP_H
#define ALMANAC_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"

struct loop_timer;

struct loop {
    uv_loop_t uv;
    struct loop_timer *timers; /* those that go by the clock */
    unsigned put_off;
};

int loop_init(struct loop *loop, struct err *e);
/* Every handle must be closing or closed: runs their close callbacks, aborts on one left open. */
void loop_release(struct loop *loop);
/* Waits for something and runs its callbacks; with wait false returns at once. */
void loop_run_once(struct loop *loop, bool wait);
/* In the place of a wait where the clock is simulated, and the last turn was one without a wait:
 * until there is something to do, or the clock has jumped. */
void loop_rest(struct loop *loop);
/* There is something to do that was put off for a moment of the computer's clock, so that others
 * have their turn: a simulated one stands until as many were taken up. */
void loop_put_off(struct loop *loop);
void loop_taken_up(struct loop *loop);
/* Milliseconds since its last turn began, or came back from its wait. */
int64_t loop_stale_ms(const struct loop *loop);
/* For the callback of a uv_timer_t of one's own: libuv runs timers that are due before it waits
 * for events, and would then wait although something has happened. Ends this turn without a
 * wait; loop_timer does it by itself. */
void loop_wake(struct loop *loop);

/* Monotonic seconds, by the clock (base/clock.h); the zero is arbitrary. */
double loop_now(void);
/* Wall clock: milliseconds since 1970-01-01T00:00:00Z. */
int64_t loop_wall_ms(void);

/* A one-shot timer, by the clock. Allocated by loop_timer_start(); NULL when memory is out. It may
 * be stopped at any time, also from its own callback; stopping is what frees it, so every started
 * timer is stopped exactly once. */
typedef void (*loop_timer_fn)(void *arg);
struct loop_timer *loop_timer_start(struct loop *loop, double seconds, loop_timer_fn fn, void *arg);
/* One that goes by the computer's clock, also where the other is simulated. */
struct loop_timer *loop_timer_start_real(struct loop *loop, double seconds, loop_timer_fn fn,
                                         void *arg);
void loop_timer_stop(struct loop_timer *timer); /* NULL is fine */

#endif
