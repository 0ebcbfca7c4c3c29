/* percent: bytes as %XX, and back.
 * https://www.rfc-editor.org/rfc/rfc3986#section-2.1 */
#ifndef ALMANAC_PERCENT_H
#define ALMANAC_PERCENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* What a part of a URL may hold beside letters and digits. */
#define PERCENT_UNRESERVED "-._~"

/* Appends the text; a byte that is no ASCII letter or digit and not in `plain` becomes %XX. */
int percent_encode(struct buf *out, const char *text, size_t len, const char *plain);
/* Writes the bytes that the text stands for to out (len bytes are enough) and returns how many; a
 * percent sign without two hex digits behind it stays, a plus sign is a space where asked. */
size_t percent_decode(char *out, const char *text, size_t len, bool plus);

#endif
