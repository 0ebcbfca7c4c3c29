#include "kube/kube_url.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

bool kube_url_is_tls(const char *url)
{
    return strncmp(url, "https://", 8) == 0;
}

/* What is wrong behind the scheme: host, port, path. NULL when nothing is. */
static const char *complaint(const char *rest)
{
    size_t host = *rest == '[' ? strspn(rest + 1, DIGITS "abcdefABCDEF:.%") + 2
                               : strspn(rest, DIGITS LETTERS "-._");
    const char *port = rest + host, *path;

    if (*rest == '[' && (host == 2 || rest[host - 1] != ']'))
        return "its address in brackets is no IPv6 address";
    if (host == 0)
        return "it names no host";
    path = port;
    if (*port == ':') {
        size_t digits = strspn(port + 1, DIGITS);

        path = port + 1 + digits;
        if (digits == 0 || digits > 5 || atoi(port + 1) > 65535 || atoi(port + 1) == 0)
            return "its port is no number from 1 to 65535";
    }
    if (rest[strcspn(rest, "?# \t\r\n\"\\@")])
        return "it holds no query, blank, quote or name";
    return *path && *path != '/' ? "a host holds letters, digits, dots and hyphens" : NULL;
}

char *kube_url_of(const char *server, bool tls, struct err *e)
{
    const char *scheme = strstr(server, "://"), *why = NULL;
    const char *rest = scheme ? scheme + 3 : server;
    struct buf url = BUF_INIT(4096);
    size_t len;
    char *out;

    if (scheme && !kube_url_is_tls(server) && strncmp(server, "http://", 7) != 0)
        why = "it must begin with https:// or http://";
    else if (!scheme && (strncmp(server, "https:", 6) == 0 || strncmp(server, "http:", 5) == 0))
        why = "behind the scheme come two slashes and the host";
    else
        why = complaint(rest);
    if (why) {
        err_set(e, ERR_USAGE, "\"%s\" is no address of a server: %s", server, why);
        err_hint(e, "write server: https://HOST:PORT");
        return NULL;
    }
    buf_addf(&url, "%s%s", scheme ? "" : tls ? "https://" : "http://", server);
    out = buf_detach(&url, &len);
    if (!out) {
        err_set(e, ERR_MEMORY, "out of memory reading the kubeconfig");
        return NULL;
    }
    while (len > 0 && out[len - 1] == '/')
        out[--len] = '\0';
    return out;
}
