/* kube_secret: certificates, keys and tokens as a kubeconfig gives them: in place, or as files. */
#ifndef ALMANAC_KUBE_SECRET_H
#define ALMANAC_KUBE_SECRET_H

#include <stddef.h>

#include "base/err.h"
#include "kube/kube_yaml.h"

struct kube_blob {
    char *data; /* NUL-terminated; NULL when absent */
    size_t len;
};

/* A path as the file means it: relative to its own directory. NULL when memory is out. */
char *kube_resolve_path(const struct kube_yaml *from, const char *path);
/* At most 1 MiB; replaces what *out held. */
int kube_read_file(const char *path, struct kube_blob *out, struct err *e);
/* KEY-data, or the file that KEY names; neither leaves *out as it is. `whose` is for errors:
 * user "x". */
int kube_load_blob(struct kube_yaml *y, yaml_node_t *map, const char *key, const char *whose,
                   struct kube_blob *out, struct err *e);
/* The claims of a JSON web token, as JSON, not verified. 0, or -1 when it is no such token. */
int kube_token_claims(const char *token, struct kube_blob *out);

#endif
