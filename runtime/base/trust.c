#include "base/trust.h"

#include <unistd.h>

enum trust trust_of(const struct stat *st, mode_t closed, bool or_root)
{
    uid_t me = geteuid();

    if (S_ISLNK(st->st_mode))
        return TRUST_LINK;
    if (me != 0 && st->st_uid != me && !(or_root && st->st_uid == 0))
        return TRUST_OTHER;
    return st->st_mode & closed ? TRUST_OPEN : TRUST_OURS;
}
