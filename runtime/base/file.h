/* file: what writing files takes, beside the system's calls. */
#ifndef ALMANAC_FILE_H
#define ALMANAC_FILE_H

#include <stddef.h>

/* Writes all of it, however many calls that takes; waits where the other end takes nothing now.
 * 0, or an error number, which errno is too. */
int file_write_all(int fd, const char *bytes, size_t len);

/* Makes a directory for files of this process, 0700, in TMPDIR or /tmp; its path goes into path.
 * 0, or -1 with errno; path is then the one that was tried. */
int file_make_temporary(char *path, size_t size, const char *prefix);

#endif
