#include "kube/kube_exec.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "kube/kube_secret.h"
#include "kube/kube_text.h"

/* A list of scalars as strings; with `pair` a list of { name, value } as "name=value". */
static char **load_strings(struct kube_yaml *y, yaml_node_t *list, bool pair, struct err *e)
{
    char **out;
    yaml_node_t *item;
    size_t count = 0, i;

    while (kube_yaml_item(y, list, count))
        count++;
    out = calloc(count + 1, sizeof *out);
    for (i = 0; out && (item = kube_yaml_item(y, list, i)); i++) {
        const char *name = pair ? kube_yaml_string(y, item, "name") : kube_yaml_text(item);
        const char *value = pair ? kube_yaml_string(y, item, "value") : NULL;
        struct buf text = BUF_INIT(1 << 20);

        buf_adds(&text, name ? name : "");
        if (pair)
            buf_addf(&text, "=%s", value ? value : "");
        out[i] = buf_detach(&text, NULL);
        if (!out[i]) {
            kube_free_lines(out);
            out = NULL;
        }
    }
    if (!out)
        kube_out_of_memory(e);
    return out;
}

int kube_exec_load(struct kube_exec *x, struct kube_yaml *y, yaml_node_t *exec, const char *user,
                   struct err *e)
{
    const char *command = kube_yaml_string(y, exec, "command");
    const char *version = kube_yaml_string(y, exec, "apiVersion");
    const char *interactive = kube_yaml_string(y, exec, "interactiveMode");

    if (!command || !version)
        return err_set(e, ERR_USAGE,
                       "%s: the exec of user \"%s\" needs a command and an apiVersion", y->path,
                       user);
    if (strcmp(version, "client.authentication.k8s.io/v1") != 0 &&
        strcmp(version, "client.authentication.k8s.io/v1beta1") != 0) {
        err_set(e, ERR_USAGE,
                "%s: the plugin of user \"%s\" speaks %s, which Kubernetes has removed", y->path,
                user, version);
        return err_hint(e, "update the plugin, and its apiVersion in the kubeconfig");
    }
    if (!interactive && strcmp(version, "client.authentication.k8s.io/v1") == 0)
        return err_set(e, ERR_USAGE,
                       "%s: the exec of user \"%s\" needs an interactiveMode: Never, IfAvailable "
                       "or Always",
                       y->path, user);
    if (interactive && strcmp(interactive, "Never") != 0 && strcmp(interactive, "Always") != 0 &&
        strcmp(interactive, "IfAvailable") != 0)
        return err_set(e, ERR_USAGE,
                       "%s: the interactiveMode of user \"%s\" must be Never, IfAvailable or "
                       "Always, not \"%s\"",
                       y->path, user, interactive);
    /* As in kubectl: a command without a slash is looked up in PATH. */
    x->command = strchr(command, '/') ? kube_resolve_path(y, command) : strdup(command);
    x->args = load_strings(y, kube_yaml_get(y, exec, "args"), false, e);
    x->env = load_strings(y, kube_yaml_get(y, exec, "env"), true, e);
    x->cluster_info = kube_yaml_true(y, exec, "provideClusterInfo");
    if (!x->command || !x->args || !x->env)
        return kube_out_of_memory(e);
    if (kube_set_text(&x->api_version, version, e) < 0 ||
        kube_set_text(&x->install_hint, kube_yaml_string(y, exec, "installHint"), e) < 0)
        return -1;
    return kube_set_text(&x->interactive, interactive ? interactive : "IfAvailable", e);
}

void kube_exec_release(struct kube_exec *x)
{
    free(x->command);
    kube_free_lines(x->args);
    kube_free_lines(x->env);
    free(x->api_version);
    free(x->install_hint);
    free(x->interactive);
    memset(x, 0, sizeof *x);
}
