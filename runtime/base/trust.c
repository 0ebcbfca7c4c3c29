#include "base/trust.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Whether a variable of the environment gives the number of that user. */
static bool names_user(const char *variable, uid_t user)
{
    const char *text = getenv(variable);
    unsigned long number;
    char *end;

    if (!text || *text < '0' || *text > '9')
        return false;
    errno = 0;
    number = strtoul(text, &end, 10);
    return !errno && !*end && number == user;
}

bool trust_is_ours(uid_t owner)
{
    uid_t me = geteuid();

    return owner == me || (me == 0 && names_user("SUDO_UID", owner)) ||
           names_user("ALMANAC_TRUST_UID", owner);
}

/* Whether a group is that of the user alone, as some systems give to each: what it may write, only
 * he can. Not for root, of whose group others may be. */
static bool is_private_group(gid_t group)
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
    if (S_ISLNK(st->st_mode))
        return TRUST_LINK;
    if (!trust_is_ours(st->st_uid) && !(or_root && st->st_uid == 0))
        return TRUST_OTHER;
    return st->st_mode & closed ? TRUST_OPEN : TRUST_OURS;
}

enum trust trust_to_read(const struct stat *st)
{
    mode_t closed = S_IWGRP | S_IWOTH;

    if (S_ISDIR(st->st_mode) && st->st_mode & S_ISVTX)
        closed = 0;
    else if (st->st_mode & S_IWGRP && is_private_group(st->st_gid))
        closed = S_IWOTH;
    return trust_of(st, closed, true);
}
