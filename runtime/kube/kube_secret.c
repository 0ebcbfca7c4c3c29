#include "kube/kube_secret.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/buf.h"

#define SECRET_FILE_MAX ((size_t)1 << 20)

char *kube_resolve_path(const struct kube_yaml *from, const char *path)
{
    const char *slash = strrchr(from->path, '/');
    struct buf out = BUF_INIT(8192);

    if (*path != '/' && slash)
        buf_add(&out, from->path, (size_t)(slash - from->path) + 1);
    buf_adds(&out, path);
    return buf_detach(&out, NULL);
}

int kube_read_file(const char *path, struct kube_blob *out, struct err *e)
{
    FILE *file = fopen(path, "rbe");
    struct buf text = BUF_INIT(SECRET_FILE_MAX);
    char chunk[4096];
    size_t n;

    if (!file)
        return err_set_errno(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, errno, "cannot read %s",
                             path);
    while ((n = fread(chunk, 1, sizeof chunk, file)) > 0)
        if (buf_add(&text, chunk, n) < 0)
            break;
    if (ferror(file) || n > 0) {
        int failed = ferror(file) ? errno : EFBIG;

        fclose(file);
        buf_release(&text);
        return err_set_errno(e, ERR_IO, failed, "cannot read %s", path);
    }
    fclose(file);
    free(out->data);
    out->data = buf_detach(&text, &out->len);
    return out->data ? 0 : err_set(e, ERR_MEMORY, "out of memory reading %s", path);
}

/* 0, -1 when it is no base64, -2 when memory is out. */
static int decode_blob(const char *text, size_t len, struct kube_blob *out)
{
    char *data = malloc(len + 1);

    if (!data)
        return -2;
    if (base64_decode(text, len, data, &len) < 0) {
        free(data);
        return -1;
    }
    data[len] = '\0';
    free(out->data);
    out->data = data;
    out->len = len;
    return 0;
}

int kube_load_blob(struct kube_yaml *y, yaml_node_t *map, const char *key, const char *whose,
                   struct kube_blob *out, struct err *e)
{
    char data_key[64], *path;
    const char *text;
    int rc;

    snprintf(data_key, sizeof data_key, "%s-data", key);
    text = kube_yaml_string(y, map, data_key);
    if (text) {
        rc = decode_blob(text, strlen(text), out);
        if (rc == -2)
            return err_set(e, ERR_MEMORY, "out of memory reading the kubeconfig");
        if (rc < 0)
            return err_set(e, ERR_USAGE, "%s: %s of %s is not base64", y->path, data_key, whose);
        return 0;
    }
    text = kube_yaml_string(y, map, key);
    if (!text)
        return 0;
    path = kube_resolve_path(y, text);
    if (!path)
        return err_set(e, ERR_MEMORY, "out of memory reading the kubeconfig");
    rc = kube_read_file(path, out, e);
    free(path);
    if (rc < 0)
        err_wrap(e, "%s: %s of %s", y->path, key, whose);
    return rc;
}

int kube_token_claims(const char *token, struct kube_blob *out)
{
    const char *first = strchr(token, '.'), *second = first ? strchr(first + 1, '.') : NULL;
    char *middle, *c;
    int rc;

    if (!second || strchr(second + 1, '.'))
        return -1;
    middle = strndup(first + 1, (size_t)(second - first - 1));
    if (!middle)
        return -1;
    for (c = middle; *c; c++) /* base64url: https://www.rfc-editor.org/rfc/rfc4648#section-5 */
        *c = *c == '-' ? '+' : *c == '_' ? '/' : *c;
    rc = decode_blob(middle, strlen(middle), out);
    free(middle);
    return rc < 0 ? -1 : 0;
}
