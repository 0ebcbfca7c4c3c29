#include "net/ws_handshake.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#define HEAD_MAX ((size_t)64 << 10)
#define BODY_MAX ((size_t)1 << 20)

void ws_key_new(char out[WS_KEY_SIZE])
{
    unsigned char bytes[16];

    BUG_ON(getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes);
    EVP_EncodeBlock((unsigned char *)out, bytes, sizeof bytes);
}

void ws_key_accept(const char *key, char out[WS_ACCEPT_SIZE])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char digest[SHA_DIGEST_LENGTH];
    struct buf text = BUF_INIT(4096);

    buf_addf(&text, "%s%s", key, guid);
    SHA1((const unsigned char *)buf_str(&text), text.len, digest);
    buf_release(&text);
    EVP_EncodeBlock((unsigned char *)out, digest, sizeof digest);
}

bool ws_list_has(const char *list, const char *word)
{
    size_t want = strlen(word);

    while (list && *list) {
        size_t n, end;

        list += strspn(list, " \t,");
        n = end = strcspn(list, ",");
        while (n > 0 && (list[n - 1] == ' ' || list[n - 1] == '\t'))
            n--;
        if (n == want && strncasecmp(list, word, n) == 0)
            return true;
        list += end;
    }
    return false;
}

void ws_answer_init(struct ws_answer *a)
{
    memset(a, 0, sizeof *a);
    buf_init(&a->head, HEAD_MAX);
    buf_init(&a->raw, 2 * BODY_MAX);
    buf_init(&a->body, BODY_MAX);
}

void ws_answer_release(struct ws_answer *a)
{
    buf_release(&a->head);
    buf_release(&a->raw);
    buf_release(&a->body);
}

const char *ws_answer_header(const struct ws_answer *a, const char *name)
{
    for (size_t i = 0; i < a->header_count; i++)
        if (strcmp(a->headers[i].name, name) == 0)
            return a->headers[i].value;
    return NULL;
}

/* One header line of the head, which is cut into names and values in place. */
static void head_line(struct ws_answer *a, char *line, size_t len)
{
    char *colon = memchr(line, ':', len), *value;

    if (!colon || a->header_count == WS_ANSWER_HEADERS_MAX)
        return;
    line[len] = '\0';
    *colon = '\0';
    for (char *c = line; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    value = colon + 1 + strspn(colon + 1, " \t");
    for (char *end = line + len; end > value && (end[-1] == ' ' || end[-1] == '\t'); end--)
        end[-1] = '\0';
    a->headers[a->header_count++] = (struct ws_answer_header){line, value};
}

static int head_parse(struct ws_answer *a, struct err *e)
{
    char *at = a->head.data, *end = at + a->head.len, *next;
    const char *length;

    if (a->head.len < 12 || strncmp(at, "HTTP/1.", 7) != 0 || at[8] != ' ' ||
        !isdigit((unsigned char)at[9]) || !isdigit((unsigned char)at[10]) ||
        !isdigit((unsigned char)at[11]))
        return err_set(e, ERR_PROTOCOL, "the server did not answer with HTTP");
    a->status = (at[9] - '0') * 100 + (at[10] - '0') * 10 + (at[11] - '0');
    a->header_count = 0;
    for (at = memchr(at, '\n', (size_t)(end - at)); at && ++at < end; at = next) {
        size_t len;

        next = memchr(at, '\n', (size_t)(end - at));
        len = (size_t)((next ? next : end) - at);
        if (len > 0 && at[len - 1] == '\r')
            len--;
        if (len > 0)
            head_line(a, at, len);
    }
    length = ws_answer_header(a, "content-length");
    a->chunked = ws_list_has(ws_answer_header(a, "transfer-encoding"), "chunked");
    a->length = length ? strtoll(length, NULL, 10) : -1;
    if (a->status == 204 || a->status == 304)
        a->length = 0;
    return 0;
}

/* Decodes as much of raw as is there. 1 when that is all of it, -1 when it is malformed. */
static int chunks_decode(struct ws_answer *a)
{
    const char *at = buf_str(&a->raw), *end = at + a->raw.len;

    buf_reset(&a->body);
    while (at < end) {
        const char *line = memchr(at, '\n', (size_t)(end - at));
        char *stop;
        unsigned long long n = strtoull(at, &stop, 16);

        if (!line)
            return 0;
        if (stop == at || n > BODY_MAX)
            return -1;
        if (n == 0)
            return 1;
        at = line + 1;
        if ((size_t)(end - at) < n)
            return 0;
        if (buf_add(&a->body, at, (size_t)n) < 0)
            return 1; /* that much is enough for people */
        at += n;
        at += strspn(at, "\r\n");
    }
    return 0;
}

static int body_feed(struct ws_answer *a, const char *data, size_t len, struct err *e)
{
    int rc;

    if (a->chunked) {
        if (buf_add(&a->raw, data, len) < 0)
            return 1;
        rc = chunks_decode(a);
        return rc >= 0 ? rc : err_set(e, ERR_PROTOCOL, "the answer's chunks are malformed");
    }
    if (len > a->body.max - a->body.len)
        len = a->body.max - a->body.len;
    if (len > 0 && buf_add(&a->body, data, len) < 0)
        return err_set(e, ERR_MEMORY, "out of memory for an answer");
    return a->body.len == a->body.max || (a->length >= 0 && (long long)a->body.len >= a->length);
}

int ws_answer_feed(struct ws_answer *a, const char *data, size_t len, size_t *used, struct err *e)
{
    size_t at = 0;
    int rc;

    while (a->status == 0) {
        char c;

        if (at == len) {
            *used = at;
            return 0;
        }
        c = data[at++];
        if (buf_add(&a->head, &c, 1) < 0)
            return err_set(e, ERR_LIMIT, "the headers of the answer are larger than %zu bytes",
                           a->head.max);
        if (c != '\n' || a->head.len < 4 ||
            (strcmp(a->head.data + a->head.len - 4, "\r\n\r\n") != 0 &&
             strcmp(a->head.data + a->head.len - 2, "\n\n") != 0)) {
            if (a->head.len == 5 && strcmp(a->head.data, "HTTP/") != 0)
                return err_set(e, ERR_PROTOCOL, "the server did not answer with HTTP");
            continue;
        }
        if (head_parse(a, e) < 0)
            return -1;
        if (a->status >= 100 && a->status < 200 && a->status != 101) {
            a->status = 0; /* the answer follows */
            buf_reset(&a->head);
        }
    }
    *used = at;
    if (a->status == 101 || (a->length == 0 && !a->chunked))
        return 1;
    if (at == len)
        return 0;
    *used = len;
    rc = body_feed(a, data + at, len - at, e);
    return rc;
}

int ws_answer_end(struct ws_answer *a, struct err *e)
{
    if (a->status != 0 && a->length < 0 && !a->chunked)
        return 1;
    if (a->status == 0)
        return err_set(e, ERR_NETWORK, "the connection ended without an answer");
    return err_set(e, ERR_NETWORK, "the connection was cut in the middle of the answer");
}

int ws_answer_check(const struct ws_answer *a, const char *key, const char *const *protocols,
                    struct err *e)
{
    const char *accept = ws_answer_header(a, "sec-websocket-accept");
    const char *chosen = ws_answer_header(a, "sec-websocket-protocol");
    char want[WS_ACCEPT_SIZE];

    ws_key_accept(key, want);
    if (!ws_list_has(ws_answer_header(a, "upgrade"), "websocket") ||
        !ws_list_has(ws_answer_header(a, "connection"), "upgrade") || !accept ||
        strcmp(accept, want) != 0)
        return err_set(e, ERR_PROTOCOL, "the server switched to something that is no WebSocket");
    for (int i = 0; chosen && protocols[i]; i++)
        if (strcmp(protocols[i], chosen) == 0)
            return i;
    return err_set(e, ERR_PROTOCOL, "the server chose the protocol \"%s\", which was not offered",
                   chosen ? chosen : "");
}
