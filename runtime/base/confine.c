#include "base/confine.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static char *confine_dir; /* NULL: anywhere */

int confine_set(const char *dir, struct err *e)
{
    char *real = realpath(dir, NULL);

    if (!real)
        return err_set_errno(e, ERR_IO, errno, "cannot find %s", dir);
    free(confine_dir);
    confine_dir = real;
    return 0;
}

static bool is_below(const char *path)
{
    size_t len = strlen(confine_dir);

    return strncmp(path, confine_dir, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

/* Where a path leads; of one that is not there yet, where the nearest directory above it does.
 * NULL: nobody knows. */
static char *real_of(const char *path)
{
    char *above = strdup(path), *real = NULL;

    while (above && !(real = realpath(above, NULL))) {
        char *slash = strrchr(above, '/');

        if (errno != ENOENT || strcmp(slash ? slash + 1 : above, "..") == 0)
            break;
        if (!slash) {
            real = realpath(".", NULL);
            break;
        }
        slash[slash == above] = '\0';
    }
    free(above);
    return real;
}

int confine_check(const char *path, struct err *e)
{
    char *real = confine_dir ? real_of(path) : NULL;
    bool is_allowed = !confine_dir || (real && is_below(real));

    free(real);
    if (is_allowed)
        return 0;
    err_set(e, ERR_REFUSED, "a test changes no file outside of its own directory: %s", path);
    return err_hint(e, "it works in a copy of the project: write to a path below that");
}
