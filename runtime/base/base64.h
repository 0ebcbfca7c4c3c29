/* base64: RFC 4648, the standard alphabet. */
#ifndef ALMANAC_BASE64_H
#define ALMANAC_BASE64_H

#include <stddef.h>

/* Decodes; blanks and line ends are skipped. out has room for len bytes and may be text itself.
 * 0 and *out_len, or -1 when it is no base64. */
int base64_decode(const char *text, size_t len, char *out, size_t *out_len);

#endif
