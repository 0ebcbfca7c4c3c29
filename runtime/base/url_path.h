/* url_path: whether a path leads elsewhere than it reads. Servers, proxies and frameworks decode
 * what stands in one, each in its way and some twice; whoever judged the path before them judged
 * another.
 */
#ifndef ALMANAC_URL_PATH_H
#define ALMANAC_URL_PATH_H

#include <stdbool.h>

/* Whether a segment of it is . or .. to somebody: spelled out, encoded (%2e, %252e, %u002e), in
 * UTF-8 that is longer than it need be, in characters that some take for a dot or a slash; cut off
 * by ; # ? or a zero byte, split by a backslash, or with blanks in it. True where memory is out. */
bool url_path_has_dots(const char *path);

#endif
