#include "net/ws_frame.h"

#include <string.h>

void ws_parser_init(struct ws_parser *p, bool masked, uint64_t message_max)
{
    memset(p, 0, sizeof *p);
    p->masked = masked;
    p->message_max = message_max;
}

void ws_mask(char *data, size_t len, const unsigned char key[4], size_t position)
{
    size_t i = 0;
    uint64_t wide, chunk;
    unsigned char turned[8];

    for (size_t j = 0; j < 8; j++)
        turned[j] = key[(position + j) & 3];
    memcpy(&wide, turned, 8);
    for (; i + 8 <= len; i += 8) {
        memcpy(&chunk, data + i, 8);
        chunk ^= wide;
        memcpy(data + i, &chunk, 8);
    }
    for (; i < len; i++)
        data[i] = (char)(data[i] ^ (char)key[(position + i) & 3]);
}

size_t ws_frame_header(unsigned char out[WS_HEADER_MAX], enum ws_opcode opcode, uint64_t len,
                       const unsigned char key[4])
{
    size_t n = 2, bytes = len < 126 ? 0 : len <= 0xffff ? 2 : 8;

    out[0] = (unsigned char)(0x80 | (unsigned)opcode);
    out[1] = (unsigned char)(bytes == 0 ? len : bytes == 2 ? 126 : 127);
    for (size_t i = bytes; i > 0; i--)
        out[n++] = (unsigned char)(len >> (8 * (i - 1)));
    if (key) {
        out[1] |= 0x80;
        memcpy(out + n, key, 4);
        n += 4;
    }
    return n;
}

/* How long the header is, as far as its bytes so far tell. */
static size_t header_need(const struct ws_parser *p)
{
    unsigned len = p->header[1] & 0x7f;

    if (p->header_len < 2)
        return 2;
    return 2 + (len == 126 ? 2 : len == 127 ? 8 : 0) + (p->masked ? 4u : 0);
}

/* The first two bytes: everything but the length. */
static int check_start(struct ws_parser *p, struct err *e)
{
    unsigned opcode = p->header[0] & 15, len = p->header[1] & 0x7f;

    p->fin = p->header[0] & 0x80;
    p->opcode = (enum ws_opcode)opcode;
    if (p->header[0] & 0x70)
        return err_set(e, ERR_PROTOCOL, "a WebSocket frame has reserved bits set");
    if (p->masked != ((p->header[1] & 0x80) != 0))
        return err_set(e, ERR_PROTOCOL, "a WebSocket frame %s masked",
                       p->masked ? "is not" : "of a server is");
    if (opcode > WS_PONG || (opcode > WS_BINARY && opcode < WS_CLOSE))
        return err_set(e, ERR_PROTOCOL, "a WebSocket frame has the unknown opcode %u", opcode);
    if (opcode >= WS_CLOSE && (!p->fin || len > WS_CONTROL_MAX))
        return err_set(e, ERR_PROTOCOL, "a WebSocket control frame is fragmented or too long");
    if (opcode == WS_CONTINUATION && p->message == WS_CONTINUATION)
        return err_set(e, ERR_PROTOCOL, "a WebSocket frame continues a message that never began");
    if ((opcode == WS_TEXT || opcode == WS_BINARY) && p->message != WS_CONTINUATION)
        return err_set(e, ERR_PROTOCOL, "a WebSocket message begins inside another");
    return 0;
}

static int check_length(struct ws_parser *p, struct err *e)
{
    unsigned short_len = p->header[1] & 0x7f;
    size_t bytes = short_len == 126 ? 2 : short_len == 127 ? 8 : 0;

    p->left = bytes ? 0 : short_len;
    for (size_t i = 0; i < bytes; i++)
        p->left = p->left << 8 | p->header[2 + i];
    if (p->left >> 63 || (bytes == 2 && p->left < 126) || (bytes == 8 && p->left <= 0xffff))
        return err_set(e, ERR_PROTOCOL, "the length of a WebSocket frame is malformed");
    if (p->masked)
        memcpy(p->key, p->header + 2 + bytes, 4);
    p->key_at = 0;
    if (p->opcode >= WS_CLOSE)
        return 0;
    if (p->opcode != WS_CONTINUATION) {
        p->message = p->opcode;
        p->message_len = 0;
        p->message_begun = false;
    }
    if (p->message_max && p->left > p->message_max - p->message_len)
        return err_set(e, ERR_LIMIT, "a WebSocket message is larger than %llu bytes",
                       (unsigned long long)p->message_max);
    p->message_len += p->left;
    return 0;
}

/* One more byte of the header; 1 when it is complete. */
static int header_take(struct ws_parser *p, char byte, struct err *e)
{
    p->header[p->header_len++] = (unsigned char)byte;
    if (p->header_len == 2 && check_start(p, e) < 0)
        return -1;
    if (p->header_len < header_need(p))
        return 0;
    if (check_length(p, e) < 0)
        return -1;
    p->in_payload = true;
    p->control_len = 0;
    return 1;
}

static int payload_control(struct ws_parser *p, const char *data, size_t n, struct ws_event *event)
{
    memcpy(p->control + p->control_len, data, n);
    p->control_len += n;
    if (p->left > 0)
        return 0;
    p->in_payload = false;
    p->header_len = 0;
    *event = (struct ws_event){p->opcode, true, true, p->control, p->control_len};
    return 1;
}

static int payload_data(struct ws_parser *p, const char *data, size_t n, struct ws_event *event)
{
    bool ended = p->left == 0, last = ended && p->fin;

    if (ended) {
        p->in_payload = false;
        p->header_len = 0;
    }
    if (n == 0 && !last) /* an empty fragment says nothing */
        return 0;
    *event = (struct ws_event){p->message, !p->message_begun, last, data, n};
    p->message_begun = true;
    if (last)
        p->message = WS_CONTINUATION;
    return 1;
}

int ws_parser_feed(struct ws_parser *p, char *data, size_t len, size_t *used,
                   struct ws_event *event, struct err *e)
{
    size_t at = 0;
    int rc = 0;

    while (rc == 0) {
        size_t n;

        while (!p->in_payload && at < len)
            if (header_take(p, data[at++], e) < 0)
                return -1;
        /* A frame may have no payload at all: it is complete with its header. */
        if (!p->in_payload || (p->left > 0 && at == len))
            break;
        n = p->left < len - at ? (size_t)p->left : len - at;
        if (p->masked)
            ws_mask(data + at, n, p->key, p->key_at);
        p->key_at += n;
        p->left -= n;
        rc = p->opcode >= WS_CLOSE ? payload_control(p, data + at, n, event)
                                   : payload_data(p, data + at, n, event);
        at += n;
    }
    *used = at;
    return rc;
}

bool ws_parser_idle(const struct ws_parser *p)
{
    return p->header_len == 0 && !p->in_payload && p->message == WS_CONTINUATION;
}
