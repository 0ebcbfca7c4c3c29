/* The curl handle of one transfer, set up as its spec asks. */
#include "net/transfer_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/url_path.h"
#include "net/detour.h"

/* Whether two URLs have scheme, host and port in common. */
static bool same_origin(const char *a, const char *b)
{
    static const CURLUPart parts[] = {CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT};
    CURLU *left = curl_url(), *right = curl_url();
    bool same = left && right && !curl_url_set(left, CURLUPART_URL, a, 0) &&
                !curl_url_set(right, CURLUPART_URL, b, 0);
    size_t i;

    for (i = 0; same && i < 3; i++) {
        char *x = NULL, *y = NULL;

        curl_url_get(left, parts[i], &x, CURLU_DEFAULT_PORT);
        curl_url_get(right, parts[i], &y, CURLU_DEFAULT_PORT);
        same = x && y && strcasecmp(x, y) == 0;
        curl_free(x);
        curl_free(y);
    }
    curl_url_cleanup(left);
    curl_url_cleanup(right);
    return same;
}

static bool is_loopback(const char *host)
{
    return strcasecmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
           strcmp(host, "[::1]") == 0;
}

/* A path that leads elsewhere than it reads would pass whoever looked at it before us. A redirect
 * is the server's word, and resolved as such. */
static int check_path(const char *url, struct err *e)
{
    CURLU *u = curl_url();
    char *path = NULL;
    int rc = 0;

    if (u && !curl_url_set(u, CURLUPART_URL, url, CURLU_PATH_AS_IS) &&
        !curl_url_get(u, CURLUPART_PATH, &path, 0) && url_path_has_dots(path)) {
        rc = err_set(e, ERR_USAGE, "the path of a URL holds a segment . or ..: %s", path);
        err_hint(e, "write the path that is meant");
    }
    curl_free(path);
    curl_url_cleanup(u);
    return rc;
}

/* A child must not inherit the connection. */
static curl_socket_t transfer_open_socket(void *arg, curlsocktype purpose,
                                          struct curl_sockaddr *address)
{
    (void)arg;
    (void)purpose;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* Has the connection go where a test wants it: see detour.h. */
static int take_detour(struct transfer *t, CURLU *u, const char *to)
{
    char where[512];

    snprintf(where, sizeof where, "::%s", to);
    curl_slist_free_all(t->connect_to);
    t->connect_to = curl_slist_append(NULL, where);
    if (!t->connect_to || curl_url_set(u, CURLUPART_SCHEME, "http", 0))
        return -1;
    curl_easy_setopt(t->easy, CURLOPT_CONNECT_TO, t->connect_to);
    curl_easy_setopt(t->easy, CURLOPT_UNIX_SOCKET_PATH, NULL);
    curl_easy_setopt(t->easy, CURLOPT_PROXY, "");
    return 0;
}

/* Points the handle at a URL, and sets what follows from its host: the name for people, the name
 * to verify, whether the environment's proxy counts. */
static int set_url(struct transfer *t, const char *url, const char *unix_socket,
                   const char *server_name, struct err *e)
{
    CURLU *u = curl_url();
    char *host = NULL, *port = NULL, *scheme = NULL, *full = NULL;
    struct buf text = BUF_INIT(4096);
    const char *detour;
    int rc = -1;

    if (!u || curl_url_set(u, CURLUPART_URL, url, 0) ||
        curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) ||
        (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0) ||
        curl_url_get(u, CURLUPART_HOST, &host, 0) || host[0] == '\0' ||
        curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT)) {
        err_set(e, ERR_USAGE, "not an http or https URL: %s", url);
        goto out;
    }
    buf_addf(&text, "%s:%s", host, port);
    if (server_name) {
        /* curl asks for and verifies the URL's host: so that becomes the name, and the
         * connection goes to the real address. */
        char where[2048];

        snprintf(where, sizeof where, "%s:%s:%s", server_name, port, buf_str(&text));
        t->connect_to = curl_slist_append(NULL, where);
        if (!t->connect_to || curl_url_set(u, CURLUPART_HOST, server_name, 0)) {
            err_set(e, ERR_USAGE, "not a host name: %s", server_name);
            goto out;
        }
        curl_easy_setopt(t->easy, CURLOPT_CONNECT_TO, t->connect_to);
    }
    detour = detour_of(buf_str(&text));
    if (detour && take_detour(t, u, detour) < 0) {
        err_set(e, ERR_MEMORY, "out of memory in a request");
        goto out;
    }
    if (curl_url_get(u, CURLUPART_URL, &full, 0)) {
        err_set(e, ERR_MEMORY, "out of memory in a request");
        goto out;
    }
    free(t->url);
    free(t->peer);
    free(t->host);
    t->url = strdup(full);
    t->peer = strdup(unix_socket ? unix_socket : buf_str(&text));
    t->host = strdup(server_name ? server_name : host);
    if (!t->url || !t->peer || !t->host) {
        err_set(e, ERR_MEMORY, "out of memory in a request");
        goto out;
    }
    curl_easy_setopt(t->easy, CURLOPT_URL, t->url);
    curl_easy_setopt(t->easy, CURLOPT_NOPROXY, !t->proxy && is_loopback(host) ? "*" : NULL);
    rc = 0;
out:
    curl_free(host);
    curl_free(port);
    curl_free(scheme);
    curl_free(full);
    curl_url_cleanup(u);
    buf_release(&text);
    return rc;
}

static void set_blob(CURL *easy, CURLoption option, const void *data, size_t len)
{
    struct curl_blob blob = {(void *)data, len, CURL_BLOB_COPY};

    curl_easy_setopt(easy, option, &blob);
}

static CURLcode transfer_on_ssl(CURL *easy, void *ssl_ctx, void *arg)
{
    struct transfer *t = arg;

    (void)easy;
    return tls_note_attach(t->tls, ssl_ctx) < 0 ? CURLE_OUT_OF_MEMORY : CURLE_OK;
}

static void transfer_set_tls(struct transfer *t, const struct transfer_tls *tls)
{
    CURL *easy = t->easy;

    if (tls->insecure) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (tls->ca) {
        set_blob(easy, CURLOPT_CAINFO_BLOB, tls->ca, tls->ca_len);
        set_blob(easy, CURLOPT_PROXY_CAINFO_BLOB, tls->ca, tls->ca_len);
    }
    if (!tls->ca && tls->ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, tls->ca_file);
    if (tls->ca || tls->ca_file) /* the system's own directory must not count too */
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    if (tls->cert)
        set_blob(easy, CURLOPT_SSLCERT_BLOB, tls->cert, tls->cert_len);
    else if (tls->cert_file)
        curl_easy_setopt(easy, CURLOPT_SSLCERT, tls->cert_file);
    if (tls->key)
        set_blob(easy, CURLOPT_SSLKEY_BLOB, tls->key, tls->key_len);
    else if (tls->key_file)
        curl_easy_setopt(easy, CURLOPT_SSLKEY, tls->key_file);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, transfer_on_ssl);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, t);
}

static void transfer_set_method(struct transfer *t, const struct transfer_spec *spec)
{
    const char *method = spec->method ? spec->method : "GET";

    t->head = strcmp(method, "HEAD") == 0;
    if (t->head || strcmp(method, "GET") == 0)
        t->redirects_left = spec->max_redirects;
    if (t->head) {
        curl_easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
    } else if (spec->body || strcmp(method, "POST") == 0) {
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)spec->body_len);
        curl_easy_setopt(t->easy, CURLOPT_COPYPOSTFIELDS, spec->body ? spec->body : "");
        curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, method);
    } else if (strcmp(method, "GET") != 0) {
        curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, method);
    }
}

static int add_header(struct transfer *t, const char *line)
{
    struct curl_slist *more = curl_slist_append(t->headers, line);

    if (!more)
        return -1;
    t->headers = more;
    return 0;
}

static int transfer_set_headers(struct transfer *t, const struct transfer_spec *spec)
{
    /* curl's own guesses: a form's type, and a wait for 100 Continue. */
    static const char *const off[] = {"Content-Type:", "Expect:"};
    bool host = false;
    size_t i;
    char line[2048];

    for (i = 0; i < spec->header_count + 2; i++) {
        const char *header = i < 2 ? off[i] : spec->headers[i - 2];
        size_t j;
        bool given = false;

        for (j = 0; i < 2 && j < spec->header_count; j++)
            given |= strncasecmp(spec->headers[j], off[i], strlen(off[i])) == 0;
        host |= strncasecmp(header, "Host:", 5) == 0;
        if (!given && add_header(t, header) < 0)
            return -1;
    }
    if (detour_is_set()) {
        snprintf(line, sizeof line, "%s: %s", DETOUR_SCHEME,
                 strncasecmp(spec->url, "https:", 6) == 0 ? "https" : "http");
        if (add_header(t, line) < 0)
            return -1;
    }
    if (spec->tls.server_name && !host) { /* the URL's host is not the server's name then */
        snprintf(line, sizeof line, "Host: %s", t->peer);
        if (add_header(t, line) < 0)
            return -1;
    }
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
    return 0;
}

static void transfer_set_options(struct transfer *t, const struct transfer_spec *spec)
{
    CURL *easy = t->easy;

    curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->detail);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, transfer_open_socket);
    /* Or cancelling waits for a name server that does not answer. */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                     spec->connect_only ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS);
    if (spec->connect_only) {
        curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
        curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
    }
    if (strncasecmp(spec->url, "https:", 6) == 0) /* plain HTTP would wait for a slow answer */
        curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, 30L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, 10L);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, transfer_on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, transfer_on_data);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "almanac");
    if (spec->gzip)
        curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
    if (spec->connect_timeout > 0)
        curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(spec->connect_timeout * 1000));
    if (spec->total_timeout > 0)
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(spec->total_timeout * 1000));
    if (spec->proxy)
        curl_easy_setopt(easy, CURLOPT_PROXY, spec->proxy);
    if (spec->unix_socket)
        curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, spec->unix_socket);
    if (spec->user) {
        curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
        curl_easy_setopt(easy, CURLOPT_USERNAME, spec->user);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, spec->password ? spec->password : "");
    }
    if (spec->stall_timeout > 0) {
        curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, transfer_on_progress);
        curl_easy_setopt(easy, CURLOPT_XFERINFODATA, t);
    }
}

int transfer_easy_redirect(struct transfer *t, const char *url, struct err *e)
{
    if (!t->clean && !same_origin(t->url, url)) {
        t->clean = true;
        curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, NULL);
        curl_easy_setopt(t->easy, CURLOPT_USERPWD, NULL);
        curl_easy_setopt(t->easy, CURLOPT_SSLCERT, NULL);
        curl_easy_setopt(t->easy, CURLOPT_SSLKEY, NULL);
        curl_easy_setopt(t->easy, CURLOPT_SSLCERT_BLOB, NULL);
        curl_easy_setopt(t->easy, CURLOPT_SSLKEY_BLOB, NULL);
        curl_easy_setopt(t->easy, CURLOPT_UNIX_SOCKET_PATH, NULL);
        curl_easy_setopt(t->easy, CURLOPT_CONNECT_TO, NULL);
    }
    return set_url(t, url, NULL, NULL, e);
}

int transfer_easy_prepare(struct transfer *t, const struct transfer_spec *spec, struct err *e)
{
    t->easy = curl_easy_init();
    t->tls = tls_note_new();
    t->proxy = spec->proxy ? strdup(spec->proxy) : NULL;
    if (!t->easy || !t->tls || (spec->proxy && !t->proxy))
        return err_set(e, ERR_MEMORY, "out of memory in a request to %s", spec->url);
    transfer_set_options(t, spec);
    transfer_set_tls(t, &spec->tls);
    transfer_set_method(t, spec);
    if (check_path(spec->url, e) < 0 ||
        set_url(t, spec->url, spec->unix_socket, spec->tls.server_name, e) < 0)
        return -1;
    if (transfer_set_headers(t, spec) < 0)
        return err_set(e, ERR_MEMORY, "out of memory in a request to %s", spec->url);
    return 0;
}
