#include "base/loop.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

struct loop_timer {
    uv_timer_t uv;
    loop_timer_fn fn;
    void *arg;
};

int loop_init(struct loop *loop, struct err *e)
{
    int rc = uv_loop_init(&loop->uv);

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

double loop_now(void)
{
    return (double)uv_hrtime() / 1e9;
}

int64_t loop_wall_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void loop_timer_fired(uv_timer_t *uv)
{
    struct loop_timer *timer = uv->data;

    uv_stop(uv->loop);
    timer->fn(timer->arg);
}

static void loop_timer_closed(uv_handle_t *uv)
{
    free(uv->data);
}

struct loop_timer *loop_timer_start(struct loop *loop, double seconds, loop_timer_fn fn, void *arg)
{
    struct loop_timer *timer = malloc(sizeof *timer);
    double ms = seconds <= 0 ? 0 : ceil(seconds * 1000);

    if (!timer)
        return NULL;
    timer->fn = fn;
    timer->arg = arg;
    uv_timer_init(&loop->uv, &timer->uv);
    timer->uv.data = timer;
    uv_update_time(&loop->uv);
    uv_timer_start(&timer->uv, loop_timer_fired, ms > 1e15 ? (uint64_t)1e15 : (uint64_t)ms, 0);
    return timer;
}

void loop_timer_stop(struct loop_timer *timer)
{
    if (timer)
        uv_close((uv_handle_t *)&timer->uv, loop_timer_closed);
}
