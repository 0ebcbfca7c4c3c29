/* The WAL of the journal, with fewer and cheaper writes than SQLite's own.
 *
 * SQLite writes each page of a commit in two pieces, its header and itself. Here the pieces of a
 * commit that is synced are gathered, and reach the file in one write right before the sync.
 * Nobody can miss them meanwhile: a reader, or who recovers a journal, looks at a commit once the
 * WAL's index names it, and SQLite does that after the sync.
 *
 * And the WAL grows in steps, of zeros: a sync of bytes that the file has already need not touch
 * the file system's own journal. Zeros behind the last commit are what an older use of the WAL
 * leaves there as well, frames that do not count. Only who holds SQLite's write lock writes to the
 * WAL, so nobody else's frames are beyond the end that is filled up. */
#include <stdlib.h>
#include <string.h>

#include "journal/journal_priv.h"

#define WAL_VFS "almanac"
#define WAL_GATHERED_MAX ((size_t)64 << 10)
#define WAL_STEP_MIN (64 << 10)
#define WAL_STEP_MAX (512 << 10)

struct wal_file {
    sqlite3_file base;
    sqlite3_file *real; /* behind this struct */
    bool gathers;       /* the commit that is being written is synced */
    char *gathered;     /* `length` bytes that belong at `offset` */
    sqlite3_int64 offset;
    size_t length;
    sqlite3_int64 size; /* of the file when it was last looked at; it may have grown since */
};

static struct wal_file *wal_of(sqlite3_file *f)
{
    return (struct wal_file *)f;
}

/* Fills up the file behind `end`, which was just written. Room that cannot be had now is missed
 * when it is needed. */
static void wal_grow(struct wal_file *w, sqlite3_int64 end)
{
    static const char zeros[8 << 10];
    sqlite3_int64 step, target;

    if (end <= w->size)
        return;
    if (w->real->pMethods->xFileSize(w->real, &w->size) != SQLITE_OK || end < w->size)
        return;
    step = w->size < WAL_STEP_MIN ? WAL_STEP_MIN : w->size > WAL_STEP_MAX ? WAL_STEP_MAX : w->size;
    target = w->size + step;
    for (sqlite3_int64 at = w->size; at < target; at += (sqlite3_int64)sizeof zeros)
        if (w->real->pMethods->xWrite(w->real, zeros, sizeof zeros, at) != SQLITE_OK)
            return;
    w->size = target;
}

static int wal_write_through(struct wal_file *w, const void *from, int n, sqlite3_int64 offset)
{
    int rc = w->real->pMethods->xWrite(w->real, from, n, offset);

    if (rc == SQLITE_OK)
        wal_grow(w, offset + n);
    return rc;
}

static int wal_flush(struct wal_file *w)
{
    int n = (int)w->length;

    w->length = 0;
    return n ? wal_write_through(w, w->gathered, n, w->offset) : SQLITE_OK;
}

/* --- what SQLite calls --- */

static int wal_close(sqlite3_file *f)
{
    struct wal_file *w = wal_of(f);

    free(w->gathered); /* what is left in it belongs to a commit that failed */
    return w->real->pMethods->xClose(w->real);
}

static int wal_read(sqlite3_file *f, void *to, int n, sqlite3_int64 offset)
{
    int rc = wal_flush(wal_of(f));

    return rc == SQLITE_OK ? wal_of(f)->real->pMethods->xRead(wal_of(f)->real, to, n, offset) : rc;
}

static int wal_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 offset)
{
    struct wal_file *w = wal_of(f);
    bool follows = offset == w->offset + (sqlite3_int64)w->length;
    int rc;

    if (w->length > 0 && (!follows || w->length + (size_t)n > WAL_GATHERED_MAX)) {
        rc = wal_flush(w);
        if (rc != SQLITE_OK)
            return rc;
    }
    if (!w->gathers || (size_t)n > WAL_GATHERED_MAX)
        return wal_write_through(w, from, n, offset);
    if (w->length == 0)
        w->offset = offset;
    memcpy(w->gathered + w->length, from, (size_t)n);
    w->length += (size_t)n;
    return SQLITE_OK;
}

static int wal_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    struct wal_file *w = wal_of(f);
    int rc = wal_flush(w);

    w->size = 0;
    return rc == SQLITE_OK ? w->real->pMethods->xTruncate(w->real, size) : rc;
}

static int wal_sync(sqlite3_file *f, int flags)
{
    int rc = wal_flush(wal_of(f));

    return rc == SQLITE_OK ? wal_of(f)->real->pMethods->xSync(wal_of(f)->real, flags) : rc;
}

static int wal_size(sqlite3_file *f, sqlite3_int64 *size)
{
    int rc = wal_flush(wal_of(f));

    return rc == SQLITE_OK ? wal_of(f)->real->pMethods->xFileSize(wal_of(f)->real, size) : rc;
}

static int wal_control(sqlite3_file *f, int op, void *arg)
{
    return wal_of(f)->real->pMethods->xFileControl(wal_of(f)->real, op, arg);
}

static int wal_sector(sqlite3_file *f)
{
    return wal_of(f)->real->pMethods->xSectorSize(wal_of(f)->real);
}

static int wal_characteristics(sqlite3_file *f)
{
    return wal_of(f)->real->pMethods->xDeviceCharacteristics(wal_of(f)->real);
}

/* SQLite locks the database and its index, never the WAL: the methods for that are missing. */
static const sqlite3_io_methods wal_methods = {
    .iVersion = 1,
    .xClose = wal_close,
    .xRead = wal_read,
    .xWrite = wal_write,
    .xTruncate = wal_truncate,
    .xSync = wal_sync,
    .xFileSize = wal_size,
    .xFileControl = wal_control,
    .xSectorSize = wal_sector,
    .xDeviceCharacteristics = wal_characteristics,
};

static sqlite3_vfs *wal_real_vfs;

/* All other files are those of the real VFS. */
static int wal_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
    struct wal_file *w = wal_of(f);
    int rc;

    (void)vfs;
    if (!(flags & SQLITE_OPEN_WAL))
        return wal_real_vfs->xOpen(wal_real_vfs, name, f, flags, out);
    memset(w, 0, sizeof *w);
    w->real = (sqlite3_file *)(w + 1);
    rc = wal_real_vfs->xOpen(wal_real_vfs, name, w->real, flags, out);
    if (w->real->pMethods)
        f->pMethods = &wal_methods;
    return rc;
}

const char *journal_wal_vfs(void)
{
    static sqlite3_vfs vfs;

    if (!wal_real_vfs) {
        wal_real_vfs = sqlite3_vfs_find(NULL);
        vfs = *wal_real_vfs;
        vfs.zName = WAL_VFS;
        vfs.szOsFile = (int)sizeof(struct wal_file) + wal_real_vfs->szOsFile;
        vfs.xOpen = wal_open;
        BUG_ON(sqlite3_vfs_register(&vfs, 0) != SQLITE_OK);
    }
    return WAL_VFS;
}

struct wal_file *journal_wal_gather(sqlite3 *db)
{
    sqlite3_file *f = NULL;
    struct wal_file *w;

    if (sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &f) != SQLITE_OK || !f ||
        f->pMethods != &wal_methods)
        return NULL;
    w = wal_of(f);
    if (!w->gathered)
        w->gathered = malloc(WAL_GATHERED_MAX);
    w->gathers = w->gathered;
    return w;
}

void journal_wal_end(struct wal_file *w, bool committed)
{
    if (!w)
        return;
    BUG_ON(committed && w->length > 0); /* a commit that is not in the file: it was not synced */
    w->length = 0;
    w->gathers = false;
}
