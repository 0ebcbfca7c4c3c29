#include "kube/kube.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kube/kube_files.h"
#include "kube/kube_text.h"
#include "kube/kube_url.h"
#include "base/loop.h"
#include "net/tls_cert.h"

#define HEADER_MAX ((size_t)1 << 20)
#define SERVICE_ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount"
/* How old the content of a token file may be: kubelet rotates them well before they expire. */
#define TOKEN_AGE_MAX 10.0
#define IMPERSONATE_MAX 64

/* ---- cluster and user ---- */

/* kubectl's socks5 has the proxy look up the name, which curl calls socks5h. */
static int load_proxy(struct kube_config *c, const char *url, const char *path, struct err *e)
{
    struct buf text = BUF_INIT(4096);

    if (!url)
        return 0;
    if (strncmp(url, "socks5://", 9) == 0)
        buf_addf(&text, "socks5h://%s", url + 9);
    else if (strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0)
        buf_adds(&text, url);
    else
        return err_set(e, ERR_USAGE,
                       "%s: the proxy-url of cluster \"%s\" must begin with http://, https:// or "
                       "socks5://, not be \"%s\"",
                       path, c->cluster, url);
    c->proxy = buf_detach(&text, NULL);
    return c->proxy ? kube_set_text(&c->proxy_url, url, e) : kube_out_of_memory(e);
}

static int load_cluster(struct kube_config *c, struct kube_yaml *y, yaml_node_t *map, struct err *e)
{
    const char *server = kube_yaml_string(y, map, "server");
    char whose[160];

    snprintf(whose, sizeof whose, "cluster \"%.120s\"", c->cluster);
    c->insecure = kube_yaml_true(y, map, "insecure-skip-tls-verify");
    if (!server)
        return err_set(e, ERR_USAGE, "%s: %s has no server", y->path, whose);
    if (kube_load_blob(y, map, "certificate-authority", whose, &c->ca, e) < 0 ||
        kube_set_text(&c->server_name, kube_yaml_string(y, map, "tls-server-name"), e) < 0 ||
        load_proxy(c, kube_yaml_string(y, map, "proxy-url"), y->path, e) < 0)
        return -1;
    if (c->ca.data && c->insecure)
        return err_set(e, ERR_USAGE,
                       "%s: %s has both a certificate-authority and "
                       "insecure-skip-tls-verify: true",
                       y->path, whose);
    c->server = kube_url_of(server, c->ca.data || c->insecure, e);
    return c->server ? 0 : err_wrap(e, "%s: the server of %s", y->path, whose);
}

static int add_line(char **lines, size_t *n, struct err *e, const char *name, const char *value)
{
    struct buf line = BUF_INIT(65536);

    if (*n >= IMPERSONATE_MAX)
        return err_set(e, ERR_USAGE, "more than %d groups and extras to impersonate",
                       IMPERSONATE_MAX);
    if (strpbrk(value, "\r\n"))
        return err_set(e, ERR_USAGE, "%s holds a line break, which no header can", name);
    buf_addf(&line, "%s: %s", name, value);
    lines[*n] = buf_detach(&line, NULL);
    return lines[(*n)++] ? 0 : kube_out_of_memory(e);
}

/* Impersonate-Extra-KEY: the key in lower case, with what is no header letter percent-encoded. */
static int add_extra(char **lines, size_t *n, struct err *e, const char *key, const char *value)
{
    struct buf name = BUF_INIT(4096);
    int rc;

    buf_adds(&name, "Impersonate-Extra-");
    for (; *key; key++) {
        char letter = *key >= 'A' && *key <= 'Z' ? (char)(*key + 32) : *key;

        if ((letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') ||
            strchr("-._~!#$&'*+^`|", letter))
            buf_add(&name, &letter, 1);
        else
            buf_addf(&name, "%%%02X", (unsigned char)letter);
    }
    rc = add_line(lines, n, e, buf_str(&name), value);
    buf_release(&name);
    return rc;
}

static int load_impersonation(struct kube_config *c, struct kube_yaml *y, yaml_node_t *map,
                              struct err *e)
{
    yaml_node_t *groups = kube_yaml_get(y, map, "as-groups"), *item, *key;
    yaml_node_t *extra = kube_yaml_get(y, map, "as-user-extra"), *values;
    const char *as = kube_yaml_string(y, map, "as"), *uid = kube_yaml_string(y, map, "as-uid");
    size_t i, j, n = 0;

    c->impersonate = calloc(IMPERSONATE_MAX + 1, sizeof *c->impersonate);
    if (!c->impersonate)
        return kube_out_of_memory(e);
    if (!as && (uid || kube_yaml_item(y, groups, 0)))
        return err_set(e, ERR_USAGE,
                       "%s: user \"%s\" impersonates a group or uid, but no user: "
                       "`as` is missing",
                       y->path, c->user);
    if (kube_set_text(&c->impersonated, as, e) < 0)
        return -1;
    if (as && add_line(c->impersonate, &n, e, "Impersonate-User", as) < 0)
        return -1;
    if (uid && add_line(c->impersonate, &n, e, "Impersonate-Uid", uid) < 0)
        return -1;
    for (i = 0; (item = kube_yaml_item(y, groups, i)); i++)
        if (kube_yaml_text(item) &&
            add_line(c->impersonate, &n, e, "Impersonate-Group", kube_yaml_text(item)) < 0)
            return -1;
    for (i = 0; kube_yaml_pair(y, extra, i, &key, &values); i++)
        for (j = 0; (item = kube_yaml_item(y, values, j)); j++)
            if (kube_yaml_text(key) && kube_yaml_text(item) &&
                add_extra(c->impersonate, &n, e, kube_yaml_text(key), kube_yaml_text(item)) < 0)
                return -1;
    return 0;
}

/* `where` is what holds them: a kubeconfig, or a plugin's answer. */
static int check_certificate(const char *where, const char *user, const struct kube_blob *cert,
                             const struct kube_blob *key, struct err *e)
{
    static const char *const said[] = {
        [TLS_KEY_NO_PEM] = "the client-key of user \"%s\" is not a private key in PEM",
        [TLS_KEY_ENCRYPTED] = "the client-key of user \"%s\" is encrypted, and nobody can be asked "
                              "for its pass phrase",
        [TLS_KEY_OF_ANOTHER] = "the client-key of user \"%s\" does not belong to its client "
                               "certificate",
    };
    enum tls_key_verdict verdict;
    struct tls_cert seen;
    char text[512];

    if (!cert->data && !key->data)
        return 0;
    if (!cert->data || !key->data)
        return err_set(e, ERR_USAGE, "%s: user \"%s\" has a client-%s, but no client-%s", where,
                       user, cert->data ? "certificate" : "key",
                       cert->data ? "key" : "certificate");
    if (tls_cert_read(cert->data, cert->len, &seen) < 0)
        return err_set(e, ERR_USAGE, "%s: the client certificate of user \"%s\" is not PEM", where,
                       user);
    verdict = tls_cert_check_key(cert->data, cert->len, key->data, key->len);
    if (verdict != TLS_KEY_FITS) {
        snprintf(text, sizeof text, said[verdict], user);
        err_set(e, ERR_USAGE, "%s: %s", where, text);
        return err_hint(e,
                        "the certificate is %s's; each key has its own certificate, and the "
                        "other way round",
                        seen.name);
    }
    if (seen.early)
        return err_set(e, ERR_AUTH,
                       "%s: the client certificate of user \"%s\" is not valid before %s", where,
                       user, seen.not_before);
    if (seen.expired) {
        err_set(e, ERR_AUTH, "%s: the client certificate of user \"%s\" expired on %s", where, user,
                seen.not_after);
        return err_hint(e, "get a new one the way you got this one, from whoever runs the cluster");
    }
    return 0;
}

/* As kubectl and helm do: what the file itself says of a user wins over what a plugin would say,
 * which is not even run; and a server that speaks no TLS is told nothing secret. */
static void prefer_static(struct kube_config *c)
{
    bool has_static = c->token || c->token_file || c->username || c->password || c->cert.data;
    bool is_tls = kube_url_is_tls(c->server);

    if (has_static || !is_tls)
        kube_exec_release(&c->exec);
    if (is_tls)
        return;
    free(c->token);
    free(c->token_file);
    free(c->username);
    free(c->password);
    c->token = c->token_file = c->username = c->password = NULL;
}

static int load_user(struct kube_config *c, struct kube_yaml *y, yaml_node_t *map, struct err *e)
{
    yaml_node_t *exec = kube_yaml_get(y, map, "exec"), *provider;
    const char *token_file = kube_yaml_string(y, map, "tokenFile");
    char whose[160];

    snprintf(whose, sizeof whose, "user \"%.120s\"", c->user);
    provider = kube_yaml_get(y, map, "auth-provider");
    if (exec && exec->type == YAML_MAPPING_NODE &&
        kube_exec_load(&c->exec, y, exec, c->user, e) < 0)
        return -1;
    if (provider && provider->type == YAML_MAPPING_NODE)
        return err_set(e, ERR_AUTH, "%s: %s uses an auth-provider, which Kubernetes has removed",
                       y->path, whose);
    if (kube_load_blob(y, map, "client-certificate", whose, &c->cert, e) < 0 ||
        kube_load_blob(y, map, "client-key", whose, &c->key, e) < 0 ||
        check_certificate(y->path, c->user, &c->cert, &c->key, e) < 0 ||
        kube_set_text(&c->token, kube_yaml_string(y, map, "token"), e) < 0 ||
        kube_set_text(&c->username, kube_yaml_string(y, map, "username"), e) < 0 ||
        kube_set_text(&c->password, kube_yaml_string(y, map, "password"), e) < 0 ||
        load_impersonation(c, y, map, e) < 0)
        return -1;
    if (token_file) {
        c->token_file = kube_resolve_path(y, token_file);
        if (!c->token_file)
            return kube_out_of_memory(e);
    }
    if (c->token && strpbrk(c->token, "\r\n"))
        return err_set(e, ERR_USAGE, "%s: the token of %s holds a line break", y->path, whose);
    if (c->token && (c->username || c->password)) {
        err_set(e, ERR_USAGE, "%s: %s has a token and a name or password", y->path, whose);
        return err_hint(e, "only one of them can be meant, and kubectl refuses both: delete one");
    }
    prefer_static(c);
    return 0;
}

/* ---- contexts ---- */

static int unknown_entry(struct kube_files *f, struct err *e, const char *list, const char *fmt,
                         const char *a, const char *b)
{
    struct buf names = BUF_INIT(300);

    kube_files_names(f, list, &names);
    err_set(e, ERR_NOT_FOUND, fmt, a, b);
    err_hint(e, "%s known: %s", list, buf_str(&names));
    buf_release(&names);
    return -1;
}

static int load_context(struct kube_config *c, struct kube_files *f,
                        const struct kube_options *options, struct err *e)
{
    const char *name = options->context ? options->context : kube_files_top(f, "current-context");
    const char *user, *cluster, *namespace;
    struct kube_entry of_context, of_cluster, of_user;

    if (!name)
        return unknown_entry(f, e, "contexts",
                             "%s has no current-context: name one with --context%s", f->looked, "");
    if (!kube_files_entry(f, "contexts", "context", name, &of_context))
        return unknown_entry(f, e, "contexts", "no context \"%s\" in %s", name, f->looked);
    cluster = kube_yaml_string(of_context.from, of_context.map, "cluster");
    user = kube_yaml_string(of_context.from, of_context.map, "user");
    namespace = options->namespace ? options->namespace
                                   : kube_yaml_string(of_context.from, of_context.map, "namespace");
    if (!cluster)
        return unknown_entry(f, e, "clusters", "context \"%s\" in %s names no cluster", name,
                             of_context.from->path);
    if (kube_set_text(&c->source, of_context.from->path, e) < 0 ||
        kube_set_text(&c->context, name, e) < 0 || kube_set_text(&c->cluster, cluster, e) < 0 ||
        kube_set_text(&c->user, user ? user : "", e) < 0 ||
        kube_set_text(&c->namespace, namespace ? namespace : "default", e) < 0)
        return -1;
    if (!kube_files_entry(f, "clusters", "cluster", cluster, &of_cluster))
        return unknown_entry(f, e, "clusters",
                             "context \"%s\" uses cluster \"%s\", which is in no "
                             "kubeconfig",
                             name, cluster);
    if (load_cluster(c, of_cluster.from, of_cluster.map, e) < 0)
        return -1;
    if (!user)
        return 0;
    if (!kube_files_entry(f, "users", "user", user, &of_user))
        return unknown_entry(f, e, "users",
                             "context \"%s\" uses user \"%s\", which is in no kubeconfig", name,
                             user);
    return load_user(c, of_user.from, of_user.map, e);
}

/* The pod we run in: https://kubernetes.io/docs/tasks/run-application/access-api-from-pod */
static int load_service_account(struct kube_config *c, const struct kube_options *options,
                                struct err *e)
{
    const char *host = getenv("KUBERNETES_SERVICE_HOST");
    const char *port = getenv("KUBERNETES_SERVICE_PORT");
    struct kube_blob namespace = {NULL, 0};
    struct buf url = BUF_INIT(1024);
    int rc = 0;

    if (kube_read_file(SERVICE_ACCOUNT "/ca.crt", &c->ca, e) < 0)
        return -1;
    if (options->namespace)
        rc = kube_set_text(&c->namespace, options->namespace, e);
    else if (kube_read_file(SERVICE_ACCOUNT "/namespace", &namespace, NULL) == 0)
        rc = kube_set_text(&c->namespace, namespace.data, e);
    else
        rc = kube_set_text(&c->namespace, "default", e);
    free(namespace.data);
    buf_addf(&url, strchr(host, ':') ? "https://[%s]:%s" : "https://%s:%s", host, port);
    c->server = buf_detach(&url, NULL);
    if (rc < 0 || !c->server || kube_set_text(&c->source, "the pod's service account", e) < 0 ||
        kube_set_text(&c->context, "", e) < 0 ||
        kube_set_text(&c->cluster, "this pod's cluster", e) < 0 ||
        kube_set_text(&c->user, "", e) < 0 ||
        kube_set_text(&c->token_file, SERVICE_ACCOUNT "/token", e) < 0)
        return kube_out_of_memory(e);
    return 0;
}

static bool in_a_pod(void)
{
    return getenv("KUBERNETES_SERVICE_HOST") && getenv("KUBERNETES_SERVICE_PORT") &&
           access(SERVICE_ACCOUNT "/token", F_OK) == 0;
}

struct kube_config *kube_config_load(const struct kube_options *options, struct err *e)
{
    struct kube_config *c = calloc(1, sizeof *c);
    struct kube_files files;
    int rc;

    if (!c) {
        kube_out_of_memory(e);
        return NULL;
    }
    if (kube_files_load(&files, options->kubeconfig, e) < 0) {
        kube_config_free(c);
        return NULL;
    }
    if (files.count > 0) {
        rc = load_context(c, &files, options, e);
    } else if (!options->context && in_a_pod()) {
        rc = load_service_account(c, options, e);
    } else {
        rc = err_set(e, ERR_NOT_FOUND, "there is no kubeconfig: %s does not exist", files.looked);
        err_hint(e, "set KUBECONFIG, give --kubeconfig FILE, or set kubeconfig in almanac.yaml");
    }
    kube_files_release(&files);
    if (rc < 0) {
        kube_config_free(c);
        return NULL;
    }
    return c;
}

void kube_config_free(struct kube_config *c)
{
    if (!c)
        return;
    free(c->source);
    free(c->context);
    free(c->cluster);
    free(c->user);
    free(c->server);
    free(c->namespace);
    free(c->server_name);
    free(c->proxy);
    free(c->proxy_url);
    free(c->claims.data);
    free(c->ca.data);
    free(c->cert.data);
    free(c->key.data);
    free(c->username);
    free(c->password);
    free(c->token);
    free(c->token_file);
    kube_exec_release(&c->exec);
    free(c->impersonated);
    kube_free_lines(c->impersonate);
    kube_free_lines(c->headers);
    free(c);
}

/* ---- requests ---- */

static int refresh_token(struct kube_config *c, struct err *e)
{
    struct kube_blob text = {NULL, 0};
    double now = loop_now();

    if (!c->token_file || (c->token_read_at > 0 && now - c->token_read_at < TOKEN_AGE_MAX))
        return 0;
    if (kube_read_file(c->token_file, &text, e) < 0)
        return err_wrap(e, "the tokenFile of user \"%s\"", c->user);
    while (text.len > 0 && strchr(" \t\r\n", text.data[text.len - 1]))
        text.data[--text.len] = '\0';
    if (text.len == 0 || strpbrk(text.data, "\r\n")) {
        free(text.data);
        return err_set(e, ERR_AUTH, "the tokenFile of user \"%s\", %s, holds no token", c->user,
                       c->token_file);
    }
    free(c->token);
    c->token = text.data;
    c->token_read_at = now;
    return 0;
}

const char *kube_config_claims(struct kube_config *c)
{
    return c->token && kube_token_claims(c->token, &c->claims) == 0 ? c->claims.data : NULL;
}

bool kube_config_reread(struct kube_config *c)
{
    char *before = c->token ? strdup(c->token) : NULL;
    bool changed;

    if (!c->token_file) {
        free(before);
        return false;
    }
    c->token_read_at = 0;
    changed = refresh_token(c, NULL) == 0 && (!before || strcmp(before, c->token) != 0);
    free(before);
    return changed;
}

int kube_config_authorize(struct kube_config *c, struct err *e)
{
    struct buf line = BUF_INIT(HEADER_MAX);
    char **lines;
    size_t i, n = 0;

    if (refresh_token(c, e) < 0)
        return -1;
    lines = calloc(IMPERSONATE_MAX + 2, sizeof *lines);
    if (!lines)
        return kube_out_of_memory(e);
    if (c->token) {
        buf_addf(&line, "Authorization: Bearer %s", c->token);
        lines[n++] = buf_detach(&line, NULL);
    }
    for (i = 0; c->impersonate && c->impersonate[i]; i++)
        lines[n++] = strdup(c->impersonate[i]);
    for (i = 0; i < n; i++)
        if (!lines[i]) { /* the later ones would be lost to kube_free_lines() */
            while (n-- > 0)
                free(lines[n]);
            free(lines);
            return kube_out_of_memory(e);
        }
    kube_free_lines(c->headers);
    c->headers = lines;
    return 0;
}

int kube_config_credential(struct kube_config *c, const char *token, const char *cert,
                           const char *key, struct err *e)
{
    struct kube_blob new_cert = {NULL, 0}, new_key = {NULL, 0};
    char *new_token = token ? strdup(token) : NULL;
    char where[300];

    if (token && strpbrk(token, "\r\n")) {
        free(new_token);
        return err_set(e, ERR_AUTH, "the token of user \"%s\" holds a line break", c->user);
    }
    if (cert && key) {
        new_cert = (struct kube_blob){strdup(cert), strlen(cert)};
        new_key = (struct kube_blob){strdup(key), strlen(key)};
    }
    if ((token && !new_token) || (cert && key && (!new_cert.data || !new_key.data))) {
        free(new_token);
        free(new_cert.data);
        free(new_key.data);
        return kube_out_of_memory(e);
    }
    snprintf(where, sizeof where, "the credential plugin \"%.200s\"",
             c->exec.command ? c->exec.command : "");
    if (check_certificate(where, c->user, &new_cert, &new_key, e) < 0) {
        free(new_token);
        free(new_cert.data);
        free(new_key.data);
        return -1;
    }
    free(c->token);
    c->token = new_token;
    free(c->cert.data);
    free(c->key.data);
    c->cert = new_cert;
    c->key = new_key;
    return 0;
}

void kube_config_spec(const struct kube_config *c, struct transfer_spec *spec)
{
    spec->tls.ca = c->ca.data;
    spec->tls.ca_len = c->ca.len;
    spec->tls.cert = c->cert.data;
    spec->tls.cert_len = c->cert.len;
    spec->tls.key = c->key.data;
    spec->tls.key_len = c->key.len;
    spec->tls.server_name = c->server_name;
    spec->tls.insecure = c->insecure;
    spec->proxy = c->proxy;
    if (!c->token) { /* a token wins, as in kubectl */
        spec->user = c->username;
        spec->password = c->password;
    }
}
