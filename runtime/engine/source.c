#include "engine/source.h"

#include <fts.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <lauxlib.h>

#include "base/buf.h"
#include "engine/embed.h"
#include "engine/lua_buf.h"
#include "engine/vm.h"

#define SOURCE_MAX ((size_t)16 << 20)
#define STDLIB "stdlib/"
#define STDLIB_LEN (sizeof STDLIB - 1)

static int source_read_file(const char *path, struct buf *out, struct err *e)
{
    char chunk[8192];
    size_t n;
    FILE *f = fopen(path, "re");

    if (!f)
        return err_set(e, ERR_NOT_FOUND, "cannot open %s", path);
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0) {
        if (buf_add(out, chunk, n) < 0) {
            fclose(f);
            return err_set(e, ERR_LIMIT, "%s is larger than %zu bytes", path, out->max);
        }
    }
    n = (size_t)ferror(f);
    fclose(f);
    return n ? err_set(e, ERR_IO, "cannot read %s", path) : 0;
}

/* The file on disk that stands in for a built-in one, in full; false where there is none. */
static bool source_on_disk(const struct vm *vm, const char *path, char *full, size_t size)
{
    if (!vm->stdlib_dir || strncmp(path, STDLIB, STDLIB_LEN) != 0)
        return false;
    snprintf(full, size, "%s/%s", vm->stdlib_dir, path + STDLIB_LEN);
    return true;
}

int source_view(lua_State *L, const char *path, struct source_view *view, struct err *e)
{
    const struct embed_file *file;
    struct buf *read;
    char full[4096];

    if (source_on_disk(vm_of(L), path, full, sizeof full)) {
        read = lua_buf_new(L, SOURCE_MAX);
        if (source_read_file(full, read, e) < 0) {
            lua_pop(L, 1);
            return -1;
        }
        *view = (struct source_view){.text = buf_str(read), .len = read->len};
        return 0;
    }
    file = embed_find(path);
    if (!file)
        return err_set(e, ERR_NOT_FOUND, "no built-in file %s", path);
    lua_pushnil(L);
    *view = (struct source_view){file->data, file->len, file->code, file->code_len};
    return 0;
}

int source_push(lua_State *L, const char *path, struct err *e)
{
    struct source_view view;

    if (source_view(L, path, &view, e) < 0)
        return -1;
    lua_pushlstring(L, view.text, view.len);
    lua_remove(L, -2);
    return 0;
}

static int source_compare(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* Adds "stdlib/PATH" and a NUL for each Lua file below the directory. */
static int source_scan(const char *dir, struct buf *out)
{
    char *roots[] = {(char *)dir, NULL};
    size_t skip = strlen(dir) + 1;
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, source_compare);
    FTSENT *entry;
    int rc = tree ? 0 : -1;

    while (rc == 0 && (entry = fts_read(tree))) {
        if (entry->fts_info != FTS_F || entry->fts_namelen < 4 ||
            strcmp(entry->fts_name + entry->fts_namelen - 4, ".lua") != 0)
            continue;
        if (buf_adds(out, STDLIB) < 0 ||
            buf_add(out, entry->fts_path + skip, entry->fts_pathlen - skip + 1) < 0)
            rc = -1;
    }
    if (tree)
        fts_close(tree);
    return rc;
}

/* Appends to the list on top of the stack, when the path begins with the prefix. */
static void source_add(lua_State *L, const char *path, const char *prefix, lua_Integer *count)
{
    if (strncmp(path, prefix, strlen(prefix)) != 0)
        return;
    lua_pushstring(L, path);
    lua_rawseti(L, -2, ++*count);
}

void source_push_list(lua_State *L, const char *prefix)
{
    const char *dir = vm_of(L)->stdlib_dir;
    struct buf *disk = lua_buf_new(L, SOURCE_MAX);
    lua_Integer count = 0;

    if (dir && source_scan(dir, disk) < 0)
        luaL_error(L, "cannot list the files of %s", dir);
    lua_newtable(L);
    for (size_t i = 0; i < embed_count; i++) {
        if (!dir || strncmp(embed_files[i].path, STDLIB, STDLIB_LEN) != 0)
            source_add(L, embed_files[i].path, prefix, &count);
    }
    for (size_t at = 0; at < disk->len; at += strlen(disk->data + at) + 1)
        source_add(L, disk->data + at, prefix, &count);
    lua_remove(L, -2);
}
