#include "engine/embed.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The linker's names for the ends of the sections that the texts and the codes are in; there are no
 * codes in a program that is linked with a shared Lua. */
#define SECTION_ENDS(section)                                                                      \
    extern const char section##_begin[] __asm__("__start_" #section) __attribute__((weak));        \
    extern const char section##_end[] __asm__("__stop_" #section) __attribute__((weak))

SECTION_ENDS(embed_texts);
SECTION_ENDS(embed_codes);

static int embed_compare(const void *key, const void *file)
{
    return strcmp(key, ((const struct embed_file *)file)->path);
}

const struct embed_file *embed_find(const char *path)
{
    return bsearch(path, embed_files, embed_count, sizeof *embed_files, embed_compare);
}

static void put_away(const char *first, const char *behind)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t begin = ((uintptr_t)first + page - 1) / page * page;
    uintptr_t end = (uintptr_t)behind / page * page;

    if (begin < end)
        madvise((void *)begin, end - begin, MADV_DONTNEED);
}

void embed_put_away(void)
{
    put_away(embed_texts_begin, embed_texts_end);
    put_away(embed_codes_begin, embed_codes_end);
}
