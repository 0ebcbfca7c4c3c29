/* confine: the directories out of which this process reads and writes no file by native.fs.
 * For tests: what is tested works beside files of the operator's, which are not its to see or
 * change.
 */
#ifndef ALMANAC_CONFINE_H
#define ALMANAC_CONFINE_H

#include "base/err.h"

/* Lists of directories, each ends with NULL; one that is not there is left out. What may be written
 * may be read. There is no way back. */
int confine_set(const char *const *read, const char *const *written, struct err *e);
/* Whether a path may be read, or changed; ERR_REFUSED where it leads out of the directories, by a
 * link, too. */
int confine_check_read(const char *path, struct err *e);
int confine_check_write(const char *path, struct err *e);

#endif
