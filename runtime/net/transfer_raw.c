/* The bytes of a connection that curl opened and leaves to us (connect_only). */
#include "net/transfer_priv.h"

#include <errno.h>

int transfer_socket(const struct transfer *t)
{
    curl_socket_t fd = CURL_SOCKET_BAD;

    if (t->state == TRANSFER_CONNECTED)
        curl_easy_getinfo(t->easy, CURLINFO_ACTIVESOCKET, &fd);
    return (int)fd;
}

static ssize_t raw_fail(struct transfer *t, CURLcode code, struct err *e)
{
    long os_errno = 0;

    curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &os_errno);
    if (os_errno == ECONNRESET || os_errno == EPIPE)
        return err_set(e, ERR_NETWORK, "%s closed the connection", t->peer);
    return err_set(e, ERR_NETWORK, "the connection to %s broke: %s", t->peer,
                   t->detail[0] ? t->detail : curl_easy_strerror(code));
}

ssize_t transfer_recv(struct transfer *t, void *out, size_t max, struct err *e)
{
    size_t n = 0;
    CURLcode code = curl_easy_recv(t->easy, out, max, &n);

    if (code == CURLE_AGAIN)
        return TRANSFER_AGAIN;
    return code == CURLE_OK ? (ssize_t)n : raw_fail(t, code, e);
}

ssize_t transfer_send(struct transfer *t, const void *data, size_t len, struct err *e)
{
    size_t n = 0;
    CURLcode code = curl_easy_send(t->easy, data, len, &n);

    if (code == CURLE_AGAIN)
        return TRANSFER_AGAIN;
    return code == CURLE_OK ? (ssize_t)n : raw_fail(t, code, e);
}
