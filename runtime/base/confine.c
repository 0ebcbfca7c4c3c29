#include "base/confine.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

enum { CONFINE_DIRS_MAX = 8 };

struct confine_dirs {
    char *list[CONFINE_DIRS_MAX];
    size_t count;
};

static bool confine_is_set; /* false: anywhere */
static struct confine_dirs confine_read, confine_written;

static int add_dirs(struct confine_dirs *to, const char *const *dirs, struct err *e)
{
    for (size_t i = 0; dirs[i]; i++) {
        char *real = realpath(dirs[i], NULL);

        if (!real && errno == ENOENT)
            continue;
        if (!real)
            return err_set_errno(e, ERR_IO, errno, "cannot find %s", dirs[i]);
        if (to->count == CONFINE_DIRS_MAX) {
            free(real);
            return err_set(e, ERR_LIMIT, "more than %d directories to keep to", CONFINE_DIRS_MAX);
        }
        to->list[to->count++] = real;
    }
    return 0;
}

int confine_set(const char *const *read, const char *const *written, struct err *e)
{
    confine_is_set = true;
    if (add_dirs(&confine_read, read, e) < 0)
        return -1;
    return add_dirs(&confine_written, written, e);
}

static bool is_below_any(const char *path, const struct confine_dirs *dirs)
{
    for (size_t i = 0; i < dirs->count; i++) {
        if (file_is_below(path, dirs->list[i]))
            return true;
    }
    return false;
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

static int check(const char *path, bool is_read, struct err *e)
{
    char *real = confine_is_set ? real_of(path) : NULL;
    bool is_allowed = !confine_is_set || (real && is_below_any(real, &confine_written)) ||
                      (is_read && real && is_below_any(real, &confine_read));

    free(real);
    if (is_allowed)
        return 0;
    err_set(e, ERR_REFUSED, "a test touches no file outside of its own directory: %s", path);
    return err_hint(e, "it works in a copy of the project, without links that lead out of it; "
                       "files in its world has texts of others");
}

int confine_check_write(const char *path, struct err *e)
{
    return check(path, false, e);
}

int confine_check_read(const char *path, struct err *e)
{
    return check(path, true, e);
}
