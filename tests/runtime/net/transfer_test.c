/* transfer: answers, streams, pausing, cancelling everywhere, redirects, and every failure's words.
 */
#include "net/transfer.h"

#include "base/buf.h"
#include "base/loop.h"
#include "net/test_server.h"

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #cond);                     \
            if (seen)                                                                              \
                fprintf(stderr, "  status %d, error %s: %s | %s\n", seen->status,                  \
                        err_kind_name(seen->err.kind), seen->err.message, seen->err.hint);         \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

enum act { NOTHING, CANCEL, PAUSE };

struct get {
    struct transfer *t;
    struct buf body;
    int status, heads, datas, dones;
    bool inside; /* the starting call has not returned */
    char warning[64];
    struct err err;
    enum act on_headers, on_data;
    bool done_starts_another;
};

static struct loop loop;
static struct transfers *pool;
static struct test_server plain, other;
static struct get *seen;
static const struct transfer_callbacks callbacks;

static void act(struct get *g, enum act what)
{
    if (what == CANCEL)
        transfer_cancel(g->t);
    else if (what == PAUSE)
        transfer_pause(g->t);
}

static void got_headers(struct transfer *t, void *arg)
{
    struct get *g = arg;

    CHECK(!g->inside && g->heads == 0 && t == g->t);
    g->heads++;
    g->status = transfer_status(t);
    if (transfer_header(t, "warning"))
        snprintf(g->warning, sizeof g->warning, "%s", transfer_header(t, "warning"));
    act(g, g->on_headers);
}

static void got_data(struct transfer *t, const char *data, size_t len, void *arg)
{
    struct get *g = arg;

    CHECK(!g->inside && g->heads == 1 && t == g->t);
    g->datas++;
    CHECK(buf_add(&g->body, data, len) == 0);
    act(g, g->on_data);
}

static void got_done(struct transfer *t, const struct err *e, void *arg)
{
    struct get *g = arg;

    CHECK(!g->inside && g->dones == 0 && t == g->t);
    g->dones++;
    if (e)
        g->err = *e;
    transfer_cancel(t); /* allowed, and nothing */
}

static const struct transfer_callbacks callbacks = {got_headers, got_data, got_done, NULL};

static void get_init(struct get *g)
{
    memset(g, 0, sizeof *g);
    buf_init(&g->body, 64 << 20);
    seen = g;
}

static void get_start(struct get *g, struct transfer_spec *spec)
{
    struct err e;

    seen = g;
    if (spec->total_timeout == 0)
        spec->total_timeout = 20;
    g->inside = true;
    g->t = transfer_start(pool, spec, &callbacks, g, &e);
    g->inside = false;
    if (!g->t) {
        g->err = e;
        g->dones++;
    }
}

static void get_wait(struct get *g)
{
    while (!g->dones)
        loop_run_once(&loop, true);
}

/* One request to the end; path may be a whole URL. */
static void fetch(struct get *g, struct transfer_spec *spec, const char *path)
{
    char url[256];

    get_init(g);
    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", plain.port, path);
    spec->url = strstr(path, "://") ? path : url;
    get_start(g, spec);
    get_wait(g);
    buf_add(&g->body, "", 0);
}

#define SPEC(...) (&(struct transfer_spec){__VA_ARGS__})

static void test_answers(void)
{
    static const char *const headers[] = {"Content-Type: application/json", "X-Mine: yes"};
    struct get g;

    fetch(&g, SPEC(0), "/ok");
    CHECK(g.err.kind == ERR_NONE && g.status == 200 && strcmp(buf_str(&g.body), "hello") == 0);
    buf_release(&g.body);

    fetch(&g,
          SPEC(.method = "PATCH", .body = "{\"a\":1}", .body_len = 7, .headers = headers,
               .header_count = 2, .user = "ops", .password = "s3cret"),
          "/echo");
    CHECK(strncmp(buf_str(&g.body), "PATCH /echo HTTP/1.1\r\n", 22) == 0);
    CHECK(strstr(buf_str(&g.body), "Content-Type: application/json\r\n"));
    CHECK(strstr(buf_str(&g.body), "X-Mine: yes\r\n"));
    CHECK(strstr(buf_str(&g.body), "Authorization: Basic b3BzOnMzY3JldA==\r\n"));
    CHECK(strstr(buf_str(&g.body), "\r\n\r\n{\"a\":1}"));
    CHECK(!strstr(buf_str(&g.body), "Expect:"));
    buf_release(&g.body);

    fetch(&g, SPEC(.method = "DELETE"), "/echo");
    CHECK(strncmp(buf_str(&g.body), "DELETE /echo", 12) == 0);
    buf_release(&g.body);
    fetch(&g, SPEC(.method = "POST"), "/echo");
    CHECK(strstr(buf_str(&g.body), "Content-Length: 0\r\n"));
    CHECK(!strstr(buf_str(&g.body), "Content-Type"));
    buf_release(&g.body);

    fetch(&g, SPEC(0), "/repeat");
    CHECK(g.err.kind == ERR_NONE && g.status == 404 && strcmp(g.warning, "a, b") == 0);
    buf_release(&g.body);
    fetch(&g, SPEC(0), "/hundred");
    CHECK(g.status == 201 && g.heads == 1 && strcmp(buf_str(&g.body), "made") == 0);
    buf_release(&g.body);
    fetch(&g, SPEC(0), "/stream");
    CHECK(strstr(buf_str(&g.body), "line 0\n") && strstr(buf_str(&g.body), "line 99\n"));
    buf_release(&g.body);
    CHECK(plain.connections == 1); /* the connection was kept */
}

static void expect_error(struct transfer_spec *spec, const char *path, enum err_kind kind,
                         const char *words, bool hint)
{
    struct get g;

    fetch(&g, spec, path);
    if (g.err.kind != kind || !strstr(g.err.message, words))
        fprintf(stderr, "wanted %s: …%s…\n", err_kind_name(kind), words);
    CHECK(g.err.kind == kind && strstr(g.err.message, words));
    CHECK(!hint || g.err.hint[0]);
    buf_release(&g.body);
}

static void test_failures(void)
{
    struct test_server dead;
    char url[128], words[128];

    server_start(&dead, NULL);
    server_stop(&dead);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", dead.port);
    snprintf(words, sizeof words, "127.0.0.1:%d", dead.port);
    expect_error(SPEC(0), url, ERR_NETWORK, words, true);
    expect_error(SPEC(0), "http://no-such-host.invalid/", ERR_NETWORK,
                 "no address is known for no-such-host.invalid:80", true);
    expect_error(SPEC(0), "ftp://127.0.0.1/x", ERR_USAGE, "not an http or https URL: ftp://",
                 false);
    expect_error(SPEC(0), "http://", ERR_USAGE, "not an http or https URL", false);
    expect_error(SPEC(0), "/cut", ERR_NETWORK, "was cut after 4 bytes", true);
    expect_error(SPEC(0), "/nothing", ERR_NETWORK, "closed the connection without an answer", true);
    expect_error(SPEC(0), "/noise", ERR_PROTOCOL, "did not answer with HTTP", true);
    expect_error(SPEC(.max_body = 10000), "/big", ERR_LIMIT, "larger than 10000 bytes", false);
    expect_error(SPEC(.max_body = 10000), "/announced", ERR_LIMIT, "larger than 10000 bytes",
                 false);
    expect_error(SPEC(.total_timeout = 0.1), "/silent", ERR_TIMEOUT, "no answer from", true);
    expect_error(SPEC(.total_timeout = 0.1), "/stall", ERR_TIMEOUT,
                 "was not complete within 0.1 s (4 bytes came)", true);
    expect_error(SPEC(.stall_timeout = 0.1), "/stall", ERR_TIMEOUT,
                 "sent nothing for 0.1 s (4 bytes came before)", false);
    expect_error(SPEC(.stall_timeout = 0.1), "/silent", ERR_TIMEOUT, "sent nothing for 0.1 s",
                 false);
    expect_error(SPEC(.unix_socket = "/nonexistent/docker.sock"), "/ok", ERR_NETWORK,
                 "/nonexistent/docker.sock", true);
    expect_error(SPEC(.proxy = url), "http://example.invalid/", ERR_NETWORK, "", false);
}

static void test_redirects(void)
{
    static const char *const headers[] = {"Authorization: Bearer t0ken", "X-Api-Key: k3y"};
    struct get g;

    fetch(&g, SPEC(0), "/here");
    CHECK(g.status == 302 && strcmp(buf_str(&g.body), "moved") == 0);
    buf_release(&g.body);
    fetch(&g, SPEC(.max_redirects = 3, .headers = headers, .header_count = 2), "/here");
    CHECK(g.status == 200 && g.heads == 1 && strstr(buf_str(&g.body), "t0ken"));
    CHECK(!strstr(buf_str(&g.body), "moved"));
    buf_release(&g.body);
    fetch(&g,
          SPEC(.max_redirects = 3, .headers = headers, .header_count = 2, .user = "u",
               .password = "p4ss"),
          "/elsewhere");
    CHECK(g.status == 200 && strstr(buf_str(&g.body), "GET /echo"));
    CHECK(!strstr(buf_str(&g.body), "t0ken") && !strstr(buf_str(&g.body), "k3y"));
    CHECK(!strstr(buf_str(&g.body), "Authorization"));
    buf_release(&g.body);
    fetch(&g, SPEC(.max_redirects = 3, .method = "POST"), "/here");
    CHECK(g.status == 302);
    buf_release(&g.body);
    fetch(&g, SPEC(.max_redirects = 3), "/circle");
    CHECK(g.status == 302);
    buf_release(&g.body);
}

static void test_pause(void)
{
    struct get g, quick;
    char url[64];
    size_t held;

    get_init(&g);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/big", plain.port);
    g.on_data = PAUSE;
    get_start(&g, SPEC(.url = url));
    while (!g.datas)
        loop_run_once(&loop, true);
    held = g.body.len;
    fetch(&quick, SPEC(0), "/ok"); /* others go on */
    CHECK(quick.status == 200 && g.body.len == held && !g.dones);
    buf_release(&quick.body);
    seen = &g;
    g.on_data = NOTHING;
    g.inside = true;
    transfer_resume(g.t);
    g.inside = false;
    get_wait(&g);
    CHECK(g.err.kind == ERR_NONE && g.body.len == 4096 * 1024);
    buf_release(&g.body);
}

/* At the start, in each callback, while paused, and with N turns of the loop behind it. */
static void test_cancel(void)
{
    static const char *const paths[] = {"/ok", "/stall", "/big", "/silent"};
    struct get g[4], last;
    char url[64];
    size_t i;
    int turns;

    for (turns = 0; turns < 12; turns++) {
        for (i = 0; i < 4; i++) {
            get_init(&g[i]);
            snprintf(url, sizeof url, "http://127.0.0.1:%d%s", plain.port, paths[i]);
            get_start(&g[i], SPEC(.url = url, .stall_timeout = 5));
        }
        for (int n = 0; n < turns; n++)
            loop_run_once(&loop, true);
        for (i = 0; i < 4; i++) {
            if (!g[i].dones)
                transfer_cancel(g[i].t);
            buf_release(&g[i].body);
        }
    }
    for (i = 0; i < 2; i++) {
        get_init(&last);
        *(i ? &last.on_data : &last.on_headers) = CANCEL;
        snprintf(url, sizeof url, "http://127.0.0.1:%d/ok", plain.port);
        get_start(&last, SPEC(.url = url));
        while (!last.heads || (i && !last.datas))
            loop_run_once(&loop, true);
        buf_release(&last.body);
        fetch(&last, SPEC(0), "/ok"); /* and the pool is well */
        CHECK(last.status == 200);
        CHECK(!last.done_starts_another);
        buf_release(&last.body);
    }
    /* Left to transfers_free(). */
    get_init(&last);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/silent", plain.port);
    get_start(&last, SPEC(.url = url, .stall_timeout = 60));
    loop_run_once(&loop, true);
}

static void tls_expect(struct test_server *s, struct transfer_spec *spec, enum err_kind kind,
                       const char *words)
{
    char url[128];

    snprintf(url, sizeof url, "https://localhost:%d/ok", s->port);
    expect_error(spec, url, kind, words, false);
}

#define TRUST(authority) .tls.ca = (authority).pem, .tls.ca_len = strlen((authority).pem)

/* The name to ask for is not the name in the Host header. */
static void tls_other_name(struct test_server *s, struct test_cert *ca)
{
    struct get g;
    char url[128];

    snprintf(url, sizeof url, "https://localhost:%d/echo", s->port);
    fetch(&g, SPEC(TRUST(*ca), .tls.server_name = "api.devnet"), url);
    snprintf(url, sizeof url, "Host: localhost:%d\r\n", s->port);
    CHECK(strstr(buf_str(&g.body), url));
    buf_release(&g.body);
}

static void test_tls(void)
{
    struct test_cert ca, stranger, good, named, old, client;
    struct test_server srv[4];
    SSL_CTX *ctx[4];
    struct get g;
    char url[128];
    size_t i;

    cert_make(&ca, NULL, "devnet authority", NULL, 0);
    cert_make(&stranger, NULL, "somebody else", NULL, 0);
    cert_make(&good, &ca, "api", "DNS:localhost,IP:127.0.0.1", 0);
    cert_make(&named, &ca, "named", "DNS:kubernetes.default,DNS:api.devnet", 0);
    cert_make(&old, &ca, "old", "DNS:localhost", 400);
    cert_make(&client, &ca, "release engineer", NULL, 0);
    ctx[0] = server_tls(&good, NULL);
    ctx[1] = server_tls(&named, NULL);
    ctx[2] = server_tls(&old, NULL);
    ctx[3] = server_tls(&good, &ca);
    for (i = 0; i < 4; i++)
        server_start(&srv[i], ctx[i]);

    tls_expect(&srv[0], SPEC(TRUST(ca)), ERR_NONE, "");
    tls_expect(&srv[0], SPEC(0), ERR_TLS, "signed by an unknown authority: CN = devnet authority");
    tls_expect(&srv[0], SPEC(TRUST(stranger)), ERR_TLS, "unknown authority");
    tls_expect(&srv[0], SPEC(.tls.insecure = true), ERR_NONE, "");
    tls_expect(&srv[0], SPEC(.tls.ca_file = "/nonexistent/ca.pem"), ERR_TLS, "cannot be used");
    tls_expect(&srv[1], SPEC(TRUST(ca)), ERR_TLS,
               "is not for localhost but for kubernetes.default, api.devnet");
    tls_expect(&srv[1], SPEC(TRUST(ca), .tls.server_name = "api.devnet"), ERR_NONE, "");
    tls_expect(&srv[2], SPEC(TRUST(ca)), ERR_TLS, " expired on 20");
    tls_expect(&srv[3],
               SPEC(TRUST(ca), .tls.cert = client.pem, .tls.cert_len = strlen(client.pem),
                    .tls.key = client.key_pem, .tls.key_len = strlen(client.key_pem)),
               ERR_NONE, "");
    /* The alert, or, when the connection's reset overtook it, the connection's end. */
    snprintf(url, sizeof url, "https://localhost:%d/ok", srv[3].port);
    fetch(&g, SPEC(TRUST(ca)), url);
    CHECK(g.err.kind == ERR_TLS || g.err.kind == ERR_NETWORK);
    CHECK(strstr(g.err.hint, "client certificate"));
    buf_release(&g.body);
    tls_expect(&srv[3],
               SPEC(TRUST(ca), .tls.cert = good.pem, .tls.cert_len = strlen(good.pem),
                    .tls.key = stranger.key_pem, .tls.key_len = strlen(stranger.key_pem)),
               ERR_TLS, "client certificate");
    snprintf(url, sizeof url, "https://localhost:%d/", plain.port);
    expect_error(SPEC(TRUST(ca)), url, ERR_TLS, "does not speak TLS", true);

    tls_other_name(&srv[1], &ca);
    for (i = 0; i < 4; i++)
        server_stop(&srv[i]);
    transfers_free(pool); /* closes the kept connections, so that the threads end */
    loop_run_once(&loop, false);
    pool = transfers_new(&loop, NULL);
    for (i = 0; i < 4; i++)
        SSL_CTX_free(ctx[i]);
    struct test_cert *all[] = {&ca, &stranger, &good, &named, &old, &client};

    for (i = 0; i < sizeof all / sizeof *all; i++)
        cert_free(all[i]);
}

int main(void)
{
    struct err e;

    CHECK(loop_init(&loop, &e) == 0);
    server_start(&plain, NULL);
    server_start(&other, NULL);
    plain.other_port = other.port;
    pool = transfers_new(&loop, &e);
    CHECK(pool);
    test_answers();
    puts("ok - answers");
    test_failures();
    puts("ok - failures say what and why");
    test_redirects();
    puts("ok - redirects");
    test_pause();
    puts("ok - pause and resume");
    test_tls();
    puts("ok - tls");
    test_cancel();
    puts("ok - cancel anywhere");
    transfers_free(pool);
    loop_release(&loop);
    server_stop(&plain);
    server_stop(&other);
    return 0;
}
