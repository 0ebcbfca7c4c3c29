/* gunzip: no input makes more than the maximum of the buffer, or reads past its end. */
#include "base/gunzip.h"
#include "fuzz.h"

#define OUT_MAX ((size_t)1 << 16)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf out = BUF_INIT(OUT_MAX);
    struct err e = {0};
    int rc = gunzip(data, size, &out, &e);

    CHECK(out.len <= OUT_MAX);
    CHECK(rc == 0 || ((e.kind == ERR_CORRUPT || e.kind == ERR_LIMIT) && e.message[0]));
    buf_release(&out);
    return 0;
}
