/* trust: whose a file is. One that others can write, or have put there, is no record of anything,
 * and no text to run.
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

/* Whether a file of that user is ours. For root it is not whosever it is: who runs another user's
 * files with the rights of root gives these away. But what belongs to who called sudo is ours, and,
 * for whomever, what belongs to the user whose number ALMANAC_TRUST_UID gives: a container's root
 * works on files of a user outside of it. */
bool trust_is_ours(uid_t owner);

/* How a file stands. `closed` are the bits of its mode that must not be set; with `or_root` it may
 * be root's too. */
enum trust trust_of(const struct stat *st, mode_t closed, bool or_root);

/* How something stands that others may read but not write: ours, or root's. A directory in which
 * everybody may only remove what is his own, such as /tmp, is closed, too. */
enum trust trust_to_read(const struct stat *st);

#endif
