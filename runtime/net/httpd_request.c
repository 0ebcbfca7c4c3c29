/* Requests: from libmicrohttpd's first word of one to its last, and what its owner does with it. */
#include "net/httpd_priv.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <strings.h>
#include <unistd.h>

#include "base/loop.h"

#define BODY_EXCESS_MAX ((size_t)64 << 20)
#define STREAM_BLOCK ((size_t)32 << 10)

/* Watches a suspended client: libmicrohttpd does not look at its socket then. On a descriptor of
 * its own, because libmicrohttpd may close the socket while libuv still polls it. */
struct watch {
    uv_poll_t poll;
    int fd;
    struct httpd_request *req;
};

static void request_release(struct httpd_request *req)
{
    if (req->httpd || req->owned)
        return;
    if (req->response)
        MHD_destroy_response(req->response);
    for (size_t i = 0; i < req->header_count; i++) {
        free((char *)req->headers[i].name);
        free((char *)req->headers[i].value);
    }
    free(req->method);
    free(req->target);
    free(req->client_cn);
    free(req->client_groups);
    buf_release(&req->body);
    buf_release(&req->out);
    free(req);
}

static void watch_closed(uv_handle_t *handle)
{
    struct watch *watch = handle->data;

    close(watch->fd);
    free(watch);
}

void httpd_watch_stop(struct httpd_request *req)
{
    if (!req->watch)
        return;
    req->watch->req = NULL;
    uv_close((uv_handle_t *)&req->watch->poll, watch_closed);
    req->watch = NULL;
}

void httpd_request_resume(struct httpd_request *req)
{
    if (!req->suspended || !req->httpd)
        return;
    req->suspended = false;
    httpd_watch_stop(req);
    MHD_resume_connection(req->connection);
    if (!req->httpd->stopping)
        httpd_kick(req->httpd);
}

void httpd_request_set_gone(struct httpd_request *req)
{
    httpd_gone_fn fn = req->gone_fn;

    if (req->gone)
        return;
    req->gone = true;
    buf_release(&req->out);
    req->gone_fn = NULL;
    if (fn && req->owned)
        fn(req->gone_arg, req);
}

static void watch_fired(uv_poll_t *poll, int status, int events)
{
    struct watch *watch = poll->data;
    struct httpd_request *req = watch->req;

    (void)events;
    (void)status;
    if (!req)
        return;
    /* Resuming makes libmicrohttpd meet the dead socket and end the request. */
    httpd_request_resume(req);
    httpd_request_set_gone(req);
}

/* Without a watch (no descriptors left) a vanished client is noticed at the next write. */
static void watch_start(struct httpd_request *req)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(req->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct watch *watch;

    if (!info || req->watch)
        return;
    watch = calloc(1, sizeof *watch);
    if (!watch)
        return;
    watch->fd = fcntl(info->connect_fd, F_DUPFD_CLOEXEC, 0);
    if (watch->fd < 0 || uv_poll_init(&req->httpd->loop->uv, &watch->poll, watch->fd) < 0) {
        if (watch->fd >= 0)
            close(watch->fd);
        free(watch);
        return;
    }
    watch->poll.data = watch;
    watch->req = req;
    req->watch = watch;
    uv_poll_start(&watch->poll, UV_DISCONNECT, watch_fired);
}

static void request_suspend(struct httpd_request *req)
{
    req->suspended = true;
    MHD_suspend_connection(req->connection);
    watch_start(req);
}

static enum MHD_Result header_copy(void *arg, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    struct httpd_request *req = arg;
    struct httpd_header *h = &req->headers[req->header_count];

    (void)kind;
    if (req->header_count == HTTPD_HEADERS_MAX)
        return MHD_NO;
    h->name = strdup(name);
    h->value = strdup(value ? value : "");
    if (!h->name || !h->value) {
        free((char *)h->name);
        free((char *)h->value);
        return MHD_NO;
    }
    req->header_count++;
    return MHD_YES;
}

static void request_read_groups(struct httpd_request *req, gnutls_x509_crt_t cert)
{
    struct buf groups = BUF_INIT(8192);
    char name[256];
    size_t len = sizeof name;
    unsigned int i;

    buf_adds(&groups, "");
    for (i = 0; gnutls_x509_crt_get_dn_by_oid(cert, GNUTLS_OID_X520_ORGANIZATION_NAME, i, 0, name,
                                              &len) == 0;
         i++) {
        buf_addf(&groups, "%s\n", name);
        len = sizeof name;
    }
    req->client_groups = buf_detach(&groups, NULL);
}

/* Whether the authority signed it for a client: one that is for servers only, as each of them has,
 * is nobody's. One that names no purpose is good for any. */
static bool request_is_verified(gnutls_session_t session)
{
    gnutls_typed_vdata_st purpose = {.type = GNUTLS_DT_KEY_PURPOSE_OID,
                                     .data = (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT};
    unsigned int status = 0;

    return gnutls_certificate_verify_peers(session, &purpose, 1, &status) == 0 && status == 0;
}

/* The common name of the client's certificate, if it sent one; a certificate that does not verify
 * refuses the request. */
static void request_read_cn(struct httpd_request *req)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(req->connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    gnutls_session_t session = info ? info->tls_session : NULL;
    const gnutls_datum_t *chain;
    gnutls_x509_crt_t cert;
    unsigned int count = 0;
    char cn[256];
    size_t len = sizeof cn;

    if (!session)
        return;
    chain = gnutls_certificate_get_peers(session, &count);
    if (!chain || count == 0)
        return;
    if (!request_is_verified(session)) {
        req->refused = true;
        return;
    }
    if (gnutls_x509_crt_init(&cert) < 0)
        return;
    if (gnutls_x509_crt_import(cert, &chain[0], GNUTLS_X509_FMT_DER) == 0 &&
        gnutls_x509_crt_get_dn_by_oid(cert, GNUTLS_OID_X520_COMMON_NAME, 0, 0, cn, &len) == 0)
        req->client_cn = strdup(cn);
    if (req->client_cn)
        request_read_groups(req, cert);
    gnutls_x509_crt_deinit(cert);
}

static enum MHD_Result request_refuse(struct MHD_Connection *connection, int status,
                                      const char *text)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result rc;

    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, "Content-Type", "text/plain; charset=utf-8");
    rc = MHD_queue_response(connection, (unsigned int)status, response);
    MHD_destroy_response(response);
    return rc;
}

void *httpd_request_new(void *cls, const char *uri, struct MHD_Connection *connection)
{
    struct httpd *httpd = cls;
    struct httpd_request *req = calloc(1, sizeof *req);

    if (!req)
        return NULL;
    req->httpd = httpd;
    req->connection = connection;
    req->target = strdup(uri);
    buf_init(&req->body, httpd->body_max);
    buf_init(&req->out, httpd->stream_max);
    req->next = httpd->requests;
    if (req->next)
        req->next->prev = req;
    httpd->requests = req;
    return req;
}

/* libmicrohttpd forgets the request: answered, or its connection broke. */
void httpd_request_completed(void *cls, struct MHD_Connection *connection, void **con_cls,
                             enum MHD_RequestTerminationCode code)
{
    struct httpd *httpd = cls;
    struct httpd_request *req = *con_cls;

    (void)connection;
    if (!req)
        return;
    *con_cls = NULL;
    httpd_watch_stop(req);
    httpd_websocket_forget(req->websocket);
    req->websocket = NULL;
    if (req->prev)
        req->prev->next = req->next;
    else
        httpd->requests = req->next;
    if (req->next)
        req->next->prev = req->prev;
    req->httpd = NULL;
    if (code != MHD_REQUEST_TERMINATED_COMPLETED_OK)
        httpd_request_set_gone(req);
    request_release(req);
}

static enum MHD_Result request_dispatch(struct httpd *httpd, struct httpd_request *req,
                                        const char *method)
{
    req->dispatched = true;
    req->method = strdup(method);
    MHD_get_connection_values(req->connection, MHD_HEADER_KIND, header_copy, req);
    if (httpd->wants_cn)
        request_read_cn(req);
    if (req->refused)
        return request_refuse(req->connection, 401, "client certificate refused\n");
    if (req->excess)
        return request_refuse(req->connection, 413, "request body too large\n");
    if (!req->method || !req->target)
        return MHD_NO;
    req->owned = true;
    request_suspend(req);
    httpd->fn(httpd->arg, req);
    return MHD_YES;
}

static enum MHD_Result request_take_body(struct httpd_request *req, const char *bytes, size_t len)
{
    if (req->excess == 0 && buf_add(&req->body, bytes, len) == 0)
        return MHD_YES;
    req->excess += len;
    return req->excess <= BODY_EXCESS_MAX ? MHD_YES : MHD_NO;
}

enum MHD_Result httpd_request_handle(void *cls, struct MHD_Connection *connection, const char *url,
                                     const char *method, const char *version, const char *upload,
                                     size_t *upload_len, void **con_cls)
{
    struct httpd *httpd = cls;
    struct httpd_request *req = *con_cls;
    enum MHD_Result rc;

    (void)url;
    (void)version;
    if (!req || httpd->stopping)
        return MHD_NO;
    if (!req->headers_seen) {
        /* The first call only says that the headers are in; the body, if any, follows. */
        req->headers_seen = true;
        return MHD_YES;
    }
    if (*upload_len > 0) {
        rc = request_take_body(req, upload, *upload_len);
        *upload_len = 0;
        return rc;
    }
    if (!req->dispatched)
        return request_dispatch(httpd, req, method);
    if (req->gone || !req->response)
        return MHD_NO;
    rc = MHD_queue_response(connection, (unsigned int)req->status, req->response);
    MHD_destroy_response(req->response);
    req->response = NULL;
    return rc;
}

static ssize_t stream_read(void *cls, uint64_t pos, char *out, size_t max)
{
    struct httpd_request *req = cls;
    size_t n = req->out.len < max ? req->out.len : max;

    (void)pos;
    if (req->gone || req->cut)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (n > 0) {
        memcpy(out, req->out.data, n);
        buf_consume(&req->out, n);
        return (ssize_t)n;
    }
    if (req->finished)
        return MHD_CONTENT_READER_END_OF_STREAM;
    request_suspend(req);
    return 0;
}

/* --- the owner's side of a request --- */

const char *httpd_request_method(const struct httpd_request *req)
{
    return req->method;
}

const char *httpd_request_target(const struct httpd_request *req)
{
    return req->target;
}

const struct httpd_header *httpd_request_headers(const struct httpd_request *req, size_t *count)
{
    *count = req->header_count;
    return req->headers;
}

const char *httpd_request_body(const struct httpd_request *req, size_t *len)
{
    *len = req->body.len;
    return buf_str(&req->body);
}

const char *httpd_request_client_cn(const struct httpd_request *req)
{
    return req->client_cn;
}

const char *httpd_request_client_groups(const struct httpd_request *req)
{
    return req->client_groups;
}

bool httpd_request_gone(const struct httpd_request *req)
{
    return req->gone;
}

bool httpd_request_answered(const struct httpd_request *req)
{
    return req->answer != ANSWER_NONE;
}

void httpd_request_on_gone(struct httpd_request *req, httpd_gone_fn fn, void *arg)
{
    req->gone_fn = fn;
    req->gone_arg = arg;
}

static int request_answer(struct httpd_request *req, struct MHD_Response *response, int status,
                          const struct httpd_header *headers, size_t count)
{
    if (!response)
        return -1;
    for (size_t i = 0; i < count; i++) {
        /* libmicrohttpd computes these two itself and refuses or doubles ours. */
        if (strcasecmp(headers[i].name, "content-length") != 0 &&
            strcasecmp(headers[i].name, "transfer-encoding") != 0)
            MHD_add_response_header(response, headers[i].name, headers[i].value);
    }
    req->response = response;
    req->status = status;
    httpd_request_resume(req);
    return 0;
}

int httpd_request_send(struct httpd_request *req, int status, const struct httpd_header *headers,
                       size_t header_count, const void *body, size_t len)
{
    BUG_ON(req->answer != ANSWER_NONE);
    req->answer = ANSWER_WHOLE;
    if (req->gone || !req->httpd)
        return -1;
    return request_answer(req,
                          MHD_create_response_from_buffer(len, (void *)body, MHD_RESPMEM_MUST_COPY),
                          status, headers, header_count);
}

int httpd_request_start(struct httpd_request *req, int status, const struct httpd_header *headers,
                        size_t header_count)
{
    BUG_ON(req->answer != ANSWER_NONE);
    req->answer = ANSWER_STREAM;
    if (req->gone || !req->httpd)
        return -1;
    return request_answer(
        req,
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, stream_read, req, NULL),
        status, headers, header_count);
}

int httpd_request_write(struct httpd_request *req, const void *bytes, size_t len)
{
    BUG_ON(req->answer != ANSWER_STREAM);
    if (req->gone || !req->httpd || req->finished)
        return -1;
    if (buf_add(&req->out, bytes, len) < 0) {
        httpd_request_resume(req);
        httpd_request_set_gone(req);
        return -1;
    }
    httpd_request_resume(req);
    return 0;
}

int httpd_request_finish(struct httpd_request *req)
{
    BUG_ON(req->answer != ANSWER_STREAM);
    if (req->gone || !req->httpd || req->finished)
        return -1;
    req->finished = true;
    httpd_request_resume(req);
    return 0;
}

void httpd_request_free(struct httpd_request *req)
{
    static const char text[] = "no answer was given\n";

    if (!req)
        return;
    req->gone_fn = NULL;
    if (req->httpd && !req->gone) {
        if (req->answer == ANSWER_NONE)
            httpd_request_send(req, 500, NULL, 0, text, sizeof text - 1);
        if (req->answer == ANSWER_STREAM && !req->finished) {
            req->cut = true;
            httpd_request_resume(req);
        }
    }
    req->owned = false;
    request_release(req);
}
