/* kube_files: the kubeconfig files in force, as one: the first that names a thing wins. */
#ifndef ALMANAC_KUBE_FILES_H
#define ALMANAC_KUBE_FILES_H

#include "base/buf.h"
#include "kube/kube_yaml.h"

struct kube_files {
    struct kube_yaml *files;
    size_t count;
    char *looked; /* the paths that were looked for, for errors */
};

/* The files of this list (colon separated), or of $KUBECONFIG, or ~/.kube/config. count is 0 when
 * none exists; a `kubeconfig` that is one path must exist, of a list those missing are skipped. */
int kube_files_load(struct kube_files *f, const char *kubeconfig, struct err *e);
void kube_files_release(struct kube_files *f);

/* The text of a key at the top of the files, or NULL. */
const char *kube_files_top(struct kube_files *f, const char *key);
/* A context, cluster or user: what the file that it is from says of it. */
struct kube_entry {
    struct kube_yaml *from;
    yaml_node_t *map; /* NULL, or null: nothing but its name */
};
/* The entry of a list ("contexts", "clusters", "users") by its name: what stands under `kind`
 * ("context", …). Whether there is one. */
bool kube_files_entry(struct kube_files *f, const char *list, const char *kind, const char *name,
                      struct kube_entry *out);
/* The names in a list, comma separated, added to a buffer. */
void kube_files_names(struct kube_files *f, const char *list, struct buf *out);

#endif
