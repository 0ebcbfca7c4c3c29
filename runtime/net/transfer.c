#include "net/transfer_priv.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uv.h>

#include "base/clock.h"
#include "base/loop.h"
#include "net/transfer_fault.h"

#define IDLE_CONNECTIONS_MAX 16

/* Owned by itself: curl may forget a socket while libuv still knows its handle. */
struct socket_watch {
    uv_poll_t uv;
    curl_socket_t fd;
    struct transfers *pool;
};

struct transfers {
    struct loop *loop;
    CURLM *multi;
    uv_timer_t timer; /* curl's */
    uv_timer_t later; /* ours: settle soon, from the loop */
    int handles;      /* of libuv, that point here */
    int depth;        /* inside curl_multi_socket_action(): curl may not be called */
    bool closing;
    struct transfer *all;
};

/* ---- the pool and its handles ---- */

static void pool_settle(struct transfers *pool);

static void pool_handle_closed(struct transfers *pool)
{
    if (--pool->handles == 0 && pool->closing)
        free(pool);
}

static void pool_timer_closed(uv_handle_t *uv)
{
    pool_handle_closed(uv->data);
}

static void socket_watch_closed(uv_handle_t *uv)
{
    struct socket_watch *watch = uv->data;
    struct transfers *pool = watch->pool;

    free(watch);
    pool_handle_closed(pool);
}

static void pool_act(struct transfers *pool, curl_socket_t fd, int flags)
{
    int running;

    pool->depth++;
    curl_multi_socket_action(pool->multi, fd, flags, &running);
    pool->depth--;
    pool_settle(pool);
}

static void socket_watch_ready(uv_poll_t *uv, int status, int events)
{
    struct socket_watch *watch = uv->data;
    int flags = 0;

    if (status < 0)
        flags = CURL_CSELECT_ERR;
    if (events & UV_READABLE)
        flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        flags |= CURL_CSELECT_OUT;
    pool_act(watch->pool, watch->fd, flags);
}

static int pool_on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
    struct transfers *pool = arg;
    struct socket_watch *watch = socket_arg;
    int events = 0;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (watch) {
            /* Stopped before curl closes the descriptor, whose number may be reused at once. */
            uv_poll_stop(&watch->uv);
            uv_close((uv_handle_t *)&watch->uv, socket_watch_closed);
            curl_multi_assign(pool->multi, fd, NULL);
        }
        return 0;
    }
    if (!watch) {
        watch = calloc(1, sizeof *watch);
        if (!watch)
            return -1;
        if (uv_poll_init_socket(&pool->loop->uv, &watch->uv, fd) != 0) {
            free(watch);
            return -1;
        }
        watch->fd = fd;
        watch->pool = pool;
        watch->uv.data = watch;
        pool->handles++;
        curl_multi_assign(pool->multi, fd, watch);
    }
    if (what & CURL_POLL_IN)
        events |= UV_READABLE;
    if (what & CURL_POLL_OUT)
        events |= UV_WRITABLE;
    return uv_poll_start(&watch->uv, events, socket_watch_ready) == 0 ? 0 : -1;
}

static void pool_timer_fired(uv_timer_t *uv)
{
    struct transfers *pool = uv->data;

    loop_wake(pool->loop);
    pool_act(pool, CURL_SOCKET_TIMEOUT, 0);
}

static int pool_on_timer(CURLM *multi, long ms, void *arg)
{
    struct transfers *pool = arg;

    (void)multi;
    if (ms < 0) {
        uv_timer_stop(&pool->timer);
    } else {
        uv_update_time(&pool->loop->uv);
        uv_timer_start(&pool->timer, pool_timer_fired, (uint64_t)ms, 0);
    }
    return 0;
}

static void pool_later_fired(uv_timer_t *uv)
{
    struct transfers *pool = uv->data;

    loop_wake(pool->loop);
    pool_settle(pool);
}

static void pool_settle_later(struct transfers *pool)
{
    if (!uv_is_active((uv_handle_t *)&pool->later))
        uv_timer_start(&pool->later, pool_later_fired, 0, 0);
}

/* curl reads OpenSSL's configuration and error tables here, milliseconds that a program which
 * never talks to a server need not pay. */
static int pool_open(struct transfers *pool, struct err *e)
{
    if (pool->multi)
        return 0;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
        return err_set(e, ERR_INTERNAL, "libcurl cannot be initialised");
    pool->multi = curl_multi_init();
    if (!pool->multi)
        return err_set(e, ERR_MEMORY, "out of memory making an HTTP client");
    curl_multi_setopt(pool->multi, CURLMOPT_SOCKETFUNCTION, pool_on_socket);
    curl_multi_setopt(pool->multi, CURLMOPT_SOCKETDATA, pool);
    curl_multi_setopt(pool->multi, CURLMOPT_TIMERFUNCTION, pool_on_timer);
    curl_multi_setopt(pool->multi, CURLMOPT_TIMERDATA, pool);
    curl_multi_setopt(pool->multi, CURLMOPT_MAXCONNECTS, (long)IDLE_CONNECTIONS_MAX);
    return 0;
}

struct transfers *transfers_new(struct loop *loop, struct err *e)
{
    struct transfers *pool = calloc(1, sizeof *pool);

    if (!pool) {
        err_set(e, ERR_MEMORY, "out of memory making an HTTP client");
        return NULL;
    }
    pool->loop = loop;
    uv_timer_init(&loop->uv, &pool->timer);
    uv_timer_init(&loop->uv, &pool->later);
    pool->timer.data = pool->later.data = pool;
    pool->handles = 2;
    return pool;
}

/* ---- one transfer's memory ---- */

static void transfer_free(struct transfer *t)
{
    if (!t)
        return;
    loop_timer_stop(t->stall_timer);
    loop_timer_stop(t->limit_timer);
    if (t->easy)
        curl_easy_cleanup(t->easy);
    curl_slist_free_all(t->headers);
    curl_slist_free_all(t->connect_to);
    tls_note_unref(t->tls);
    transfer_forget_answer(t);
    free(t->url);
    free(t->peer);
    free(t->host);
    free(t->proxy);
    free(t);
}

static void pool_link(struct transfers *pool, struct transfer *t)
{
    t->next = pool->all;
    if (t->next)
        t->next->prev = t;
    pool->all = t;
}

static void pool_unlink(struct transfers *pool, struct transfer *t)
{
    if (t->prev)
        t->prev->next = t->next;
    else
        pool->all = t->next;
    if (t->next)
        t->next->prev = t->prev;
}

/* Only outside of curl. */
static void transfer_drop(struct transfer *t)
{
    struct transfers *pool = t->pool;

    if (t->state != TRANSFER_WAITING && t->easy)
        curl_multi_remove_handle(pool->multi, t->easy);
    pool_unlink(pool, t);
    transfer_free(t);
}

void transfers_free(struct transfers *pool)
{
    if (!pool)
        return;
    BUG_ON(pool->depth > 0);
    while (pool->all)
        transfer_drop(pool->all);
    if (pool->multi)
        curl_multi_cleanup(pool->multi);
    pool->closing = true;
    uv_close((uv_handle_t *)&pool->timer, pool_timer_closed);
    uv_close((uv_handle_t *)&pool->later, pool_timer_closed);
}

/* ---- the end of a transfer ---- */

int transfer_fail(struct transfer *t, enum err_kind kind, const char *fmt, size_t n)
{
    if (!t->failed)
        err_set(&t->failure, kind, fmt, t->peer, n);
    t->failed = true;
    return -1;
}

/* Hands the result over and frees the transfer; outside of curl only. */
static void transfer_finish(struct transfer *t, const struct err *e)
{
    t->state = TRANSFER_ENDED;
    curl_multi_remove_handle(t->pool->multi, t->easy);
    if (t->callbacks.on_done)
        t->callbacks.on_done(t, e, t->arg);
    pool_unlink(t->pool, t);
    transfer_free(t);
}

/* Goes where the Location says. True when the transfer is on its way again. */
static bool transfer_redirect(struct transfer *t)
{
    char *to = NULL;

    curl_easy_getinfo(t->easy, CURLINFO_REDIRECT_URL, &to);
    if (!to)
        return false;
    to = strdup(to);
    if (!to)
        return false;
    curl_multi_remove_handle(t->pool->multi, t->easy);
    t->redirects_left--;
    t->redirecting = false;
    transfer_forget_answer(t);
    if (transfer_easy_redirect(t, to, &t->failure) < 0)
        t->failed = true;
    free(to);
    if (!t->failed && curl_multi_add_handle(t->pool->multi, t->easy) != CURLM_OK)
        transfer_fail(t, ERR_MEMORY, "out of memory in a request to %s", 0);
    return !t->failed;
}

static void transfer_explain(struct transfer *t, CURLcode code, struct err *e)
{
    struct transfer_fault f = {0};
    long os_errno = 0;

    curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &os_errno);
    f.code = code;
    f.detail = t->detail;
    f.os_errno = (int)os_errno;
    f.peer = t->peer;
    f.host = t->host;
    f.proxy = t->proxy;
    f.plain = strncasecmp(t->url, "http:", strlen("http:")) == 0;
    f.connected = transfer_was_sent(t);
    f.answered = t->answered;
    f.received = t->received;
    f.elapsed = transfer_elapsed(t);
    f.connect_timeout = t->connect_timeout;
    f.total_timeout = t->total_timeout;
    f.tls = t->tls;
    transfer_fault_explain(&f, e);
}

static void transfer_completed(struct transfer *t, CURLcode code)
{
    struct err e;

    if (t->state == TRANSFER_ENDED) {
        transfer_drop(t);
        return;
    }
    if (!t->failed && code == CURLE_OK && t->redirecting) {
        if (transfer_redirect(t))
            return;
        t->redirecting = false;
        if (!t->failed)
            transfer_fail(t, ERR_PROTOCOL, "%s redirects to something that is no URL", 0);
    }
    if (t->failed) {
        transfer_finish(t, &t->failure);
    } else if (code == CURLE_OK && t->connect_only) {
        /* curl knows the connection only as long as the handle is in its pool. */
        t->state = TRANSFER_CONNECTED;
        loop_timer_stop(t->stall_timer);
        loop_timer_stop(t->limit_timer);
        t->stall_timer = t->limit_timer = NULL;
        t->callbacks.on_connected(t, t->arg);
    } else if (code == CURLE_OK) {
        transfer_finish(t, NULL);
    } else {
        transfer_explain(t, code, &e);
        transfer_finish(t, &e);
    }
}

/* One thing that had to wait until curl was left; false when nothing is waiting. Callbacks may
 * have changed the list, so the caller starts over. */
static bool pool_settle_one(struct transfers *pool)
{
    struct transfer *t;

    for (t = pool->all; t; t = t->next) {
        if (t->state == TRANSFER_ENDED) {
            transfer_drop(t);
            return true;
        }
        if (t->state == TRANSFER_WAITING) {
            t->state = TRANSFER_ACTIVE;
            if (curl_multi_add_handle(pool->multi, t->easy) != CURLM_OK) {
                transfer_fail(t, ERR_MEMORY, "out of memory in a request to %s", 0);
                transfer_finish(t, &t->failure);
            }
            return true;
        }
        if (t->failed) { /* stalled */
            transfer_finish(t, &t->failure);
            return true;
        }
        if (t->resume) {
            t->resume = t->paused = false;
            t->last_activity = loop_now();
            pool->depth++;
            curl_easy_pause(t->easy, CURLPAUSE_CONT);
            pool->depth--;
            return true;
        }
    }
    return false;
}

/* Does what callbacks asked for, and ends what has ended. */
static void pool_settle(struct transfers *pool)
{
    CURLMsg *msg;
    int left;

    if (pool->depth > 0)
        return;
    pool->depth++; /* on_done may start and cancel; it must not settle a second time */
    while (pool->multi && (msg = curl_multi_info_read(pool->multi, &left))) {
        struct transfer *t = NULL;

        if (msg->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &t);
        transfer_completed(t, msg->data.result);
    }
    while (pool_settle_one(pool))
        ;
    pool->depth--;
}

/* ---- starting ---- */

static void transfer_stall_check(void *arg)
{
    struct transfer *t = arg;
    double left = t->last_activity + t->stall_timeout - loop_now();

    loop_timer_stop(t->stall_timer);
    t->stall_timer = NULL;
    if (t->state == TRANSFER_ENDED)
        return;
    if (left > 0 || t->paused) {
        t->stall_timer = loop_timer_start(t->pool->loop, left > 0 ? left : t->stall_timeout,
                                          transfer_stall_check, t);
        return;
    }
    err_set(&t->failure, ERR_TIMEOUT, "%s sent nothing for %g s (%zu bytes came before)", t->peer,
            t->stall_timeout, t->received);
    t->failed = true;
    pool_settle(t->pool);
}

static void transfer_limit_reached(void *arg)
{
    struct transfer *t = arg;

    loop_timer_stop(t->limit_timer);
    t->limit_timer = NULL;
    if (t->state == TRANSFER_ENDED)
        return;
    transfer_explain(t, CURLE_OPERATION_TIMEDOUT, &t->failure);
    t->failed = true;
    pool_settle(t->pool);
}

/* false: out of memory. */
static bool transfer_start_timers(struct transfer *t)
{
    struct loop *loop = t->pool->loop;
    bool is_limited = t->total_timeout > 0 && clock_is_simulated();

    if (t->stall_timeout > 0)
        t->stall_timer = loop_timer_start(loop, t->stall_timeout, transfer_stall_check, t);
    if (is_limited)
        t->limit_timer = loop_timer_start(loop, t->total_timeout, transfer_limit_reached, t);
    return (t->stall_timer || t->stall_timeout <= 0) && (t->limit_timer || !is_limited);
}

struct transfer *transfer_start(struct transfers *pool, const struct transfer_spec *spec,
                                const struct transfer_callbacks *callbacks, void *arg,
                                struct err *e)
{
    struct transfer *t;

    if (pool_open(pool, e) < 0)
        return NULL;
    t = calloc(1, sizeof *t);
    if (!t) {
        err_set(e, ERR_MEMORY, "out of memory in a request to %s", spec->url);
        return NULL;
    }
    t->pool = pool;
    t->callbacks = *callbacks;
    t->arg = arg;
    t->connect_only = spec->connect_only;
    t->max_body = spec->max_body;
    t->connect_timeout = spec->connect_timeout;
    t->total_timeout = spec->total_timeout;
    t->stall_timeout = spec->stall_timeout;
    t->started = t->last_activity = loop_now();
    if (!transfer_start_timers(t) || transfer_easy_prepare(t, spec, e) < 0) {
        transfer_free(t);
        return NULL;
    }
    pool_link(pool, t);
    pool_settle_later(pool);
    return t;
}

void transfer_cancel(struct transfer *t)
{
    if (!t || t->state == TRANSFER_ENDED)
        return;
    memset(&t->callbacks, 0, sizeof t->callbacks);
    if (t->pool->depth == 0) {
        transfer_drop(t);
        return;
    }
    /* Inside a callback: curl, or the pool's walk, still holds it. */
    if (t->state == TRANSFER_WAITING) {
        pool_unlink(t->pool, t);
        transfer_free(t);
        return;
    }
    t->state = TRANSFER_ENDED;
    pool_settle_later(t->pool);
}

void transfer_pause(struct transfer *t)
{
    t->paused = true;
    t->resume = false;
}

void transfer_resume(struct transfer *t)
{
    if (!t->paused || t->state == TRANSFER_ENDED)
        return;
    t->resume = true;
    pool_settle_later(t->pool);
}

int transfer_status(const struct transfer *t)
{
    return t->status;
}

bool transfer_was_sent(const struct transfer *t)
{
    curl_off_t before = 0;

    curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &before);
    return before > 0 || t->answered;
}

double transfer_elapsed(const struct transfer *t)
{
    return loop_now() - t->started;
}
