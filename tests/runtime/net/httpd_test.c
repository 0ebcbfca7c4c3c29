/* httpd against libcurl on a thread of its own: whole answers, streams, vanished clients, TLS. */
#include "check.h"
#include "net/httpd.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/loop.h"

struct client {
    char url[256];
    const char *method, *body;
    size_t body_len;
    const char *ca, *cert, *key;
    struct buf got;
    long status;
    CURLcode rc;
    atomic_bool done;
    atomic_int chunks;
    int abort_after; /* chunks */
    pthread_t thread;
};

struct server {
    struct loop loop;
    struct httpd *httpd;
    struct httpd_request *req; /* the last one that came */
    int requests, gone;
};

static size_t client_write(char *data, size_t size, size_t n, void *arg)
{
    struct client *c = arg;

    CHECK(buf_add(&c->got, data, size * n) == 0);
    c->chunks++;
    return c->abort_after && c->chunks >= c->abort_after ? 0 : size * n;
}

static void *client_thread(void *arg)
{
    struct client *c = arg;
    CURL *curl = curl_easy_init();
    struct curl_slist *list = curl_slist_append(NULL, "X-Test: Yes");

    list = curl_slist_append(list, "Expect:");
    curl_easy_setopt(curl, CURLOPT_URL, c->url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 20L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, client_write);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, c);
    if (c->body) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, c->body);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)c->body_len);
    }
    if (c->method)
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, c->method);
    if (c->ca)
        curl_easy_setopt(curl, CURLOPT_CAINFO, c->ca);
    if (c->cert) {
        curl_easy_setopt(curl, CURLOPT_SSLCERT, c->cert);
        curl_easy_setopt(curl, CURLOPT_SSLKEY, c->key);
    }
    c->rc = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &c->status);
    curl_slist_free_all(list);
    curl_easy_cleanup(curl);
    c->done = true;
    return NULL;
}

static void client_start(struct client *c, const struct server *s, const char *scheme,
                         const char *target)
{
    buf_init(&c->got, (size_t)64 << 20);
    snprintf(c->url, sizeof c->url, "%s://127.0.0.1:%d%s", scheme, httpd_port(s->httpd), target);
    CHECK(pthread_create(&c->thread, NULL, client_thread, c) == 0);
}

static void client_end(struct client *c)
{
    pthread_join(c->thread, NULL);
    buf_release(&c->got);
}

static void on_tick(void *arg)
{
    (void)arg;
}

/* Runs the loop until the condition holds; the client's thread cannot wake the loop, so it looks
 * every 5 ms. */
#define RUN_UNTIL(s, cond)                                                                         \
    do {                                                                                           \
        double limit = loop_now() + 20;                                                            \
        while (!(cond)) {                                                                          \
            struct loop_timer *tick = loop_timer_start(&(s)->loop, 0.005, on_tick, NULL);          \
            loop_run_once(&(s)->loop, true);                                                       \
            loop_timer_stop(tick);                                                                 \
            CHECK(loop_now() < limit);                                                             \
        }                                                                                          \
    } while (0)

static void on_gone(void *arg, struct httpd_request *req)
{
    struct server *s = arg;

    CHECK(req == s->req && httpd_request_gone(req));
    s->gone++;
}

static void on_request(void *arg, struct httpd_request *req)
{
    struct server *s = arg;

    s->req = req;
    s->requests++;
    httpd_request_on_gone(req, on_gone, s);
}

static void server_start(struct server *s, const struct httpd_options *o)
{
    struct err e = {0};

    memset(s, 0, sizeof *s);
    CHECK(loop_init(&s->loop, &e) == 0);
    if (httpd_start(&s->httpd, &s->loop, o, on_request, s, &e) < 0) {
        fprintf(stderr, "%s\n", e.message);
        exit(1);
    }
    CHECK(httpd_port(s->httpd) > 0);
}

static void server_end(struct server *s)
{
    httpd_stop(s->httpd);
    httpd_request_free(s->req);
    loop_release(&s->loop);
}

static void answer(struct server *s, int status, const char *body)
{
    struct httpd_header h = {"Content-Type", "text/x-test"};

    CHECK(httpd_request_send(s->req, status, &h, 1, body, strlen(body)) == 0);
    httpd_request_free(s->req);
    s->req = NULL;
}

static void test_whole(void)
{
    struct server s;
    struct client c = {.method = "PATCH", .body = "hello\0x", .body_len = 7};
    size_t n, i, len;
    const struct httpd_header *h;

    server_start(&s, &(struct httpd_options){0});
    client_start(&c, &s, "http", "/a%20b/c?x=1&y=%2F");
    RUN_UNTIL(&s, s.req);
    CHECK(strcmp(httpd_request_method(s.req), "PATCH") == 0);
    CHECK(strcmp(httpd_request_target(s.req), "/a%20b/c?x=1&y=%2F") == 0);
    CHECK(memcmp(httpd_request_body(s.req, &len), "hello\0x", 7) == 0 && len == 7);
    CHECK(!httpd_request_client_cn(s.req));
    h = httpd_request_headers(s.req, &n);
    for (i = 0; i < n && strcmp(h[i].name, "X-Test") != 0; i++)
        ;
    CHECK(i < n && strcmp(h[i].value, "Yes") == 0);
    answer(&s, 418, "tea");
    RUN_UNTIL(&s, c.done);
    CHECK(c.rc == CURLE_OK && c.status == 418 && strcmp(buf_str(&c.got), "tea") == 0);
    client_end(&c);
    CHECK(s.gone == 0);
    server_end(&s);
}

static void test_too_large(void)
{
    static char big[300000];
    struct server s;
    struct client c = {.body = big, .body_len = sizeof big};

    server_start(&s, &(struct httpd_options){.body_max = 1000});
    client_start(&c, &s, "http", "/");
    RUN_UNTIL(&s, c.done);
    CHECK(c.status == 413 && s.requests == 0);
    client_end(&c);
    server_end(&s);
}

/* Each chunk reaches the client before the next is written; then one larger than any buffer. */
static void test_stream(void)
{
    static char big[3000000];
    struct server s;
    struct client c = {0};
    size_t sum;

    memset(big, 'b', sizeof big);
    server_start(&s, &(struct httpd_options){0});
    client_start(&c, &s, "http", "/watch");
    RUN_UNTIL(&s, s.req);
    CHECK(httpd_request_start(s.req, 200, NULL, 0) == 0);
    for (int i = 1; i <= 3; i++) {
        CHECK(httpd_request_write(s.req, "line\n", 5) == 0);
        RUN_UNTIL(&s, c.chunks == i);
    }
    CHECK(httpd_request_write(s.req, big, sizeof big) == 0);
    CHECK(httpd_request_finish(s.req) == 0);
    CHECK(httpd_request_write(s.req, "late", 4) < 0);
    RUN_UNTIL(&s, c.done);
    sum = c.got.len;
    CHECK(c.rc == CURLE_OK && c.status == 200 && sum == 15 + sizeof big);
    client_end(&c);
    CHECK(s.gone == 0);
    server_end(&s);
}

/* The client leaves in the middle of a quiet stream: told without a write. */
static void test_gone_streaming(void)
{
    struct server s;
    struct client c = {.abort_after = 1};

    server_start(&s, &(struct httpd_options){0});
    client_start(&c, &s, "http", "/watch");
    RUN_UNTIL(&s, s.req);
    CHECK(httpd_request_start(s.req, 200, NULL, 0) == 0);
    CHECK(httpd_request_write(s.req, "x", 1) == 0);
    RUN_UNTIL(&s, s.gone == 1);
    CHECK(httpd_request_write(s.req, "x", 1) < 0);
    CHECK(httpd_request_finish(s.req) < 0);
    RUN_UNTIL(&s, c.done);
    client_end(&c);
    server_end(&s);
}

/* The client leaves before any answer. */
static void test_gone_waiting(void)
{
    static const char text[] = "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n";
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct server s;
    int fd;

    server_start(&s, &(struct httpd_options){0});
    in.sin_port = htons((uint16_t)httpd_port(s.httpd));
    fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(connect(fd, (struct sockaddr *)&in, sizeof in) == 0);
    CHECK(write(fd, text, sizeof text - 1) == (ssize_t)sizeof text - 1);
    RUN_UNTIL(&s, s.req);
    close(fd);
    RUN_UNTIL(&s, s.gone == 1);
    CHECK(httpd_request_send(s.req, 200, NULL, 0, "", 0) < 0);
    server_end(&s);
}

/* A reader that does not read is cut off at the cap, and the writer never waits. */
static void test_slow_reader(void)
{
    static const char text[] = "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n";
    static char block[100000];
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct server s;
    int fd, n = 0;

    server_start(&s, &(struct httpd_options){.stream_max = 1000000});
    in.sin_port = htons((uint16_t)httpd_port(s.httpd));
    fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(connect(fd, (struct sockaddr *)&in, sizeof in) == 0);
    CHECK(write(fd, text, sizeof text - 1) == (ssize_t)sizeof text - 1);
    RUN_UNTIL(&s, s.req);
    CHECK(httpd_request_start(s.req, 200, NULL, 0) == 0);
    while (httpd_request_write(s.req, block, sizeof block) == 0) {
        loop_run_once(&s.loop, false);
        CHECK(++n < 1000);
    }
    CHECK(s.gone == 1);
    close(fd);
    server_end(&s);
}

/* Stopping with a request unanswered and a stream open. */
static void test_stop(void)
{
    struct server s;
    struct client a = {0}, b = {0};
    struct httpd_request *first;

    server_start(&s, &(struct httpd_options){0});
    client_start(&a, &s, "http", "/one");
    RUN_UNTIL(&s, s.req);
    first = s.req;
    httpd_request_on_gone(first, NULL, NULL);
    client_start(&b, &s, "http", "/two");
    RUN_UNTIL(&s, s.requests == 2);
    CHECK(httpd_request_start(s.req, 200, NULL, 0) == 0);
    RUN_UNTIL(&s, true);
    httpd_stop(s.httpd);
    CHECK(s.gone == 1 && httpd_request_gone(first));
    client_end(&a);
    client_end(&b);
    CHECK(a.rc != CURLE_OK && b.rc != CURLE_OK);
    httpd_request_free(first);
    httpd_request_free(s.req);
    loop_release(&s.loop);
}

static void test_refusals(void)
{
    struct server s;
    struct err e = {0};
    struct httpd *other;

    server_start(&s, &(struct httpd_options){0});
    CHECK(httpd_start(&other, &s.loop, &(struct httpd_options){.port = httpd_port(s.httpd)},
                      on_request, &s, &e) < 0);
    CHECK(e.kind == ERR_IO && strstr(e.message, "in use") && e.hint[0]);
    CHECK(httpd_start(&other, &s.loop, &(struct httpd_options){.address = "nowhere"}, on_request,
                      &s, &e) < 0);
    CHECK(e.kind == ERR_USAGE);
    CHECK(httpd_start(&other, &s.loop, &(struct httpd_options){.cert = "x"}, on_request, &s, &e) <
          0);
    CHECK(e.kind == ERR_USAGE);
    CHECK(httpd_start(&other, &s.loop, &(struct httpd_options){.cert = "/nope", .key = "/nope"},
                      on_request, &s, &e) < 0);
    CHECK(e.kind == ERR_IO && strstr(e.message, "/nope"));
    server_end(&s);
}

static void shell(const char *command)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
}

static void tls_get(struct server *s, const char *cert, const char *key, const char *cn)
{
    struct client c = {.ca = "ca.pem", .cert = cert, .key = key};

    client_start(&c, s, "https", "/tls");
    if (cn || !cert) {
        RUN_UNTIL(s, s->req);
        CHECK(cn ? strcmp(httpd_request_client_cn(s->req), cn) == 0
                 : !httpd_request_client_cn(s->req));
        answer(s, 200, "secret");
    }
    RUN_UNTIL(s, c.done);
    CHECK(c.rc == CURLE_OK && c.status == (cn || !cert ? 200 : 401));
    client_end(&c);
}

static void test_tls(void)
{
    char dir[] = "/tmp/httpd_test.XXXXXX";
    struct server s;

    CHECK(mkdtemp(dir) && chdir(dir) == 0);
    shell("exec 2>/dev/null; "
          "k='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2'; "
          "openssl req -x509 $k -keyout ca.key -out ca.pem -subj /CN=ca && "
          "openssl req -x509 $k -keyout odd.key -out odd.pem -subj /CN=odd && "
          "for n in server operator; do "
          "openssl req $k -keyout $n.key -out $n.csr -subj /CN=$n && "
          "echo subjectAltName=IP:127.0.0.1 >ext && "
          "openssl x509 -req -in $n.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 "
          "-extfile ext -out $n.pem; done");
    server_start(&s, &(struct httpd_options){
                         .cert = "server.pem", .key = "server.key", .client_ca = "ca.pem"});
    tls_get(&s, "operator.pem", "operator.key", "operator");
    tls_get(&s, NULL, NULL, NULL);
    tls_get(&s, "odd.pem", "odd.key", NULL);
    server_end(&s);
    shell("rm -f ca.* odd.* server.* operator.* ext");
    CHECK(chdir("/") == 0 && rmdir(dir) == 0);
}

int main(void)
{
    curl_global_init(CURL_GLOBAL_ALL);
    test_whole();
    test_too_large();
    test_stream();
    test_gone_streaming();
    test_gone_waiting();
    test_slow_reader();
    test_stop();
    test_refusals();
    test_tls();
    curl_global_cleanup();
    return 0;
}
