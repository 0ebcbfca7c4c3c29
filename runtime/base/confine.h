/* confine: the directory out of which this process writes no file by native.fs, and removes none.
 * For tests: what is tested works beside files of the operator's, which it must not change. */
#ifndef ALMANAC_CONFINE_H
#define ALMANAC_CONFINE_H

#include "base/err.h"

/* There is no way back. */
int confine_set(const char *dir, struct err *e);
/* Whether a path may be changed; ERR_REFUSED where it leads out of the directory, by a link, too.
 */
int confine_check(const char *path, struct err *e);

#endif
