/* target: where a file goes that we write for the operator, such as a plan, a report or a new
 * runbook.
 *
 * The path is walked directory by directory, and each symbolic link on it is judged: one in the
 * project came with files that others made (a clone holds links to anywhere), one that is
 * another's, or lies where others can write, may have been put there to have us write elsewhere.
 * Those are refused. What the operator, or root, has linked elsewhere is followed. What is written
 * lands in the directory that was reached, whatever is swapped in on its path meanwhile.
 */
#ifndef ALMANAC_TARGET_H
#define ALMANAC_TARGET_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

enum target_is {
    TARGET_NOTHING,
    TARGET_FILE,
    TARGET_STREAM, /* a device, a pipe, or what /dev/stdout leads to: it takes the text */
};

struct target {
    int dir; /* an O_PATH descriptor of the directory */
    enum target_is is;
    mode_t mode; /* of a file that is there */
    char name[NAME_MAX + 1];
    char real[PATH_MAX]; /* the path of the directory, its links followed */
};

/* Finds where a path leads; with `make`, its directories are made. 0, or -1 with *e (refused, not
 * found, io); then there is nothing to close. */
int target_open(struct target *target, const char *path, bool make, struct err *e);

/* Makes a directory that is ours alone to write in, 0700, with those above it that are missing; one
 * that is there must be so. Links on the way are judged as above, before anything is made behind
 * them. 0, or -1 with *e (refused, io). */
int target_directory(const char *path, struct err *e);

/* Puts a file there: a temporary one beside it, synced and renamed, so that after a crash the old
 * or the new text is there. With `is_new` it takes nobody's place. 0, or -1 with errno; EEXIST. */
int target_put(const struct target *target, const char *text, size_t len, mode_t mode, bool is_new);

/* Puts a file in the place of the one that is there, as target_put() does, if that holds `was` and
 * nobody else is doing the same. 0, or -1 with errno; EAGAIN: it holds something else, or somebody
 * is. */
int target_compare_and_swap(const struct target *target, const char *was, size_t was_len,
                            const char *text, size_t len);

void target_close(struct target *target);

#endif
