#include "base/loop.h"

#include <math.h>
#include <poll.h>
#include <stdlib.h>

#include "base/clock.h"

/* Between two looks for something to do while a simulated clock is waited for. */
#define REST_NS 50000
#define TIMER_MAX_S 1e9

struct loop_timer {
    uv_timer_t uv;
    struct loop *loop;
    struct loop_timer *next, **link; /* of those that go by the clock */
    int64_t due;
    loop_timer_fn fn;
    void *arg;
};

int loop_init(struct loop *loop, struct err *e)
{
    int rc = uv_loop_init(&loop->uv);

    loop->timers = NULL;
    loop->put_off = 0;
    if (rc < 0)
        return err_set(e, ERR_IO, "cannot start the event loop: %s", uv_strerror(rc));
    return 0;
}

void loop_release(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_NOWAIT);
    if (uv_loop_close(&loop->uv) != 0) {
        uv_print_all_handles(&loop->uv, stderr);
        BUG("a handle was left open");
    }
}

void loop_run_once(struct loop *loop, bool wait)
{
    uv_run(&loop->uv, wait ? UV_RUN_ONCE : UV_RUN_NOWAIT);
}

int64_t loop_stale_ms(const struct loop *loop)
{
    return (int64_t)(uv_hrtime() / 1000000) - (int64_t)uv_now(&loop->uv);
}

void loop_wake(struct loop *loop)
{
    uv_stop(&loop->uv);
}

void loop_put_off(struct loop *loop)
{
    loop->put_off++;
}

void loop_taken_up(struct loop *loop)
{
    BUG_ON(loop->put_off == 0);
    loop->put_off--;
}

double loop_now(void)
{
    return (double)clock_ns() / 1e9;
}

int64_t loop_wall_ms(void)
{
    return clock_wall_ms();
}

static void timer_set(struct loop_timer *timer, int64_t now);

static void loop_timer_fired(uv_timer_t *uv)
{
    struct loop_timer *timer = uv->data;
    int64_t now = timer->link ? clock_ns() : INT64_MAX; /* a real one goes by no other clock */

    if (timer->due > now && clock_is_simulated()) { /* which stood still meanwhile */
        timer_set(timer, now);
        return;
    }
    uv_stop(uv->loop);
    timer->fn(timer->arg);
}

static void loop_timer_closed(uv_handle_t *uv)
{
    free(uv->data);
}

static void timer_set(struct loop_timer *timer, int64_t now)
{
    int64_t ns = timer->due > now ? timer->due - now : 0;

    uv_timer_start(&timer->uv, loop_timer_fired, (uint64_t)((ns + 999999) / 1000000), 0);
}

static struct loop_timer *timer_new(struct loop *loop, double seconds, loop_timer_fn fn, void *arg)
{
    struct loop_timer *timer = calloc(1, sizeof *timer);

    if (!timer)
        return NULL;
    timer->fn = fn;
    timer->arg = arg;
    uv_timer_init(&loop->uv, &timer->uv);
    timer->uv.data = timer;
    /* Never too early: whoever looks at a clock that stands still would find himself so for ever.
     */
    timer->due = seconds <= 0 ? 0 : (int64_t)ceil(fmin(seconds, TIMER_MAX_S) * 1e9);
    uv_update_time(&loop->uv);
    timer_set(timer, 0);
    return timer;
}

struct loop_timer *loop_timer_start(struct loop *loop, double seconds, loop_timer_fn fn, void *arg)
{
    struct loop_timer *timer = timer_new(loop, seconds, fn, arg);

    if (!timer)
        return NULL;
    timer->due += clock_ns();
    timer->next = loop->timers;
    timer->link = &loop->timers;
    if (loop->timers)
        loop->timers->link = &timer->next;
    loop->timers = timer;
    return timer;
}

struct loop_timer *loop_timer_start_real(struct loop *loop, double seconds, loop_timer_fn fn,
                                         void *arg)
{
    return timer_new(loop, seconds, fn, arg);
}

void loop_timer_stop(struct loop_timer *timer)
{
    if (!timer)
        return;
    if (timer->link) {
        *timer->link = timer->next;
        if (timer->next)
            timer->next->link = timer->link;
    }
    uv_close((uv_handle_t *)&timer->uv, loop_timer_closed);
}

/* --- a simulated clock --- */

static int64_t first_due(const struct loop *loop)
{
    int64_t due = CLOCK_NEVER;

    for (struct loop_timer *t = loop->timers; t; t = t->next)
        if (t->due < due && uv_is_active((uv_handle_t *)&t->uv))
            due = t->due;
    return due;
}

static void set_timers_anew(struct loop *loop)
{
    int64_t now = clock_ns();

    uv_update_time(&loop->uv);
    for (struct loop_timer *t = loop->timers; t; t = t->next)
        if (uv_is_active((uv_handle_t *)&t->uv))
            timer_set(t, now);
}

/* Whether libuv has something to do within so many nanoseconds. */
static bool has_work(struct loop *loop, long ns)
{
    struct pollfd events = {.fd = uv_backend_fd(&loop->uv), .events = POLLIN};
    struct timespec limit = {.tv_nsec = ns};

    uv_update_time(&loop->uv);
    return uv_backend_timeout(&loop->uv) == 0 || ppoll(&events, 1, &limit, NULL) != 0;
}

void loop_rest(struct loop *loop)
{
    if (loop->put_off > 0) {
        loop_run_once(loop, true);
        return;
    }
    clock_rest();
    while (true) {
        uint64_t question = clock_question();

        if (has_work(loop, 0))
            break;
        if (clock_found_nothing(question, first_due(loop))) {
            set_timers_anew(loop);
            break;
        }
        if (has_work(loop, REST_NS))
            break;
    }
    clock_work();
}
