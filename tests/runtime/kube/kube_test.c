/* kube: kubeconfigs of each kind, merging, and what is said about each that is wrong. The
 * certificates are made here, so that they never expire in the repository. */
#include "kube/kube.h"

#include <sys/stat.h>

#include "base/loop.h"
#include "net/test_server.h"

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "%s:%d: failed: %s\n  error %s: %s | %s\n", __FILE__, __LINE__, #cond, \
                    err_kind_name(e.kind), e.message, e.hint);                                     \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)
#define FIXTURES "tests/fixtures/kubeconfig/"

static struct err e;
static char dir[256];

static const char *at(const char *name)
{
    static char paths[4][512];
    static int next;

    next = (next + 1) % 4;
    snprintf(paths[next], sizeof paths[next], "%s/%s", dir, name);
    return paths[next];
}

static void write_text(const char *name, const char *text)
{
    FILE *file = fopen(at(name), "we");

    CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void copy_fixture(const char *name)
{
    char source[512], text[16384];
    FILE *file;
    size_t n;

    snprintf(source, sizeof source, FIXTURES "%s", name);
    file = fopen(source, "re");
    CHECK(file);
    n = fread(text, 1, sizeof text - 1, file);
    text[n] = '\0';
    fclose(file);
    write_text(name, text);
}

static struct kube_config *load(const char *file, const char *context)
{
    struct kube_options options = {file, context, NULL};

    memset(&e, 0, sizeof e);
    return kube_config_load(&options, &e);
}

static void refuse(const char *file, const char *context, enum err_kind kind, const char *words)
{
    struct kube_config *c = load(file, context);

    if (c || e.kind != kind || !strstr(e.message, words))
        fprintf(stderr, "wanted %s: …%s…\n", err_kind_name(kind), words);
    CHECK(!c && e.kind == kind && strstr(e.message, words));
}

static const char *header(struct kube_config *c, const char *name)
{
    size_t i;

    CHECK(kube_config_authorize(c, &e) == 0);
    for (i = 0; c->headers[i]; i++)
        if (strncmp(c->headers[i], name, strlen(name)) == 0)
            return c->headers[i] + strlen(name) + 2;
    return "";
}

static void test_kinds(const struct test_cert *client)
{
    struct transfer_spec spec = {0};
    struct kube_config *c = load(at("basic.yaml"), NULL);

    CHECK(c && strcmp(c->server, "https://10.1.2.3:6443") == 0);
    CHECK(strcmp(c->context, "devnet") == 0 && strcmp(c->namespace, "animica-devnet") == 0);
    CHECK(strcmp(c->user, "engineer") == 0 && strcmp(c->source, at("basic.yaml")) == 0);
    kube_config_spec(c, &spec);
    CHECK(spec.tls.cert_len == strlen(client->pem) &&
          memcmp(spec.tls.cert, client->pem, spec.tls.cert_len) == 0);
    CHECK(spec.tls.ca_len > 0 && spec.tls.key_len > 0 && !spec.tls.insecure);
    CHECK(strcmp(spec.tls.server_name, "kubernetes") == 0);
    CHECK(strcmp(spec.proxy, "socks5h://127.0.0.1:1080") == 0); /* as kubectl means socks5 */
    CHECK(*header(c, "Authorization") == '\0');
    kube_config_free(c);

    c = load(at("basic.yaml"), "by-token");
    CHECK(c && c->insecure && strcmp(c->namespace, "default") == 0);
    CHECK(strcmp(header(c, "Authorization"), "Bearer t0ken") == 0);
    kube_config_free(c);

    c = load(at("basic.yaml"), "by-password");
    memset(&spec, 0, sizeof spec);
    kube_config_spec(c, &spec);
    CHECK(strcmp(spec.user, "ops") == 0 && strcmp(spec.password, "pa:ss") == 0);
    kube_config_free(c);

    c = load(at("basic.yaml"), "as-somebody");
    CHECK(c && strcmp(header(c, "Impersonate-User"), "alice") == 0);
    CHECK(strcmp(header(c, "Impersonate-Uid"), "42") == 0);
    CHECK(strcmp(header(c, "Impersonate-Group"), "dev") == 0);
    CHECK(strcmp(header(c, "Impersonate-Extra-reason%2Fwhy"), "drill") == 0);
    kube_config_free(c);

    c = load(at("basic.yaml"), "by-claims");
    CHECK(c &&
          strcmp(kube_config_claims(c), "{\"sub\":\"system:serviceaccount:a:b\",\"exp\":1}") == 0);
    kube_config_free(c);
    c = load(at("basic.yaml"), "by-token");
    CHECK(c && !kube_config_claims(c) && !kube_config_reread(c));
    kube_config_free(c);

    c = load(at("basic.yaml"), "nobody");
    CHECK(c && strcmp(c->server, "http://127.0.0.1:8080") == 0 && *c->user == '\0');
    kube_config_free(c);
}

static void test_plugin(const struct test_cert *client)
{
    struct transfer_spec spec = {0};
    struct kube_config *c = load(at("basic.yaml"), "by-plugin");

    CHECK(c && strcmp(c->exec.command, at("bin/login")) == 0);
    CHECK(strcmp(c->exec.args[0], "--cluster") == 0 && !c->exec.args[2]);
    CHECK(strcmp(c->exec.env[0], "REGION=north") == 0 && !c->exec.env[1]);
    CHECK(strcmp(c->exec.interactive, "Never") == 0 && c->exec.cluster_info);
    CHECK(kube_config_credential(c, "given", client->pem, client->key_pem, &e) == 0);
    CHECK(strcmp(header(c, "Authorization"), "Bearer given") == 0);
    kube_config_spec(c, &spec);
    CHECK(spec.tls.cert_len == strlen(client->pem));
    CHECK(kube_config_credential(c, "a\nb", NULL, NULL, &e) < 0);
    kube_config_free(c);
}

static void test_token_file(void)
{
    struct kube_config *c = load(at("basic.yaml"), "by-file");

    CHECK(c && strcmp(header(c, "Authorization"), "Bearer from-file") == 0);
    write_text("certs/token", "rotated\n");
    CHECK(strcmp(header(c, "Authorization"), "Bearer from-file") == 0);
    CHECK(kube_config_reread(c) && !kube_config_reread(c)); /* refused: at once */
    CHECK(strcmp(header(c, "Authorization"), "Bearer rotated") == 0);
    c->token_read_at -= 3600; /* as if an hour had passed */
    CHECK(strcmp(header(c, "Authorization"), "Bearer rotated") == 0);
    c->token_read_at -= 3600;
    write_text("certs/token", "\n");
    CHECK(kube_config_authorize(c, &e) < 0 && e.kind == ERR_AUTH && strstr(e.message, "no token"));
    c->token_read_at -= 3600;
    unlink(at("certs/token"));
    CHECK(kube_config_authorize(c, &e) < 0 && strstr(e.message, "the tokenFile of user \"file\""));
    kube_config_free(c);
}

static void test_merge(void)
{
    char list[2048];
    struct kube_config *c;

    snprintf(list, sizeof list, "%s:%s::%s", at("missing.yaml"), at("basic.yaml"),
             at("second.yaml"));
    setenv("KUBECONFIG", list, 1);
    c = load(NULL, NULL);
    CHECK(c && strcmp(c->context, "devnet") == 0);
    kube_config_free(c);
    c = load(NULL, "elsewhere"); /* the second file's context with the first one's user */
    CHECK(c && strcmp(c->server, "https://elsewhere.example") == 0);
    CHECK(strcmp(header(c, "Authorization"), "Bearer t0ken") == 0);
    kube_config_free(c);
    c = load(NULL, "by-token");
    CHECK(c && strcmp(c->server, "https://lab.example:6443") == 0);
    CHECK(strcmp(c->namespace, "default") == 0);
    kube_config_free(c);
    c = load(list, "by-token"); /* the same list, named by --kubeconfig */
    CHECK(c && strcmp(c->server, "https://lab.example:6443") == 0);
    kube_config_free(c);
    setenv("KUBECONFIG", at("missing.yaml"), 1);
    refuse(NULL, NULL, ERR_NOT_FOUND, "there is no kubeconfig");
    unsetenv("KUBECONFIG");
    setenv("HOME", dir, 1);
    refuse(NULL, NULL, ERR_NOT_FOUND, ".kube/config does not exist");
}

static void test_refusals(void)
{
    char basic[512];

    snprintf(basic, sizeof basic, "%s", at("basic.yaml"));

    refuse(at("missing.yaml"), NULL, ERR_NOT_FOUND, "missing.yaml does not exist");
    refuse(at("broken.yaml"), NULL, ERR_USAGE, "broken.yaml:4: not valid YAML");
    refuse(at("shape.yaml"), NULL, ERR_USAGE, "shape.yaml:1: clusters must be a list");
    refuse(at("empty.yaml"), NULL, ERR_NOT_FOUND, "has no current-context");
    refuse(at("no-current.yaml"), NULL, ERR_NOT_FOUND, "has no current-context");
    CHECK(strstr(e.hint, "contexts known: a"));
    refuse(basic, "devnot", ERR_NOT_FOUND, "no context \"devnot\" in ");
    CHECK(strstr(e.hint, "devnet, by-token, by-file"));
    refuse(basic, "lost-cluster", ERR_NOT_FOUND, "uses cluster \"gone\"");
    refuse(basic, "lost-user", ERR_NOT_FOUND, "uses user \"gone\"");
    refuse(basic, "by-old-plugin", ERR_USAGE, "v1alpha1, which Kubernetes has removed");
    refuse(basic, "no-key", ERR_USAGE, "has a client-certificate, but no client-key");
    refuse(basic, "missing-key", ERR_NOT_FOUND, "client-key of user \"missing-key\": cannot read ");
    refuse(basic, "wrong-key", ERR_USAGE, "client-key of user \"wrong-key\" does not belong to");
    CHECK(strstr(e.hint, "the certificate is engineer's"));
    refuse(basic, "text-key", ERR_USAGE, "client-key of user \"text-key\" is not a private key");
    refuse(basic, "key-alone", ERR_USAGE, "has a client-key, but no client-certificate");
    refuse(basic, "by-ftp", ERR_USAGE, "must begin with http://, https:// or socks5://, not be");
    refuse(basic, "by-mood", ERR_USAGE, "must be Never, IfAvailable or Always, not \"Sometimes\"");
    refuse(basic, "not-base64", ERR_USAGE, "client-certificate-data of user \"not-base64\" is not");
    refuse(at("both.yaml"), NULL, ERR_USAGE, "both a certificate-authority and insecure");
    refuse(dir, NULL, ERR_USAGE, ""); /* a directory */
}

static void test_expired(const struct test_cert *ca)
{
    struct test_cert old;

    cert_make(&old, ca, "old engineer", NULL, 400);
    write_text("certs/client.pem", old.pem);
    write_text("certs/client.key", old.key_pem);
    refuse(at("basic.yaml"), "devnet", ERR_AUTH,
           "client certificate of user \"engineer\" expired on 20");
    CHECK(e.hint[0]);
    cert_free(&old);
}

/* A kubeconfig of one line for each of its parts; NULL is the usual one. */
static void refuse_file(const char *cluster, const char *user, const char *more, const char *words)
{
    char text[2048];

    snprintf(text, sizeof text,
             "current-context: one\nclusters: [{ name: c, cluster: { %s } }]\n"
             "users: [{ name: u, user: { %s } }]\n"
             "contexts: [{ name: one, context: { cluster: c, user: u } }]\n%s",
             cluster ? cluster : "server: 'https://x'", user ? user : "token: t", more ? more : "");
    write_text("made.yaml", text);
    refuse(at("made.yaml"), NULL, ERR_USAGE, words);
}

static void test_shape(void)
{
    static const char *const servers[][2] = {
        {"'https:'", "\"https:\" is no address of a server: behind the scheme come two slashes"},
        {"'https://'", "it names no host"},
        {"'ftp://x'", "it must begin with https:// or http://"},
        {"'https://x:y'", "its port is no number"},
        {"'https://x:70000'", "its port is no number"},
        {"'https://[x]:1'", "no IPv6 address"},
        {"' https://x'", "it must begin with"},
        {"'https://x/a?b'", "it holds no query"},
        {"5", "made.yaml:2: server must be text, and is a number"},
        {"['https://x']", "server must be text, and is a list"},
    };
    char line[200];

    for (size_t i = 0; i < sizeof servers / sizeof *servers; i++) {
        snprintf(line, sizeof line, "server: %s", servers[i][0]);
        refuse_file(line, NULL, NULL, servers[i][1]);
    }
    refuse_file(NULL, "token: 12345678", NULL, "made.yaml:3: token must be text, and is a number");
    CHECK(strcmp(e.hint, "put it in quotes") == 0);
    refuse_file(NULL, "as: tom, as-groups: a", NULL, "as-groups must be a list, and is text");
    refuse_file(NULL, "exec: []", NULL, "exec must be a map, and is a list");
    refuse_file(NULL, "token: a, password: b", NULL, "has a token and a name or password");
    refuse_file("server: 'https://x', insecure-skip-tls-verify: 1", NULL, NULL,
                "must be true or false, and is a number");
    refuse_file(NULL, NULL, "clusters: [{ name: c }, { name: d }, { name: d }]",
                "two of the clusters have the name \"d\", the other at line 5");
    refuse_file(NULL, NULL, "kind: Pod\n", "is of kind Pod, apiVersion v1, not Config");
}

/* What the file says wins over its plugin; a server without TLS is told nothing. */
static void test_static_first(void)
{
    struct kube_config *c;

    write_text("made.yaml",
               "current-context: one\nclusters: [{ name: c, cluster: { server: 'https://x' } }, "
               "{ name: p, cluster: { server: 'http://x' } }]\n"
               "users: [{ name: u, user: { token: t, exec: { apiVersion: "
               "client.authentication.k8s.io/v1, command: x, interactiveMode: Never } } }]\n"
               "contexts: [{ name: one, context: { cluster: c, user: u } }, "
               "{ name: plain, context: { cluster: p, user: u } }]\n");
    CHECK((c = load(at("made.yaml"), NULL)) != NULL);
    CHECK(!c->exec.command && strcmp(header(c, "Authorization"), "Bearer t") == 0);
    kube_config_free(c);
    CHECK((c = load(at("made.yaml"), "plain")) != NULL);
    CHECK(!c->exec.command && strcmp(header(c, "Authorization"), "") == 0);
    kube_config_free(c);
}

int main(void)
{
    static const char *const files[] = {"basic.yaml", "second.yaml", "broken.yaml",
                                        "shape.yaml", "empty.yaml",  "no-current.yaml",
                                        "both.yaml"};
    struct test_cert ca, client, other;
    const char *tmp = getenv("ALMANAC_TEST_TMP");
    size_t i;

    if (tmp)
        snprintf(dir, sizeof dir, "%s", tmp);
    else
        snprintf(dir, sizeof dir, "%s", mkdtemp((char[]){"/tmp/kube-test.XXXXXX"}));
    mkdir(at("certs"), 0700);
    for (i = 0; i < sizeof files / sizeof *files; i++)
        copy_fixture(files[i]);
    cert_make(&ca, NULL, "authority", NULL, 0);
    cert_make(&client, &ca, "engineer", NULL, 0);
    write_text("certs/ca.pem", ca.pem);
    write_text("certs/client.pem", client.pem);
    write_text("certs/client.key", client.key_pem);
    cert_make(&other, &ca, "other", NULL, 0);
    write_text("certs/other.key", other.key_pem);
    cert_free(&other);
    write_text("certs/token", "from-file\n");
    unsetenv("KUBERNETES_SERVICE_HOST");

    test_kinds(&client);
    puts("ok - each kind of credentials");
    test_plugin(&client);
    puts("ok - a credential plugin");
    test_token_file();
    puts("ok - a token file is read again");
    test_merge();
    puts("ok - several files, the first wins");
    test_shape();
    test_static_first();
    test_refusals();
    puts("ok - what is wrong is said");
    test_expired(&ca);
    puts("ok - an expired certificate and its date");
    cert_free(&ca);
    cert_free(&client);
    return 0;
}
