/* ws_frame: WebSocket frames (RFC 6455) as bytes: a parser that is fed as they come, and headers of
 * frames to send. Pure: no socket, no clock.
 *
 * The parser hands a message on piece by piece, however large it is, so its own memory is one
 * header and one control frame. It refuses what the RFC forbids: reserved bits, unknown opcodes,
 * fragmented or long control frames, a message inside another, lengths not in their shortest form,
 * a mask where there must be none and none where there must be one.
 */
#ifndef ALMANAC_WS_FRAME_H
#define ALMANAC_WS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum ws_opcode {
    WS_CONTINUATION = 0,
    WS_TEXT = 1,
    WS_BINARY = 2,
    WS_CLOSE = 8,
    WS_PING = 9,
    WS_PONG = 10,
};

/* Codes of a close frame. */
enum ws_code {
    WS_NORMAL = 1000,
    WS_GOING_AWAY = 1001,
    WS_PROTOCOL_ERROR = 1002,
    WS_UNSUPPORTED = 1003,
    WS_NO_CODE = 1005, /* never sent: the peer gave none */
    WS_TOO_BIG = 1009,
};

#define WS_CONTROL_MAX 125
#define WS_HEADER_MAX 14

/* What the parser found. */
struct ws_event {
    enum ws_opcode opcode; /* of the message for data, never WS_CONTINUATION */
    bool first, last;      /* of data: begins, ends its message. Both true for control frames */
    const char *data;      /* unmasked; valid until the next call */
    size_t len;
};

struct ws_parser {
    bool masked;          /* what the peer must do */
    uint64_t message_max; /* bytes; 0: no limit */
    /* The rest is its own. */
    unsigned char header[WS_HEADER_MAX];
    size_t header_len;
    bool in_payload, fin;
    enum ws_opcode opcode;  /* of this frame */
    enum ws_opcode message; /* of the message under way; WS_CONTINUATION: none is */
    bool message_begun;     /* and some of it was handed on */
    uint64_t left;          /* of this frame's payload */
    uint64_t message_len;
    unsigned char key[4];
    size_t key_at;
    char control[WS_CONTROL_MAX];
    size_t control_len;
};

/* masked: the peer is a client, whose frames must be masked. */
void ws_parser_init(struct ws_parser *p, bool masked, uint64_t message_max);
/* Takes bytes until there is something to hand on: *used of them (unmasked in place). 1 and *event,
 * 0 when all was taken and more is needed, or -1 and *e (ERR_LIMIT for a message that is too large,
 * ERR_PROTOCOL otherwise), after which the parser is done for. */
int ws_parser_feed(struct ws_parser *p, char *data, size_t len, size_t *used,
                   struct ws_event *event, struct err *e);
/* Whether the bytes so far end between two messages. */
bool ws_parser_idle(const struct ws_parser *p);

/* The header of a final frame; key NULL: unmasked. Returns its length. */
size_t ws_frame_header(unsigned char out[WS_HEADER_MAX], enum ws_opcode opcode, uint64_t len,
                       const unsigned char key[4]);
/* Masks (or unmasks) bytes whose first is at this position of the payload. */
void ws_mask(char *data, size_t len, const unsigned char key[4], size_t position);

#endif
