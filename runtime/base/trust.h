/* trust: whose a file is. One that others can write, or have put there, is no record of anything.
 */
#ifndef ALMANAC_TRUST_H
#define ALMANAC_TRUST_H

#include <stdbool.h>
#include <sys/stat.h>

enum trust {
    TRUST_OURS,
    TRUST_LINK,  /* a symbolic link */
    TRUST_OTHER, /* belongs to another user */
    TRUST_OPEN,  /* its mode lets others do what they must not */
};

/* Whether a group is that of the user alone, as some systems give to each: what it may write, only
 * he can. Not for root, of whose group others may be. */
bool trust_is_private_group(gid_t group);

/* How a file stands. `closed` are the bits of its mode that must not be set; with `or_root` it may
 * be root's too. For root, a file is whosever it is. */
enum trust trust_of(const struct stat *st, mode_t closed, bool or_root);

#endif
