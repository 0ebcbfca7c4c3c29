/* err: what is longer than its place says so where it is cut, and no character is cut in two. */
#include "check.h"
#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static char text[3 * ERR_MESSAGE_MAX];

static void fill(size_t len, const char *with)
{
    size_t size = strlen(with), at;

    for (at = 0; at < len; at += size)
        memcpy(text + at, with, size);
    text[at] = '\0';
}

/* The message is a beginning of `whole`, and then the number of bytes that are missing. */
static void expect_cut(const char *message, size_t size, const char *whole)
{
    const char *mark = strstr(message, "[… ");
    size_t kept = mark ? (size_t)(mark - message) : 0, left = 0;

    CHECK(mark && strlen(message) < size && strlen(message) + 48 > size);
    CHECK(strncmp(message, whole, kept) == 0);
    CHECK(mark && sscanf(mark, "[… %zu bytes left out …]", &left) == 1);
    CHECK(kept + left == strlen(whole));
    CHECK(((unsigned char)whole[kept] & 0xc0) != 0x80);
}

int main(void)
{
    struct err e;
    char whole[2 * sizeof text];

    CHECK(err_set(&e, ERR_IO, "%s", "short") == -1 && strcmp(e.message, "short") == 0);
    fill(ERR_MESSAGE_MAX - 1, "x");
    err_set(&e, ERR_IO, "%s", text);
    CHECK(strcmp(e.message, text) == 0);
    for (int shift = 0; shift < 3; shift++) {
        fill(2000, "äöü€");
        err_set(&e, ERR_IO, "%.*s%s", shift, "xyz", text);
        snprintf(whole, sizeof whole, "%.*s%s", shift, "xyz", text);
        expect_cut(e.message, sizeof e.message, whole);
    }
    fill(1020, "y");
    err_set_errno(&e, ERR_IO, ENOENT, "%s", text);
    snprintf(whole, sizeof whole, "%s: %s", text, strerror(ENOENT));
    expect_cut(e.message, sizeof e.message, whole);
    err_set(&e, ERR_IO, "%s", text);
    err_wrap(&e, "GET %s", "x");
    snprintf(whole, sizeof whole, "GET x: %s", text);
    expect_cut(e.message, sizeof e.message, whole);
    err_hint(&e, "%s", text);
    expect_cut(e.hint, sizeof e.hint, text);
    fill(3000, "z");
    err_set(&e, ERR_IO, "%s", text);
    err_wrap(&e, "%s", text); /* cut again: one mark */
    CHECK(strstr(e.message, "[… ") == strrchr(e.message, '['));
    CHECK(err_set(NULL, ERR_IO, "x") == -1 && err_wrap(NULL, "x") == -1);
    return 0;
}
