/* kube: where a Kubernetes API server is and how to authenticate there: kubeconfig files with
 * kubectl's rules, or the service account of the pod we run in.
 *
 * Files: the one that was named, else those of $KUBECONFIG (colon separated, missing ones skipped),
 * else ~/.kube/config, else the service account. Of several files the first to name a context,
 * cluster, user or current-context wins. Paths in a file are relative to its directory. What is
 * given as data wins over the same given as a file.
 */
#ifndef ALMANAC_KUBE_H
#define ALMANAC_KUBE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "kube/kube_exec.h"
#include "kube/kube_secret.h"
#include "net/transfer.h"

/* NULL for what is not given. */
struct kube_options {
    const char *kubeconfig;
    const char *context;
    const char *namespace;
};

struct kube_config {
    char *source;    /* the file of the context, or "the pod's service account" */
    char *context;   /* "" in a pod */
    char *cluster;   /* its name in the file */
    char *user;      /* its name in the file, "" when the context has none */
    char *server;    /* base URL without a slash at the end */
    char *namespace; /* never NULL: "default" when nobody says otherwise */
    char *server_name;
    char *proxy_url; /* as in the file */
    char *proxy;     /* as curl takes it */
    bool insecure;
    struct kube_blob ca, cert, key;
    char *username, *password;
    char *token;
    char *token_file; /* read again as it changes, and wins over token */
    double token_read_at;
    struct kube_blob claims; /* of the token, once asked for */
    struct kube_exec exec;
    char *impersonated; /* the user asked to be, or NULL */
    char **impersonate; /* header lines, ends with NULL */
    char **headers;     /* made by kube_config_authorize() */
};

/* NULL and *e on failure. Reads every certificate and key, and refuses a client certificate that
 * has expired or whose key is another's, so that what is wrong is said before the first request. */
struct kube_config *kube_config_load(const struct kube_options *options, struct err *e);
void kube_config_free(struct kube_config *c); /* NULL is fine */

/* Makes c->headers, the header lines that authenticate a request, ending with NULL; valid until the
 * next call. Reads a token file again when it may have changed. */
int kube_config_authorize(struct kube_config *c, struct err *e);
/* What the token says of its holder, when it is a JSON web token: JSON, not verified, valid until
 * the next call. NULL otherwise. */
const char *kube_config_claims(struct kube_config *c);
/* Reads the token file now, because the server refused the token; whether another is in it. */
bool kube_config_reread(struct kube_config *c);
/* What a plugin said: a token, or a certificate and its key (PEM), or both; NULL for what it did
 * not. Replaces what it said before. */
int kube_config_credential(struct kube_config *c, const char *token, const char *cert,
                           const char *key, struct err *e);
/* Sets TLS, proxy and basic authentication; they point into c. */
void kube_config_spec(const struct kube_config *c, struct transfer_spec *spec);

#endif
