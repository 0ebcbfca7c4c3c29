/* Whose a journal is: one that others can write, or have put there, is no record of anything. */
#include <stdio.h>
#include <sys/stat.h>

#include "base/trust.h"
#include "journal/journal_priv.h"

static int refuse(const char *path, const char *why, const char *hint, struct err *e)
{
    err_set(e, ERR_REFUSED, "%s is no journal to trust: %s", path, why);
    return err_hint(e, "%s", hint);
}

static int check(const char *path, struct err *e)
{
    struct stat st;

    if (lstat(path, &st) < 0)
        return 0; /* whoever opens it says so */
    switch (trust_of(&st, S_IWGRP | S_IWOTH, false)) {
    case TRUST_LINK:
        return refuse(
            path, "it is a symbolic link",
            "look where it leads and who made it; a directory elsewhere is named as `store` in "
            "almanac.yaml",
            e);
    case TRUST_OTHER:
        return refuse(path, "it belongs to another user",
                      "run almanac as its owner, or set `store` in almanac.yaml to a directory of "
                      "your own; look at who made this one",
                      e);
    case TRUST_OPEN:
        return refuse(path, "others can write to it",
                      "make sure that nobody has changed it, then: chmod -R go-rwx the directory",
                      e);
    case TRUST_OURS:
        break;
    }
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) /* opening a pipe waits for its other end */
        return refuse(path, "it is neither a file nor a directory",
                      "look who made it; it is no journal", e);
    return 0;
}

int journal_trust(const char *dir, struct err *e)
{
    /* What SQLite and the locks open by these names is written to. */
    static const char *const parts[] = {"journal.db", "journal.db-wal", "journal.db-shm",
                                        "journal.db-journal", "locks"};
    char path[4096];

    if (check(dir, e) < 0)
        return -1;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (snprintf(path, sizeof path, "%s/%s", dir, parts[i]) >= (int)sizeof path)
            return 0;
        if (check(path, e) < 0)
            return -1;
    }
    return 0;
}
