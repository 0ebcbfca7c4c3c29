/* gunzip: a gzip file in memory (RFC 1952), unpacked by zlib. */
#ifndef ALMANAC_GUNZIP_H
#define ALMANAC_GUNZIP_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* Adds what data holds to out, which bounds it: ERR_LIMIT past out's maximum, however small the
 * data is; ERR_CORRUPT for what is no gzip, is cut off, fails its checksum or has bytes behind its
 * end. On failure out may hold a part. */
int gunzip(const void *data, size_t len, struct buf *out, struct err *e);

#endif
