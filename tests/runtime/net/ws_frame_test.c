/* The WebSocket parser: whatever the pieces bytes come in, the messages are the same; what the RFC
 * forbids is refused; and no rubbish makes it read or write where it must not. Likewise the answer
 * to a handshake. */
#include "check.h"
#include "net/ws_frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "net/ws_handshake.h"

static uint64_t seed = 88172645463325252u;

static uint32_t random_below(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return n ? (uint32_t)((seed >> 16) % n) : 0;
}

static void put_frame(struct buf *out, bool fin, unsigned opcode, bool masked, const char *data,
                      size_t len)
{
    unsigned char header[WS_HEADER_MAX], key[4] = {1, 2, 3, (unsigned char)random_below(256)};
    size_t n = ws_frame_header(header, WS_BINARY, len, masked ? key : NULL), at = out->len + n;

    header[0] = (unsigned char)((fin ? 0x80 : 0) | opcode);
    CHECK(buf_add(out, header, n) == 0 && buf_add(out, data, len) == 0);
    if (masked)
        ws_mask(out->data + at, len, key, 0);
}

/* Random messages with control frames in between; says in `want` what they are. */
static void make_stream(struct buf *wire, struct buf *want, bool masked)
{
    for (uint32_t m = 0; m < 20; m++) {
        uint32_t fragments = 1 + random_below(4);

        buf_adds(want, "[");
        for (uint32_t f = 0; f < fragments; f++) {
            char data[70000];
            size_t len = random_below(16) ? random_below(200) : random_below(sizeof data);

            for (size_t i = 0; i < len; i++)
                data[i] = (char)('a' + random_below(26));
            put_frame(wire, f + 1 == fragments, f ? WS_CONTINUATION : WS_BINARY, masked, data, len);
            buf_add(want, data, len);
            if (random_below(3) == 0)
                put_frame(wire, true, random_below(2) ? WS_PING : WS_PONG, masked, data, len % 126);
        }
        buf_adds(want, "]");
    }
}

/* Feeds it in pieces of at most `most` bytes; -1 when it is refused. */
static int parse(const struct buf *wire, bool masked, uint64_t max, uint32_t most, struct buf *got,
                 struct err *e)
{
    struct ws_parser p;
    struct ws_event event;
    size_t at = 0;

    ws_parser_init(&p, masked, max);
    while (at < wire->len) {
        size_t len = 1 + random_below(most), used;
        char *piece, *from;
        int rc;

        if (len > wire->len - at)
            len = wire->len - at;
        /* In memory of its own, so that the sanitizer sees a byte too many. */
        piece = from = malloc(len);
        CHECK(piece);
        memcpy(piece, wire->data + at, len);
        at += len;
        while ((rc = ws_parser_feed(&p, from, len, &used, &event, e)) > 0) {
            CHECK(used <= len);
            from += used;
            len -= used;
            if (event.opcode > WS_BINARY) {
                CHECK(event.len <= WS_CONTROL_MAX && event.first && event.last);
                continue;
            }
            CHECK(event.opcode != WS_CONTINUATION);
            if ((event.first && buf_adds(got, "[") < 0) ||
                (event.len > 0 && buf_add(got, event.data, event.len) < 0) ||
                (event.last && buf_adds(got, "]") < 0))
                abort();
        }
        free(piece);
        if (rc < 0)
            return -1;
        CHECK(used == len);
    }
    return ws_parser_idle(&p) ? 0 : 1;
}

static void test_pieces(void)
{
    for (int round = 0; round < 12; round++) {
        struct buf wire = BUF_INIT(8u << 20), want = BUF_INIT(8u << 20), got = BUF_INIT(8u << 20);
        bool masked = round & 1;
        struct err e;

        make_stream(&wire, &want, masked);
        CHECK(parse(&wire, masked, 0, round % 3 ? 1u << random_below(18) : 1, &got, &e) == 0);
        CHECK(got.len == want.len && memcmp(got.data, want.data, got.len) == 0);
        /* One bit is wrong somewhere: refused, unfinished or another text, but nothing worse. */
        for (int i = 0; i < 8; i++) {
            size_t at = random_below((uint32_t)wire.len);

            buf_reset(&got);
            wire.data[at] = (char)(wire.data[at] ^ (1 << random_below(8)));
            parse(&wire, masked, 1u << 20, 4096, &got, &e);
        }
        buf_release(&wire);
        buf_release(&want);
        buf_release(&got);
    }
}

static void test_rubbish(void)
{
    for (int round = 0; round < 6000; round++) {
        struct buf wire = BUF_INIT(4096), got = BUF_INIT(8192);
        uint32_t n = 1 + random_below(64);
        struct err e;

        for (uint32_t i = 0; i < n; i++) {
            char c = (char)random_below(256);

            if (i == 0 && random_below(2))
                c = (char)0x82;
            CHECK(buf_add(&wire, &c, 1) == 0);
        }
        parse(&wire, round & 1, round & 2 ? 100 : 0, 16, &got, &e);
        buf_release(&wire);
        buf_release(&got);
    }
}

static void test_refusals(void)
{
    static const struct {
        const char *bytes;
        size_t len;
        bool masked;
        enum err_kind kind;
        const char *says;
    } cases[] = {
        {"\xc2\x00", 2, false, ERR_PROTOCOL, "reserved bits"},
        {"\x82\x80", 2, false, ERR_PROTOCOL, "is masked"},
        {"\x82\x00", 2, true, ERR_PROTOCOL, "is not masked"},
        {"\x83\x00", 2, false, ERR_PROTOCOL, "unknown opcode 3"},
        {"\x8b\x00", 2, false, ERR_PROTOCOL, "unknown opcode 11"},
        {"\x09\x00", 2, false, ERR_PROTOCOL, "control frame"},
        {"\x89\x7e", 2, false, ERR_PROTOCOL, "control frame"},
        {"\x80\x00", 2, false, ERR_PROTOCOL, "never began"},
        {"\x02\x01x\x82\x00", 5, false, ERR_PROTOCOL, "inside another"},
        {"\x82\x7e\x00\x05", 4, false, ERR_PROTOCOL, "malformed"},
        {"\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff", 10, false, ERR_PROTOCOL, "malformed"},
        {"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 10, false, ERR_PROTOCOL, "malformed"},
        {"\x82\x7e\x01\x00", 4, false, ERR_LIMIT, "larger than 100"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf wire = BUF_INIT(64), got = BUF_INIT(64);
        struct err e;

        CHECK(buf_add(&wire, cases[i].bytes, cases[i].len) == 0);
        CHECK(parse(&wire, cases[i].masked, 100, 1, &got, &e) == -1);
        CHECK(e.kind == cases[i].kind && strstr(e.message, cases[i].says));
        buf_release(&wire);
        buf_release(&got);
    }
}

/* ---- the handshake ---- */

/* 1 complete, 0 not, -1 refused; one byte at a time. */
static int answer(struct ws_answer *a, const char *text, size_t len, bool ends, struct err *e)
{
    int rc = 0;
    size_t used;

    ws_answer_init(a);
    for (size_t i = 0; i < len && rc == 0; i++)
        rc = ws_answer_feed(a, text + i, 1, &used, e);
    return rc == 0 && ends ? ws_answer_end(a, e) : rc;
}

static void test_answers(void)
{
    static const char ok[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n"
                             "connection: keep-alive, Upgrade\r\n"
                             "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
                             "Sec-WebSocket-Protocol: b\r\n\r\n";
    static const char chunked[] = "HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n"
                                  "4\r\nno, \r\n3\r\nyou\r\n0\r\n\r\n";
    static const char closed[] = "HTTP/1.0 500 Oh\r\nX-A:  b \r\n\r\nsorry";
    static const char length[] = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\n"
                                 "Content-Length: 2\r\n\r\nno";
    static const char *const protocols[] = {"a", "b", NULL};
    static const char *const others[] = {"c", NULL};
    struct ws_answer a;
    char accept[WS_ACCEPT_SIZE];
    struct err e;

    ws_key_accept("dGhlIHNhbXBsZSBub25jZQ==", accept); /* the example of the RFC */
    CHECK(strcmp(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") == 0);
    CHECK(answer(&a, ok, sizeof ok - 1, false, &e) == 1 && a.status == 101);
    CHECK(ws_answer_check(&a, "dGhlIHNhbXBsZSBub25jZQ==", protocols, &e) == 1);
    CHECK(ws_answer_check(&a, "dGhlIHNhbXBsZSBub25jZQ==", others, &e) == -1);
    CHECK(strstr(e.message, "\"b\", which was not offered"));
    CHECK(ws_answer_check(&a, "AAAAIHNhbXBsZSBub25jZQ==", protocols, &e) == -1);
    ws_answer_release(&a);
    CHECK(answer(&a, chunked, sizeof chunked - 1, false, &e) == 1);
    CHECK(a.status == 403 && strcmp(buf_str(&a.body), "no, you") == 0);
    ws_answer_release(&a);
    CHECK(answer(&a, closed, sizeof closed - 1, true, &e) == 1);
    CHECK(a.status == 500 && strcmp(buf_str(&a.body), "sorry") == 0);
    CHECK(strcmp(ws_answer_header(&a, "x-a"), "b") == 0);
    ws_answer_release(&a);
    CHECK(answer(&a, length, sizeof length - 1, false, &e) == 1);
    CHECK(a.status == 404 && strcmp(buf_str(&a.body), "no") == 0);
    ws_answer_release(&a);
    CHECK(answer(&a, length, sizeof length - 2, true, &e) == -1 && e.kind == ERR_NETWORK);
    ws_answer_release(&a);
    CHECK(answer(&a, "SSH-2.0", 7, true, &e) == -1 && e.kind == ERR_PROTOCOL);
    ws_answer_release(&a);
    for (int round = 0; round < 2000; round++) { /* bent in places */
        char text[sizeof ok];
        const char *from = round % 3 == 0 ? ok : round % 3 == 1 ? chunked : length;
        size_t len = strlen(from);

        memcpy(text, from, len);
        for (uint32_t i = random_below(4) + 1; i > 0; i--)
            text[random_below((uint32_t)len)] = (char)random_below(256);
        if (answer(&a, text, len, true, &e) > 0 && a.status == 101)
            ws_answer_check(&a, "dGhlIHNhbXBsZSBub25jZQ==", protocols, &e);
        ws_answer_release(&a);
    }
}

int main(void)
{
    test_pieces();
    test_rubbish();
    test_refusals();
    test_answers();
    return 0;
}
