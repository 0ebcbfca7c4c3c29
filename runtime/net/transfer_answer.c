/* The answer of one transfer as curl hands it over: status, headers, body. */
#include "net/transfer_priv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/loop.h"

#define HEADERS_MAX 1000           /* of one answer */
#define HEADER_VALUE_MAX (1 << 20) /* bytes, joined */

void transfer_forget_answer(struct transfer *t)
{
    size_t i;

    for (i = 0; i < t->answer_count; i++) {
        free(t->answer[i].name);
        free(t->answer[i].value);
    }
    free(t->answer);
    t->answer = NULL;
    t->answer_count = 0;
    t->status = 0;
}

static int transfer_add_header(struct transfer *t, const char *name, size_t name_len,
                               const char *value, size_t value_len)
{
    struct header *grown;
    char *joined;
    size_t i, old;

    for (i = 0; i < t->answer_count; i++) {
        struct header *h = &t->answer[i];

        if (strlen(h->name) != name_len || strncasecmp(h->name, name, name_len) != 0)
            continue;
        old = strlen(h->value);
        if (old + value_len > HEADER_VALUE_MAX ||
            !(joined = realloc(h->value, old + value_len + 3)))
            return -1;
        memcpy(joined + old, ", ", 2);
        memcpy(joined + old + 2, value, value_len);
        joined[old + 2 + value_len] = '\0';
        h->value = joined;
        return 0;
    }
    if (t->answer_count >= HEADERS_MAX)
        return -1;
    grown = realloc(t->answer, (t->answer_count + 1) * sizeof *grown);
    if (!grown)
        return -1;
    t->answer = grown;
    grown[t->answer_count].name = strndup(name, name_len);
    grown[t->answer_count].value = strndup(value, value_len);
    t->answer_count++;
    if (!grown[t->answer_count - 1].name || !grown[t->answer_count - 1].value)
        return -1;
    for (i = 0; i < name_len; i++)
        if (name[i] >= 'A' && name[i] <= 'Z')
            grown[t->answer_count - 1].name[i] = (char)(name[i] + 32);
    return 0;
}

/* The empty line: the headers are complete. */
static int transfer_headers_end(struct transfer *t)
{
    const char *length = transfer_header(t, "content-length");

    if (t->status < 200)
        return 0; /* 100 Continue, 103 Early Hints: the answer follows */
    t->redirecting = t->redirects_left > 0 && t->status >= 301 && t->status <= 308 &&
                     t->status != 304 && transfer_header(t, "location");
    if (t->redirecting)
        return 0;
    if (t->max_body && length && !t->head && strtoull(length, NULL, 10) > t->max_body)
        return transfer_fail(t, ERR_LIMIT, "the answer from %s is larger than %zu bytes",
                             t->max_body);
    t->answered = true;
    if (t->callbacks.on_headers)
        t->callbacks.on_headers(t, t->arg);
    return 0;
}

size_t transfer_on_header(char *line, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;
    size_t len = size * count, end = len;
    char *colon;
    size_t start;
    long status = 0;

    if (t->state == TRANSFER_ENDED)
        return 0;
    t->last_activity = loop_now();
    while (end > 0 && (line[end - 1] == '\r' || line[end - 1] == '\n' || line[end - 1] == ' '))
        end--;
    if (end >= 5 && strncmp(line, "HTTP/", 5) == 0) {
        transfer_forget_answer(t);
        curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
        t->status = (int)status;
        return len;
    }
    if (end == 0) {
        if (t->answered) /* trailers after the body */
            return len;
        if (transfer_headers_end(t) < 0)
            return 0;
        return t->state == TRANSFER_ENDED ? 0 : len;
    }
    colon = memchr(line, ':', end);
    if (!colon || t->answered)
        return len;
    start = (size_t)(colon - line) + 1;
    while (start < end && (line[start] == ' ' || line[start] == '\t'))
        start++;
    if (transfer_add_header(t, line, (size_t)(colon - line), line + start, end - start) < 0) {
        transfer_fail(t, ERR_LIMIT, "the headers from %s are too many or too large", 0);
        return 0;
    }
    return len;
}

size_t transfer_on_data(char *data, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;
    size_t len = size * count;

    if (t->state == TRANSFER_ENDED)
        return len + 1; /* cancelled in a callback: makes curl give up */
    if (t->paused)
        return CURL_WRITEFUNC_PAUSE;
    t->last_activity = loop_now();
    if (t->redirecting)
        return len;
    if (t->max_body && t->received + len > t->max_body) {
        transfer_fail(t, ERR_LIMIT, "the answer from %s is larger than %zu bytes", t->max_body);
        return len + 1;
    }
    t->received += len;
    if (t->callbacks.on_data)
        t->callbacks.on_data(t, data, len, t->arg);
    return t->state == TRANSFER_ENDED ? len + 1 : len;
}

int transfer_on_progress(void *arg, curl_off_t down_all, curl_off_t down, curl_off_t up_all,
                         curl_off_t up)
{
    struct transfer *t = arg;

    (void)down_all;
    (void)up_all;
    if (down + up != t->last_count)
        t->last_activity = loop_now();
    t->last_count = down + up;
    return 0;
}

bool transfer_header_at(const struct transfer *t, size_t i, const char **name, const char **value)
{
    if (i >= t->answer_count)
        return false;
    *name = t->answer[i].name;
    *value = t->answer[i].value;
    return true;
}

const char *transfer_header(const struct transfer *t, const char *name)
{
    size_t i;

    for (i = 0; i < t->answer_count; i++)
        if (strcmp(t->answer[i].name, name) == 0)
            return t->answer[i].value;
    return NULL;
}
