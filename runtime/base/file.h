/* file: what files take beside the system's calls. */
#ifndef ALMANAC_FILE_H
#define ALMANAC_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Whether a path, as realpath() has it, is that of a directory or of something below it. Below the
 * root is everything: that counts as nothing. */
bool file_is_below(const char *real, const char *dir);

/* Writes all of it, however many calls that takes; waits where the other end takes nothing now.
 * 0, or an error number, which errno is too. */
int file_write_all(int fd, const char *bytes, size_t len);

/* Makes a file of that name in a directory (AT_FDCWD for a path), with the text on the disk; there
 * must be none. Its mode is 0600 until it is whole. 0, or -1 with errno; then it may be there. */
int file_make_synced(int dir, const char *name, const char *text, size_t len, mode_t mode);

/* Makes durable what was renamed or removed in a directory (relative to `dir`). 0, or -1 with
 * errno. */
int file_sync_directory(int dir, const char *path);

/* Makes a directory for files of this process, 0700, in TMPDIR or /tmp; its path goes into path.
 * 0, or -1 with errno; path is then the one that was tried. */
int file_make_temporary(char *path, size_t size, const char *prefix);

#endif
