#include "base/trust.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

bool trust_is_private_group(gid_t group)
{
    const struct passwd *me = getpwuid(geteuid());
    const struct group *is = me && geteuid() != 0 && me->pw_gid == group ? getgrgid(group) : NULL;

    if (!is || strcmp(is->gr_name, me->pw_name) != 0)
        return false;
    for (char **member = is->gr_mem; *member; member++) {
        if (strcmp(*member, me->pw_name) != 0)
            return false;
    }
    return true;
}

enum trust trust_of(const struct stat *st, mode_t closed, bool or_root)
{
    uid_t me = geteuid();

    if (S_ISLNK(st->st_mode))
        return TRUST_LINK;
    if (me != 0 && st->st_uid != me && !(or_root && st->st_uid == 0))
        return TRUST_OTHER;
    return st->st_mode & closed ? TRUST_OPEN : TRUST_OURS;
}
