#include "kube/kube_yaml.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/trust.h"

#define FILE_MAX (8L << 20)

static int parse_failed(const yaml_parser_t *parser, const char *path, struct err *e)
{
    return err_set(e, ERR_USAGE, "%s:%zu: not valid YAML: %s%s%s", path,
                   parser->problem_mark.line + 1,
                   parser->problem ? parser->problem : "out of memory", parser->context ? ", " : "",
                   parser->context ? parser->context : "");
}

/* What a kubeconfig says is run: it is held to what scripts are. */
static int check_trust(const struct stat *st, const char *path, struct err *e)
{
    switch (S_ISREG(st->st_mode) ? trust_to_read(st) : TRUST_OURS) {
    case TRUST_OTHER:
        err_set(e, ERR_REFUSED, "%s is no kubeconfig to trust: it belongs to another user", path);
        return err_hint(e,
                        "it says which programs are run for credentials; read it, and make a copy "
                        "of your own: cp %s COPY. Where that user's files are yours (in a "
                        "container, say): ALMANAC_TRUST_UID=%lu",
                        path, (unsigned long)st->st_uid);
    case TRUST_OPEN:
        err_set(e, ERR_REFUSED, "%s is no kubeconfig to trust: others can write to it", path);
        return err_hint(e,
                        "it says which programs are run for credentials; make sure that nobody has "
                        "changed it, then: chmod go-w %s",
                        path);
    default:
        return 0;
    }
}

int kube_yaml_load(struct kube_yaml *y, const char *path, struct err *e)
{
    FILE *file = fopen(path, "rbe");
    yaml_parser_t parser;
    struct stat st;
    int rc = -1;

    memset(y, 0, sizeof *y);
    if (!file && (errno == ENOENT || errno == ENOTDIR))
        return 1;
    if (!file)
        return err_set_errno(e, ERR_IO, errno, "cannot read %s", path);
    if (fstat(fileno(file), &st) == 0 && check_trust(&st, path, e) < 0) {
        fclose(file);
        return -1;
    }
    if (fseek(file, 0, SEEK_END) != 0 || ftell(file) < 0 || ftell(file) > FILE_MAX) {
        fclose(file);
        return err_set(e, ERR_USAGE, "%s is no file of at most 8 MiB", path);
    }
    rewind(file);
    if (!yaml_parser_initialize(&parser)) {
        fclose(file);
        return err_set(e, ERR_MEMORY, "out of memory reading %s", path);
    }
    yaml_parser_set_input_file(&parser, file);
    y->path = strdup(path);
    if (!y->path)
        err_set(e, ERR_MEMORY, "out of memory reading %s", path);
    else if (!yaml_parser_load(&parser, &y->document))
        parse_failed(&parser, path, e);
    else
        rc = 0;
    y->loaded = rc == 0;
    yaml_parser_delete(&parser);
    fclose(file);
    if (rc < 0)
        kube_yaml_release(y);
    return rc;
}

void kube_yaml_release(struct kube_yaml *y)
{
    if (y->loaded)
        yaml_document_delete(&y->document);
    free(y->path);
    memset(y, 0, sizeof *y);
}

yaml_node_t *kube_yaml_root(struct kube_yaml *y)
{
    return y->loaded ? yaml_document_get_root_node(&y->document) : NULL;
}

bool kube_yaml_pair(struct kube_yaml *y, yaml_node_t *map, size_t i, yaml_node_t **key,
                    yaml_node_t **value)
{
    yaml_node_pair_t *pair;

    if (!map || map->type != YAML_MAPPING_NODE ||
        map->data.mapping.pairs.start + i >= map->data.mapping.pairs.top)
        return false;
    pair = map->data.mapping.pairs.start + i;
    *key = yaml_document_get_node(&y->document, pair->key);
    *value = yaml_document_get_node(&y->document, pair->value);
    return true;
}

yaml_node_t *kube_yaml_get(struct kube_yaml *y, yaml_node_t *map, const char *key)
{
    yaml_node_t *k, *v, *found = NULL;
    size_t i;

    for (i = 0; kube_yaml_pair(y, map, i, &k, &v); i++) {
        const char *text = kube_yaml_text(k);

        if (text && strcmp(text, key) == 0)
            found = v;
    }
    return found;
}

yaml_node_t *kube_yaml_item(struct kube_yaml *y, yaml_node_t *list, size_t i)
{
    if (!list || list->type != YAML_SEQUENCE_NODE ||
        list->data.sequence.items.start + i >= list->data.sequence.items.top)
        return NULL;
    return yaml_document_get_node(&y->document, list->data.sequence.items.start[i]);
}

static struct yaml_value value_of(const yaml_node_t *node)
{
    struct yaml_value text = {.type = YAML_SCALAR_STRING};

    if (node->type != YAML_SCALAR_NODE || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        return text;
    return yaml_resolve((const char *)node->data.scalar.value, node->data.scalar.length,
                        YAML_KUBERNETES);
}

enum yaml_scalar kube_yaml_scalar(const yaml_node_t *node)
{
    return value_of(node).type;
}

bool kube_yaml_is_null(const yaml_node_t *node)
{
    return kube_yaml_scalar(node) == YAML_SCALAR_NULL;
}

const char *kube_yaml_text(const yaml_node_t *node)
{
    const char *text;

    if (!node || node->type != YAML_SCALAR_NODE || kube_yaml_is_null(node))
        return NULL;
    text = (const char *)node->data.scalar.value;
    return *text ? text : NULL;
}

const char *kube_yaml_string(struct kube_yaml *y, yaml_node_t *map, const char *key)
{
    return kube_yaml_text(kube_yaml_get(y, map, key));
}

bool kube_yaml_true(struct kube_yaml *y, yaml_node_t *map, const char *key)
{
    yaml_node_t *node = kube_yaml_get(y, map, key);
    struct yaml_value value;

    if (!node)
        return false;
    value = value_of(node);
    return value.type == YAML_SCALAR_BOOLEAN && value.boolean;
}
