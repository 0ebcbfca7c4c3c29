/* WebSocket frames: what a parser makes of a stream does not depend on how the stream comes in
 * pieces, and it hands on no byte that it was not given. The first byte of the input says how the
 * parser is set up and how large the pieces are. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "fuzz.h"
#include "net/ws_frame.h"

#define LOG_MAX ((size_t)1 << 20)

/* Feeds the bytes in pieces; adds all that comes out to the log, the end of each message as well.
 */
static int feed(struct ws_parser *p, const uint8_t *data, size_t size, size_t piece,
                struct buf *log)
{
    char *copy = malloc(size + 1);
    size_t at = 0, end;
    int rc = 0;

    CHECK(copy);
    memcpy(copy, data, size);
    while (rc >= 0 && at < size) {
        end = size - at < piece ? size : at + piece;
        do {
            struct ws_event event;
            struct err e = {0};
            size_t used = 0;

            rc = ws_parser_feed(p, copy + at, end - at, &used, &event, &e);
            CHECK(used <= end - at);
            CHECK(rc >= 0 || e.kind == ERR_PROTOCOL || e.kind == ERR_LIMIT);
            at += used;
            if (rc <= 0)
                continue;
            if (event.first)
                buf_addf(log, "<%d ", (int)event.opcode);
            buf_add(log, event.data, event.len);
            if (event.last)
                buf_adds(log, ">");
        } while (rc > 0);
        if (rc == 0)
            CHECK(at == end);
    }
    free(copy);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf whole = BUF_INIT(LOG_MAX), pieces = BUF_INIT(LOG_MAX);
    struct ws_parser one, other;
    bool masked;
    uint64_t max;
    int rc;

    if (size < 1)
        return 0;
    masked = data[0] & 1;
    max = data[0] & 2 ? 300 : 0;
    ws_parser_init(&one, masked, max);
    ws_parser_init(&other, masked, max);
    rc = feed(&one, data + 1, size - 1, size, &whole);
    CHECK(feed(&other, data + 1, size - 1, (data[0] >> 2) + 1u, &pieces) == rc);
    CHECK(whole.len == pieces.len && memcmp(buf_str(&whole), buf_str(&pieces), whole.len) == 0);
    CHECK(rc < 0 || ws_parser_idle(&one) == ws_parser_idle(&other));
    buf_release(&whole);
    buf_release(&pieces);
    return 0;
}
