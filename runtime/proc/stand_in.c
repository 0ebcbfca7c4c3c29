#include "proc/stand_in.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static char **stand_in_words, **stand_in_real, **stand_in_guard_words;
static char *stand_in_guarded;

static size_t count(const char *const *words)
{
    size_t n = 0;

    while (words[n])
        n++;
    return n;
}

static char **copy(const char *const *words)
{
    char **out = calloc(count(words) + 1, sizeof *out);

    for (size_t i = 0; out && words[i]; i++) {
        out[i] = strdup(words[i]);
        if (!out[i])
            return NULL;
    }
    return out;
}

int stand_in_set(const char *const *words, const char *const *real, struct err *e)
{
    char **first = copy(words), **second = copy(real);

    if (!first || !second)
        return err_set(e, ERR_MEMORY, "out of memory");
    stand_in_words = first;
    stand_in_real = second;
    return 0;
}

int stand_in_guard(const char *program, const char *const *words, struct err *e)
{
    stand_in_guarded = strdup(program);
    stand_in_guard_words = copy(words);
    if (!stand_in_guarded || !stand_in_guard_words)
        return err_set(e, ERR_MEMORY, "out of memory");
    return 0;
}

static bool is_real(const char *program)
{
    for (size_t i = 0; stand_in_real[i]; i++)
        if (strcmp(stand_in_real[i], program) == 0)
            return true;
    return false;
}

bool stand_in_needed(const char *program)
{
    return stand_in_words && !is_real(program);
}

const char **stand_in_for(const char *const *argv)
{
    bool is_guarded = stand_in_guarded && strcmp(stand_in_guarded, argv[0]) == 0;
    char **words = is_guarded ? stand_in_guard_words : stand_in_words;
    const char *const *rest = is_guarded ? argv + 1 : argv;
    size_t own = count((const char *const *)words), given = count(rest);
    const char **out = calloc(own + given + 1, sizeof *out);

    if (!out)
        return NULL;
    memcpy(out, words, own * sizeof *out);
    memcpy(out + own, rest, given * sizeof *out);
    return out;
}
