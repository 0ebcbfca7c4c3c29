#include "engine/embed.h"

#include <stdlib.h>
#include <string.h>

static int embed_compare(const void *key, const void *file)
{
    return strcmp(key, ((const struct embed_file *)file)->path);
}

const struct embed_file *embed_find(const char *path)
{
    return bsearch(path, embed_files, embed_count, sizeof *embed_files, embed_compare);
}
