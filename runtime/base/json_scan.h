/* json_scan: makes JSON text safe for a parser that reads every number as a double.
 *
 * lua-cjson loses integers past 2^53, cannot tell 1.0 from 1 nor [] from {}, takes bytes that are
 * no UTF-8, and stops at a NUL. This pass finds what would be lost and puts a marker in its place:
 * the number " K.5 ", where K is the index of the edit that holds the true value. Every other
 * number left in the text is an integer of at most 15 digits, so a parsed number with a fraction is
 * a marker and any other is an exact integer: no text can be mistaken for a marker.
 *
 * It also enforces what the parser does not: UTF-8, no control characters in strings, the grammar
 * of numbers, a depth, and numbers that a double would change without saying so. The structure
 * (commas, colons, words) is left to the parser.
 */
#ifndef ALMANAC_JSON_SCAN_H
#define ALMANAC_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum json_edit_kind {
    JSON_EDIT_INTEGER,     /* value.integer */
    JSON_EDIT_FLOAT,       /* value.real */
    JSON_EDIT_TEXT,        /* the literal itself, text[in .. in + in_len) */
    JSON_EDIT_EMPTY_ARRAY, /* [] */
    JSON_EDIT_BYTE,        /* \udc80 to \udcff in a string: a raw byte; no marker */
};

struct json_edit {
    enum json_edit_kind kind;
    size_t in, in_len;   /* what was replaced, in the given text */
    size_t out, out_len; /* what stands for it, in the new one */
    union {
        int64_t integer;
        double real;
    } value;
};

struct json_scan {
    struct json_edit *edits;
    size_t count, cap;
    struct buf out; /* the new text; unused when count is 0 */
};

struct json_scan_options {
    int max_depth;
    bool big_as_text; /* a number that does not fit is kept as its text instead of refused */
};

void json_scan_init(struct json_scan *s);
void json_scan_release(struct json_scan *s);

/* Scans text (len bytes; a NUL behind them is not needed). On success the text to parse is
 * s->out, or the given one when there was nothing to edit. On failure *at is the offset of what
 * was wrong, and *e says what, without the position. */
int json_scan_text(struct json_scan *s, const char *text, size_t len,
                   const struct json_scan_options *options, size_t *at, struct err *e);

/* The offset in the given text of an offset in the new one. */
size_t json_scan_origin(const struct json_scan *s, size_t out);

/* Length of the valid UTF-8 sequence (RFC 3629) that begins at p, or 0. p < end. */
size_t json_scan_utf8(const unsigned char *p, const unsigned char *end);

#endif
