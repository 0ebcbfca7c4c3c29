#include "engine/embed.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The linker's names for the ends of the section that the codes are in; there is none in a program
 * that is linked with a shared Lua. */
extern const char embed_codes_begin[] __asm__("__start_embed_codes") __attribute__((weak));
extern const char embed_codes_end[] __asm__("__stop_embed_codes") __attribute__((weak));

static int embed_compare(const void *key, const void *file)
{
    return strcmp(key, ((const struct embed_file *)file)->path);
}

const struct embed_file *embed_find(const char *path)
{
    return bsearch(path, embed_files, embed_count, sizeof *embed_files, embed_compare);
}

void embed_put_away(void)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t begin = ((uintptr_t)embed_codes_begin + page - 1) / page * page;
    uintptr_t end = (uintptr_t)embed_codes_end / page * page;

    if (begin < end)
        madvise((void *)begin, end - begin, MADV_DONTNEED);
}
