/* proc_capture: what is kept of a stream that may be larger than its cap: its first and its last
 * half, and how many bytes there were.
 */
#ifndef ALMANAC_PROC_CAPTURE_H
#define ALMANAC_PROC_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct capture {
    struct buf head, tail; /* the tail holds up to twice its half, so that trimming is rare */
    size_t half;
    uint64_t total; /* bytes that came */
};

void capture_init(struct capture *c, size_t max);
void capture_release(struct capture *c);
/* Cannot fail: out of memory loses output, and capture_text() says how much. */
void capture_add(struct capture *c, const char *data, size_t len);
bool capture_truncated(const struct capture *c);
/* Adds all of it to out, or both halves with "[… N bytes left out …]" on a line between them. No
 * UTF-8 character is cut in two. 0, or -1 when out's maximum is too small. */
int capture_text(const struct capture *c, struct buf *out);

#endif
