#include "kube/kube_files.h"

#include <string.h>

#include "kube/kube_shape.h"

#define FILES_MAX 64

static char *default_paths(void)
{
    const char *env = getenv("KUBECONFIG");
    const char *home = getenv("HOME");
    struct buf path = BUF_INIT(4096);

    if (env && *env)
        return strdup(env);
    buf_addf(&path, "%s/.kube/config", home ? home : "");
    return buf_detach(&path, NULL);
}

int kube_files_load(struct kube_files *f, const char *kubeconfig, struct err *e)
{
    char *rest, *path;
    int rc = 0;

    memset(f, 0, sizeof *f);
    f->looked = kubeconfig ? strdup(kubeconfig) : default_paths();
    f->files = calloc(FILES_MAX, sizeof *f->files);
    rest = f->looked ? strdup(f->looked) : NULL;
    if (!f->files || !rest) {
        free(rest);
        kube_files_release(f);
        return err_set(e, ERR_MEMORY, "out of memory reading the kubeconfig");
    }
    for (path = rest; path && f->count < FILES_MAX;) {
        char *end = strchr(path, ':');

        if (end)
            *end++ = '\0';
        rc = *path ? kube_yaml_load(&f->files[f->count], path, e) : 1;
        if (rc == 0) {
            f->count++;
            rc = kube_shape_check(&f->files[f->count - 1], e);
        } else if (rc == 1 && kubeconfig && !strchr(kubeconfig, ':')) {
            rc = err_set(e, ERR_NOT_FOUND, "the kubeconfig %s does not exist", path);
            err_hint(e, "check --kubeconfig, or kubeconfig in almanac.yaml");
        }
        if (rc < 0)
            break;
        path = end;
    }
    free(rest);
    if (rc < 0) {
        kube_files_release(f);
        return -1;
    }
    return 0;
}

void kube_files_release(struct kube_files *f)
{
    size_t i;

    for (i = 0; i < f->count; i++)
        kube_yaml_release(&f->files[i]);
    free(f->files);
    free(f->looked);
    memset(f, 0, sizeof *f);
}

const char *kube_files_top(struct kube_files *f, const char *key)
{
    size_t i;

    for (i = 0; i < f->count; i++) {
        const char *text = kube_yaml_string(&f->files[i], kube_yaml_root(&f->files[i]), key);

        if (text)
            return text;
    }
    return NULL;
}

bool kube_files_entry(struct kube_files *f, const char *list, const char *kind, const char *name,
                      struct kube_entry *out)
{
    size_t i, j;

    for (i = 0; i < f->count; i++) {
        struct kube_yaml *y = &f->files[i];
        yaml_node_t *entries = kube_yaml_get(y, kube_yaml_root(y), list), *entry;

        for (j = 0; (entry = kube_yaml_item(y, entries, j)); j++) {
            const char *its = kube_yaml_string(y, entry, "name");

            if (!its || strcmp(its, name) != 0)
                continue;
            out->from = y;
            out->map = kube_yaml_get(y, entry, kind);
            return true;
        }
    }
    return false;
}

void kube_files_names(struct kube_files *f, const char *list, struct buf *out)
{
    size_t i, j, n = 0;

    for (i = 0; i < f->count; i++) {
        struct kube_yaml *y = &f->files[i];
        yaml_node_t *entries = kube_yaml_get(y, kube_yaml_root(y), list), *entry;

        for (j = 0; (entry = kube_yaml_item(y, entries, j)); j++) {
            const char *name = kube_yaml_string(y, entry, "name");

            if (name)
                buf_addf(out, "%s%s", n++ ? ", " : "", name);
        }
    }
    if (n == 0)
        buf_adds(out, "none");
}
