/* kube_yaml: one YAML file as a tree of nodes, to look things up in. */
#ifndef ALMANAC_KUBE_YAML_H
#define ALMANAC_KUBE_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

#include "base/err.h"
#include "base/yaml_scalar.h"

struct kube_yaml {
    char *path;
    yaml_document_t document;
    bool loaded;
};

/* 0; 1 when the file does not exist (then *y is empty and *e untouched); -1 and *e. */
int kube_yaml_load(struct kube_yaml *y, const char *path, struct err *e);
void kube_yaml_release(struct kube_yaml *y);

/* NULL when there is none. */
yaml_node_t *kube_yaml_root(struct kube_yaml *y);
/* Of a key that is there twice the last counts, as in kubectl. */
yaml_node_t *kube_yaml_get(struct kube_yaml *y, yaml_node_t *map, const char *key);
/* The i-th item of a list, NULL past its end, or when it is no list. */
yaml_node_t *kube_yaml_item(struct kube_yaml *y, yaml_node_t *list, size_t i);
/* The i-th key and value of a map; false past its end. */
bool kube_yaml_pair(struct kube_yaml *y, yaml_node_t *map, size_t i, yaml_node_t **key,
                    yaml_node_t **value);
/* What a scalar is to kubectl: quoted ones are strings. Of other nodes YAML_SCALAR_STRING. */
enum yaml_scalar kube_yaml_scalar(const yaml_node_t *node);
bool kube_yaml_is_null(const yaml_node_t *node);
/* The text of a scalar; NULL when it is none, or null, or empty. */
const char *kube_yaml_text(const yaml_node_t *node);
/* Text of map[key]. */
const char *kube_yaml_string(struct kube_yaml *y, yaml_node_t *map, const char *key);
bool kube_yaml_true(struct kube_yaml *y, yaml_node_t *map, const char *key);

#endif
