/* The server: libmicrohttpd, driven from the loop. */
#include "net/httpd_priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <unistd.h>

#include "base/loop.h"
#include "net/peer.h"

#define BODY_MAX_DEFAULT ((size_t)16 << 20)
#define STREAM_MAX_DEFAULT ((size_t)64 << 20)
#define PEM_MAX ((size_t)1 << 20)
#define CONNECTIONS_MAX 4096
#define CONNECTION_MEMORY ((size_t)64 << 10)

static void httpd_run(struct httpd *httpd);

static void httpd_timer_fired(uv_timer_t *timer)
{
    struct httpd *httpd = timer->data;

    httpd_run(httpd);
    loop_wake(httpd->loop); /* a request may have arrived */
}

void httpd_kick(struct httpd *httpd)
{
    uv_timer_start(&httpd->timer, httpd_timer_fired, 0, 0);
}

static void httpd_set_put_off(struct httpd *httpd, bool is_put_off)
{
    if (is_put_off && !httpd->is_put_off)
        loop_put_off(httpd->loop);
    else if (!is_put_off && httpd->is_put_off)
        loop_taken_up(httpd->loop);
    httpd->is_put_off = is_put_off;
}

static void httpd_run(struct httpd *httpd)
{
    MHD_UNSIGNED_LONG_LONG ms;
    bool has_timeout;

    if (httpd->stopping)
        return;
    uv_timer_stop(&httpd->timer);
    MHD_run(httpd->daemon);
    has_timeout = !httpd->stopping && MHD_get_timeout(httpd->daemon, &ms) == MHD_YES;
    httpd_set_put_off(httpd, has_timeout && ms == 0);
    /* 0 would run again before the loop looks at anything else: while one TLS handshake waits for
     * its client, nobody else would get a turn. */
    if (has_timeout)
        uv_timer_start(&httpd->timer, httpd_timer_fired, ms ? ms : 1, 0);
}

static void httpd_readable(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    httpd_run(poll->data);
}

static int pem_read(const char *path, const char *what, char **out, struct err *e)
{
    struct buf b = BUF_INIT(PEM_MAX);
    char chunk[4096];
    ssize_t n = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return err_set_errno(e, ERR_IO, errno, "cannot read the server's %s %s", what, path);
    while ((n = read(fd, chunk, sizeof chunk)) > 0) {
        if (buf_add(&b, chunk, (size_t)n) < 0)
            break;
    }
    close(fd);
    if (n != 0) {
        buf_release(&b);
        return err_set(e, ERR_IO, "cannot read the server's %s %s", what, path);
    }
    *out = buf_detach(&b, NULL);
    return *out ? 0 : err_set(e, ERR_MEMORY, "out of memory reading %s", path);
}

struct pems {
    char *cert, *key, *ca;
};

static int pems_read(struct pems *pems, const struct httpd_options *o, struct err *e)
{
    if (!o->cert != !o->key)
        return err_set(e, ERR_USAGE, "TLS needs both a certificate and a key");
    if (o->client_ca && !o->cert)
        return err_set(e, ERR_USAGE, "a client CA needs TLS: give a certificate and a key");
    if (!o->cert)
        return 0;
    if (pem_read(o->cert, "certificate", &pems->cert, e) < 0 ||
        pem_read(o->key, "key", &pems->key, e) < 0)
        return -1;
    if (o->client_ca)
        return pem_read(o->client_ca, "client CA", &pems->ca, e);
    return 0;
}

static enum MHD_Result accept_ours(void *cls, const struct sockaddr *client, socklen_t len)
{
    const struct httpd *httpd = cls;

    (void)len;
    return peer_is_ours(client, httpd->port) ? MHD_YES : MHD_NO;
}

static struct MHD_Daemon *daemon_start(struct httpd *httpd, const struct pems *pems, bool private,
                                       struct sockaddr *addr)
{
    struct MHD_OptionItem tls[4];
    unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
    int n = 0;

    if (addr->sa_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    if (pems->cert) {
        flags |= MHD_USE_TLS;
        tls[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, pems->cert};
        tls[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, pems->key};
        if (pems->ca)
            tls[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_TRUST, 0, pems->ca};
    }
    tls[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    return MHD_start_daemon(flags, 0, private ? accept_ours : NULL, httpd, httpd_request_handle,
                            httpd, MHD_OPTION_SOCK_ADDR, addr, MHD_OPTION_URI_LOG_CALLBACK,
                            httpd_request_new, httpd, MHD_OPTION_NOTIFY_COMPLETED,
                            httpd_request_completed, httpd, MHD_OPTION_CONNECTION_LIMIT,
                            (unsigned int)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                            CONNECTION_MEMORY, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
}

static int daemon_address(const struct httpd_options *o, struct sockaddr_storage *ss, struct err *e)
{
    const char *address = o->address ? o->address : "127.0.0.1";
    struct sockaddr_in *in4 = (struct sockaddr_in *)ss;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;

    memset(ss, 0, sizeof *ss);
    if (o->port < 0 || o->port > 65535)
        return err_set(e, ERR_USAGE, "no such port: %d", o->port);
    if (inet_pton(AF_INET, address, &in4->sin_addr) == 1) {
        in4->sin_family = AF_INET;
        in4->sin_port = htons((uint16_t)o->port);
    } else if (inet_pton(AF_INET6, address, &in6->sin6_addr) == 1) {
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons((uint16_t)o->port);
    } else {
        return err_set(e, ERR_USAGE, "not an IP address to listen on: %s", address);
    }
    if (!o->private)
        return 0;
    if (strcmp(address, "127.0.0.1") != 0)
        return err_set(e, ERR_USAGE, "a server of one user listens on 127.0.0.1, not %s", address);
    return peer_known(e);
}

static void httpd_handle_closed(uv_handle_t *handle)
{
    struct httpd *httpd = handle->data;

    if (--httpd->open_handles == 0)
        free(httpd);
}

static int httpd_attach(struct httpd *httpd, struct err *e)
{
    const union MHD_DaemonInfo *epoll =
        MHD_get_daemon_info(httpd->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    const union MHD_DaemonInfo *port =
        MHD_get_daemon_info(httpd->daemon, MHD_DAEMON_INFO_BIND_PORT);
    int rc;

    if (!epoll || !port)
        return err_set(e, ERR_INTERNAL, "libmicrohttpd gives no epoll descriptor or port");
    httpd->port = port->port;
    rc = uv_poll_init(&httpd->loop->uv, &httpd->poll, epoll->epoll_fd);
    if (rc < 0)
        return err_set(e, ERR_IO, "cannot watch the listening socket: %s", uv_strerror(rc));
    uv_timer_init(&httpd->loop->uv, &httpd->timer);
    httpd->poll.data = httpd->timer.data = httpd;
    httpd->open_handles = 2;
    uv_poll_start(&httpd->poll, UV_READABLE, httpd_readable);
    return 0;
}

int httpd_start(struct httpd **out, struct loop *loop, const struct httpd_options *options,
                httpd_request_fn fn, void *arg, struct err *e)
{
    struct sockaddr_storage ss;
    struct pems pems = {NULL, NULL, NULL};
    struct httpd *httpd;
    int rc = -1, saved;

    if (daemon_address(options, &ss, e) < 0)
        return -1;
    httpd = calloc(1, sizeof *httpd);
    if (!httpd)
        return err_set(e, ERR_MEMORY, "out of memory");
    httpd->loop = loop;
    httpd->fn = fn;
    httpd->arg = arg;
    httpd->body_max = options->body_max ? options->body_max : BODY_MAX_DEFAULT;
    httpd->stream_max = options->stream_max ? options->stream_max : STREAM_MAX_DEFAULT;
    httpd->wants_cn = options->client_ca != NULL;
    if (pems_read(&pems, options, e) < 0)
        goto out;
    errno = 0;
    httpd->daemon = daemon_start(httpd, &pems, options->private, (struct sockaddr *)&ss);
    saved = errno;
    if (!httpd->daemon) {
        err_set_errno(e, ERR_IO, saved ? saved : EINVAL, "cannot serve on %s port %d",
                      options->address ? options->address : "127.0.0.1", options->port);
        if (saved == EADDRINUSE)
            err_hint(e, "another program listens there; port 0 picks a free one");
        goto out;
    }
    rc = httpd_attach(httpd, e);
    if (rc < 0)
        MHD_stop_daemon(httpd->daemon);
out:
    free(pems.cert);
    free(pems.key);
    free(pems.ca);
    if (rc < 0)
        free(httpd);
    else
        *out = httpd;
    return rc;
}

int httpd_port(const struct httpd *httpd)
{
    return httpd->port;
}

void httpd_stop(struct httpd *httpd)
{
    struct httpd_request *req, *next;

    if (!httpd)
        return;
    httpd->stopping = true;
    httpd_set_put_off(httpd, false);
    httpd_websockets_end(httpd);
    /* libmicrohttpd aborts on a suspended connection at its end. */
    for (req = httpd->requests; req; req = next) {
        next = req->next;
        httpd_request_resume(req);
        httpd_request_set_gone(req);
    }
    uv_poll_stop(&httpd->poll);
    MHD_stop_daemon(httpd->daemon);
    uv_close((uv_handle_t *)&httpd->poll, httpd_handle_closed);
    uv_close((uv_handle_t *)&httpd->timer, httpd_handle_closed);
}
