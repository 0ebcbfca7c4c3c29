#include "kube/kube_shape.h"

#include <string.h>

enum type { T_TEXT, T_FLAG, T_TEXTS, T_LISTS_OF_TEXTS, T_MAP, T_LIST };

struct field {
    const char *name; /* NULL ends the list */
    enum type type;
    const struct field *of; /* of a map, and of each item of a list */
};

static const struct field exec_env[] = {{"name", T_TEXT, NULL}, {"value", T_TEXT, NULL}, {0}};

static const struct field exec[] = {
    {"command", T_TEXT, NULL},         {"args", T_TEXTS, NULL},
    {"env", T_LIST, exec_env},         {"apiVersion", T_TEXT, NULL},
    {"installHint", T_TEXT, NULL},     {"provideClusterInfo", T_FLAG, NULL},
    {"interactiveMode", T_TEXT, NULL}, {0},
};

static const struct field provider[] = {{"name", T_TEXT, NULL}, {0}};

static const struct field user[] = {
    {"client-certificate", T_TEXT, NULL},
    {"client-certificate-data", T_TEXT, NULL},
    {"client-key", T_TEXT, NULL},
    {"client-key-data", T_TEXT, NULL},
    {"token", T_TEXT, NULL},
    {"tokenFile", T_TEXT, NULL},
    {"as", T_TEXT, NULL},
    {"as-uid", T_TEXT, NULL},
    {"as-groups", T_TEXTS, NULL},
    {"as-user-extra", T_LISTS_OF_TEXTS, NULL},
    {"username", T_TEXT, NULL},
    {"password", T_TEXT, NULL},
    {"auth-provider", T_MAP, provider},
    {"exec", T_MAP, exec},
    {0},
};

static const struct field cluster[] = {
    {"server", T_TEXT, NULL},
    {"tls-server-name", T_TEXT, NULL},
    {"insecure-skip-tls-verify", T_FLAG, NULL},
    {"certificate-authority", T_TEXT, NULL},
    {"certificate-authority-data", T_TEXT, NULL},
    {"proxy-url", T_TEXT, NULL},
    {"disable-compression", T_FLAG, NULL},
    {0},
};

static const struct field context[] = {
    {"cluster", T_TEXT, NULL}, {"user", T_TEXT, NULL}, {"namespace", T_TEXT, NULL}, {0}};

static const struct field users[] = {{"name", T_TEXT, NULL}, {"user", T_MAP, user}, {0}};
static const struct field clusters[] = {{"name", T_TEXT, NULL}, {"cluster", T_MAP, cluster}, {0}};
static const struct field contexts[] = {{"name", T_TEXT, NULL}, {"context", T_MAP, context}, {0}};

static const struct field file[] = {
    {"apiVersion", T_TEXT, NULL},
    {"kind", T_TEXT, NULL},
    {"current-context", T_TEXT, NULL},
    {"users", T_LIST, users},
    {"clusters", T_LIST, clusters},
    {"contexts", T_LIST, contexts},
    {0},
};

/* What a node is, in words. */
static const char *said(const yaml_node_t *node)
{
    static const char *const scalars[] = {
        [YAML_SCALAR_STRING] = "text",           [YAML_SCALAR_NULL] = "nothing",
        [YAML_SCALAR_BOOLEAN] = "true or false", [YAML_SCALAR_INTEGER] = "a number",
        [YAML_SCALAR_FLOAT] = "a number",
    };

    if (node->type == YAML_SEQUENCE_NODE)
        return "a list";
    return node->type == YAML_MAPPING_NODE ? "a map" : scalars[kube_yaml_scalar(node)];
}

static int refuse(struct kube_yaml *y, const char *where, const yaml_node_t *node, const char *want,
                  struct err *e)
{
    const char *is = said(node);

    err_set(e, ERR_USAGE, "%s:%zu: %s must be %s, and is %s", y->path, node->start_mark.line + 1,
            where, want, is);
    if (strcmp(want, "text") == 0 && node->type == YAML_SCALAR_NODE)
        err_hint(e, "put it in quotes");
    return -1;
}

static int check_map(struct kube_yaml *y, yaml_node_t *map, const struct field *fields,
                     const char *where, struct err *e);

static int check_text(struct kube_yaml *y, yaml_node_t *node, const char *where, struct err *e)
{
    return kube_yaml_is_null(node) ||
                   (node->type == YAML_SCALAR_NODE && kube_yaml_scalar(node) == YAML_SCALAR_STRING)
               ? 0
               : refuse(y, where, node, "text", e);
}

static int check_texts(struct kube_yaml *y, yaml_node_t *list, const char *where, struct err *e)
{
    yaml_node_t *item;
    size_t i;

    if (kube_yaml_is_null(list))
        return 0;
    if (list->type != YAML_SEQUENCE_NODE)
        return refuse(y, where, list, "a list", e);
    for (i = 0; (item = kube_yaml_item(y, list, i)); i++)
        if (check_text(y, item, where, e) < 0)
            return -1;
    return 0;
}

static int check_lists(struct kube_yaml *y, yaml_node_t *map, const char *where, struct err *e)
{
    yaml_node_t *key, *value;
    size_t i;

    if (kube_yaml_is_null(map))
        return 0;
    if (map->type != YAML_MAPPING_NODE)
        return refuse(y, where, map, "a map", e);
    for (i = 0; kube_yaml_pair(y, map, i, &key, &value); i++)
        if (check_text(y, key, where, e) < 0 || check_texts(y, value, where, e) < 0)
            return -1;
    return 0;
}

/* Every name in a list once: kubectl refuses the file, whether the thing is used or not. */
static int check_names(struct kube_yaml *y, yaml_node_t *list, const char *where, struct err *e)
{
    yaml_node_t *item, *other;
    size_t i, j;

    for (i = 0; (item = kube_yaml_item(y, list, i)); i++) {
        const char *name = kube_yaml_string(y, item, "name");

        for (j = 0; name && j < i; j++) {
            const char *before;

            other = kube_yaml_item(y, list, j);
            before = kube_yaml_string(y, other, "name");
            if (!before || strcmp(before, name) != 0)
                continue;
            err_set(e, ERR_USAGE,
                    "%s:%zu: two of the %s have the name \"%s\", the other at line %zu", y->path,
                    item->start_mark.line + 1, where, name, other->start_mark.line + 1);
            return err_hint(e, "nobody can say which is meant, and kubectl refuses the file too: "
                               "rename one or delete it");
        }
    }
    return 0;
}

static int check_list(struct kube_yaml *y, yaml_node_t *list, const struct field *fields,
                      const char *where, struct err *e)
{
    yaml_node_t *item;
    size_t i;

    if (kube_yaml_is_null(list))
        return 0;
    if (list->type != YAML_SEQUENCE_NODE)
        return refuse(y, where, list, "a list", e);
    for (i = 0; (item = kube_yaml_item(y, list, i)); i++)
        if (check_map(y, item, fields, where, e) < 0)
            return -1;
    return fields == exec_env ? 0 : check_names(y, list, where, e);
}

static int check_field(struct kube_yaml *y, yaml_node_t *value, const struct field *f,
                       struct err *e)
{
    switch (f->type) {
    case T_TEXT:
        return check_text(y, value, f->name, e);
    case T_FLAG:
        return kube_yaml_is_null(value) || kube_yaml_scalar(value) == YAML_SCALAR_BOOLEAN
                   ? 0
                   : refuse(y, f->name, value, "true or false", e);
    case T_TEXTS:
        return check_texts(y, value, f->name, e);
    case T_LISTS_OF_TEXTS:
        return check_lists(y, value, f->name, e);
    case T_MAP:
        return check_map(y, value, f->of, f->name, e);
    case T_LIST:
        return check_list(y, value, f->of, f->name, e);
    }
    return 0;
}

static int check_map(struct kube_yaml *y, yaml_node_t *map, const struct field *fields,
                     const char *where, struct err *e)
{
    yaml_node_t *value;

    if (kube_yaml_is_null(map))
        return 0;
    if (map->type != YAML_MAPPING_NODE)
        return refuse(y, where, map, "a map", e);
    for (const struct field *f = fields; f->name; f++) {
        value = kube_yaml_get(y, map, f->name);
        if (value && check_field(y, value, f, e) < 0)
            return -1;
    }
    return 0;
}

int kube_shape_check(struct kube_yaml *y, struct err *e)
{
    yaml_node_t *root = kube_yaml_root(y);
    const char *kind, *version;

    if (!root) /* an empty file */
        return 0;
    if (root->type != YAML_MAPPING_NODE)
        return err_set(e, ERR_USAGE,
                       "%s is no kubeconfig: it must be a map with clusters, "
                       "contexts and users",
                       y->path);
    if (check_map(y, root, file, "the file", e) < 0)
        return -1;
    kind = kube_yaml_string(y, root, "kind");
    version = kube_yaml_string(y, root, "apiVersion");
    if ((kind && strcmp(kind, "Config") != 0) || (version && strcmp(version, "v1") != 0))
        return err_set(e, ERR_USAGE,
                       "%s is no kubeconfig: it is of kind %s, apiVersion %s, not "
                       "Config of v1",
                       y->path, kind ? kind : "Config", version ? version : "v1");
    return 0;
}
