/* detour: every request of this process goes to one server of a test, whatever host and port its
 * URL names; but not those to the one origin that is let through. There is no way round it, and
 * none back: what is tested reaches nothing of the real world.
 *
 * The request is as it would have been, with the URL's host in Host, without TLS, and with its
 * scheme in X-Almanac-Scheme.
 */
#ifndef ALMANAC_DETOUR_H
#define ALMANAC_DETOUR_H

#include <stdbool.h>

#include "base/err.h"

#define DETOUR_SCHEME "X-Almanac-Scheme"

/* `to` is host:port; `through` as well, NULL for none. Once in a process. */
int detour_set(const char *to, const char *through, struct err *e);
/* Where a connection to host:port goes; NULL: there. */
const char *detour_of(const char *host_port);
bool detour_is_set(void);

#endif
