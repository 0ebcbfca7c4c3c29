/* kube_exec: the credential plugin of a user, as a kubeconfig describes it. */
#ifndef ALMANAC_KUBE_EXEC_H
#define ALMANAC_KUBE_EXEC_H

#include <stdbool.h>

#include "kube/kube_yaml.h"

/* A credential plugin of a user (client.authentication.k8s.io). Who uses the config runs it, and
 * hands over what it said with kube_config_credential(). */
struct kube_exec {
    char *command; /* NULL: the user has no plugin. Resolved when it is a path */
    char **args;   /* ends with NULL */
    char **env;    /* "NAME=value", ends with NULL */
    char *api_version;
    char *install_hint;
    char *interactive; /* "Never", "IfAvailable" or "Always" */
    bool cluster_info;
};

/* 0, or -1 and *e. What was loaded is to be released in either case. */
int kube_exec_load(struct kube_exec *x, struct kube_yaml *y, yaml_node_t *exec, const char *user,
                   struct err *e);
void kube_exec_release(struct kube_exec *x);

#endif
