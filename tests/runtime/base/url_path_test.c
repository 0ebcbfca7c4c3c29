/* Every spelling of . and .. that some server reads, and paths that only look like one. */
#include "base/url_path.h"

#include "check.h"

static const char *const dots[] = {
    "/a/../b",
    "/..",
    "/.",
    "/a/./b",
    "/a/..;x=1/b",
    "/a/%2e%2E/b",
    "/a/%252e%252e/b",
    "/a/%25252e./b",
    "/a/..%2fb",
    "/a/..%5cb",
    "/a%5c..%5cb",
    "/a/..\\b",
    "/a/..%00/b",
    "/a/..%20/b",
    "/a/%09../b",
    /* cut off, once it is decoded */
    "/a/..%23/b",
    "/a/..%3f/b",
    "/a/..%3fx",
    "/a/..%3b/b",
    "/a/..%2523",
    "/a/..%00x/b",
    "/a/x%23/../b",
    /* UTF-8 that is longer than it need be, and with a second byte that is none */
    "/a/%c0%ae%c0%ae/b",
    "/a/%c0%ae./b",
    "/a/%C0%AE%c0%2e/b",
    "/a/..%c0%af..%c0%afb",
    "/a/..%c1%9cb",
    "/a/%e0%80%ae%e0%80%ae/b",
    "/a/%f0%80%80%ae./b",
    "/a/%25c0%25ae%c0%ae/b",
    "/a/%c0%5e%c0%6e/b",
    /* %u, and characters that are taken for a dot or a slash */
    "/a/%u002e%u002E/b",
    "/a/%uff0e./b",
    "/a/%25u002e./b",
    "/a/%ef%bc%8e%ef%bc%8e/b",
    "/a/%e2%80%a5/b",
    "/a/..%ef%bc%8fb",
    "/a/..%u2215b",
    "/a/\xc0\xae\xc0\xae/b",
};
static const char *const plain[] = {
    "/",
    "/a/b",
    "/a/...",
    "/a/..b/c",
    "/a/b../c",
    "/a/.b",
    "/v1.2/x.y",
    "/a/%2eb",
    "/a%2fb",
    "/a/%20/b",
    "/%E6%97%A5%E6%9C%AC/%C3%A9",
    "/a/x;..",
    "/%",
    "/%u",
    "/%u00",
    "/%c0",
    "/\xc3",
    "/%f8%80",
    "/a//b",
    "",
    "/%e2%80%a6",
};

int main(void)
{
    for (size_t i = 0; i < sizeof dots / sizeof dots[0]; i++)
        CHECK(url_path_has_dots(dots[i]) || (fprintf(stderr, "%s\n", dots[i]), 0));
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        CHECK(!url_path_has_dots(plain[i]) || (fprintf(stderr, "%s\n", plain[i]), 0));
    return 0;
}
