/* The journal's directory, file, schema and statements; and what its errors say. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "journal/journal_priv.h"

#define JOURNAL_BUSY_MS 5000
#define JOURNAL_APPLICATION 0x416c6d6e /* "Almn", in the file's header */

/* A commit writes two pages to the WAL, the last events and the heads, however little they changed:
 * half of SQLite's usual size costs a twelfth less, and smaller ones spread events over too many. A
 * journal that has another size keeps it. */
#define JOURNAL_PAGE_BYTES "2048"

/* Small enough that the WAL stays under a megabyte: once it is written over instead of growing, a
 * sync need not touch the file system's own journal (measured: a tenth faster than with 1000). */
#define JOURNAL_CHECKPOINT_PAGES "256"

/* Step n brings a file from version n to n + 1. Never edit one that was released: add. */
static const char *const migrations[] = {
    "CREATE TABLE runs("
    "  num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, runbook TEXT NOT NULL,"
    "  created_ms INTEGER NOT NULL, meta TEXT NOT NULL);"
    /* A rowid table whose key grows: an append touches the last leaf and nothing else. */
    "CREATE TABLE events("
    "  key INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, kind TEXT NOT NULL,"
    "  path TEXT NOT NULL, hash BLOB NOT NULL, payload TEXT NOT NULL);"
    "CREATE TABLE heads(num INTEGER PRIMARY KEY, seq INTEGER NOT NULL, hash BLOB NOT NULL);"
    "CREATE TRIGGER events_keep BEFORE UPDATE ON events"
    "  BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;"
    "CREATE TRIGGER events_stay BEFORE DELETE ON events"
    "  BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;"
    "CREATE TRIGGER runs_keep BEFORE UPDATE ON runs"
    "  BEGIN SELECT RAISE(ABORT, 'runs are append-only'); END;"
    "CREATE TRIGGER runs_stay BEFORE DELETE ON runs"
    "  BEGIN SELECT RAISE(ABORT, 'runs are append-only'); END;"
    "CREATE TRIGGER heads_stay BEFORE DELETE ON heads"
    "  BEGIN SELECT RAISE(ABORT, 'heads are kept'); END;"
    "CREATE VIEW history AS"
    "  SELECT r.id AS run, e.key & 4294967295 AS seq,"
    "    strftime('%Y-%m-%dT%H:%M:%fZ', e.time_ms / 1000.0, 'unixepoch') AS time,"
    "    e.kind, e.path, e.payload"
    "  FROM events e JOIN runs r ON r.num = e.key >> 32;",
};
#define JOURNAL_SCHEMA ((int)(sizeof migrations / sizeof migrations[0]))

static const char *const statements[STMT_COUNT] = {
    [STMT_BEGIN] = "BEGIN IMMEDIATE",
    [STMT_COMMIT] = "COMMIT",
    [STMT_ROLLBACK] = "ROLLBACK",
    [STMT_INSERT] = "INSERT INTO events(key, time_ms, kind, path, hash, payload)"
                    " VALUES(?, ?, ?, ?, ?, ?)",
    [STMT_HEAD_SET] = "UPDATE heads SET seq = ?, hash = ? WHERE num = ?",
    [STMT_HEAD_GET] = "SELECT seq, hash FROM heads WHERE num = ?",
    [STMT_RUN_GET] = "SELECT num, id, runbook, created_ms, meta FROM runs WHERE id = ?",
    [STMT_LAST] = "SELECT key & 4294967295, hash FROM events WHERE key BETWEEN ? AND ?"
                  " ORDER BY key DESC LIMIT 1",
    [STMT_EVENTS] = "SELECT key & 4294967295, time_ms, kind, path, hash, payload FROM events"
                    " WHERE key BETWEEN ? AND ? ORDER BY key",
};

static int fail_io(struct journal *j, int rc, const char *doing, int errnum, struct err *e)
{
    const char *why = errnum ? strerror(errnum) : sqlite3_errstr(rc);

    if ((rc & 0xff) == SQLITE_FULL || errnum == ENOSPC || errnum == EDQUOT || errnum == EFBIG) {
        err_set(e, ERR_IO, "cannot %s: the disk that holds %s is full", doing, j->dir);
        err_hint(e, "make room there, then go on with `almanac resume`; what the journal has "
                    "recorded is not lost");
        errnum = errnum ? errnum : ENOSPC;
    } else if ((rc & 0xff) == SQLITE_READONLY || errnum == EROFS || errnum == EACCES ||
               errnum == EPERM) {
        if ((rc & 0xff) == SQLITE_READONLY && errnum == 0)
            why = "it is read-only";
        err_set(e, ERR_IO, "cannot %s: cannot write to %s: %s", doing, j->dir, why);
        err_hint(e, "make the directory writable for this user, or set `store` in almanac.yaml "
                    "to one that is");
    } else {
        err_set(e, ERR_IO, "cannot %s: %s/journal.db: %s", doing, j->dir, why);
        if (errnum == ENOENT || errnum == ENOTDIR)
            err_hint(e, "make the directory above it, or set `store` in almanac.yaml to another");
        else
            err_hint(e, "look at the disk (`dmesg`, `df -h %s`) before you go on", j->dir);
    }
    if (e)
        e->os_errno = errnum;
    return -1;
}

/* SQLite keeps errno of a failed COMMIT with the file alone, and that file is the WAL. */
static int fail_errno(sqlite3 *db)
{
    int errnum = db ? sqlite3_system_errno(db) : 0;
    sqlite3_file *wal = NULL;

    if (db && !errnum &&
        sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal) == SQLITE_OK && wal &&
        wal->pMethods)
        wal->pMethods->xFileControl(wal, SQLITE_FCNTL_LAST_ERRNO, &errnum);
    return errnum;
}

int journal_fail(struct journal *j, int rc, const char *doing, struct err *e)
{
    int errnum = fail_errno(j->db);

    if (rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC)
        j->sync_broke = true;
    switch (rc & 0xff) {
    case SQLITE_FULL:
        return fail_io(j, rc, doing, 0, e);
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
        return fail_io(j, rc, doing, errnum, e);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        err_set(e, ERR_CORRUPT, "cannot %s: %s/journal.db is damaged: %s", doing, j->dir,
                j->db ? sqlite3_errmsg(j->db) : sqlite3_errstr(rc));
        return err_hint(e,
                        "the file was left as it is. Copy the directory (cp -a %s %s.damaged), "
                        "look inside with: sqlite3 %s.damaged/journal.db .recover; a new run "
                        "can be started meanwhile with --store and another directory",
                        j->dir, j->dir, j->dir);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        err_set(e, ERR_BUSY, "cannot %s: another process kept %s/journal.db locked for %d s", doing,
                j->dir, JOURNAL_BUSY_MS / 1000);
        return err_hint(e, "find it with: fuser -v %s/journal.db", j->dir);
    case SQLITE_NOMEM:
        return err_set(e, ERR_MEMORY, "cannot %s: out of memory", doing);
    case SQLITE_TOOBIG:
        return err_set(e, ERR_LIMIT, "cannot %s: it is too large", doing);
    default:
        return err_set(e, ERR_INTERNAL, "cannot %s: %s/journal.db: %s (SQLite code %d)", doing,
                       j->dir, j->db ? sqlite3_errmsg(j->db) : sqlite3_errstr(rc), rc);
    }
}

sqlite3_stmt *journal_stmt(struct journal *j, enum journal_stmt which, struct err *e)
{
    sqlite3_stmt **slot = &j->stmts[which];

    if (!*slot) {
        int rc =
            sqlite3_prepare_v3(j->db, statements[which], -1, SQLITE_PREPARE_PERSISTENT, slot, NULL);

        if (rc != SQLITE_OK) {
            journal_fail(j, rc, "read the journal", e);
            return NULL;
        }
    }
    return *slot;
}

static int open_exec(struct journal *j, const char *sql, struct err *e)
{
    int rc = sqlite3_exec(j->db, sql, NULL, NULL, NULL);

    return rc == SQLITE_OK ? 0 : journal_fail(j, rc, "open the journal", e);
}

/* One integer from a PRAGMA. Returns the SQLite code. */
static int open_pragma(struct journal *j, const char *sql, int *value)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(j->db, sql, -1, &stmt, NULL);

    if (rc == SQLITE_OK) {
        rc = sqlite3_step(stmt);
        if (rc == SQLITE_ROW) {
            *value = sqlite3_column_int(stmt, 0);
            rc = SQLITE_OK;
        }
    }
    sqlite3_finalize(stmt);
    return rc;
}

/* SQLite is this process's for the journal alone, which one thread uses: it need not lock its own
 * structures, nor count its memory. */
static void open_sqlite(void)
{
    static bool done;

    if (done)
        return;
    sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    done = true;
}

static int open_file(struct journal *j, int flags, bool immutable)
{
    struct buf uri = BUF_INIT(3 * 4096 + 64);
    int rc = buf_adds(&uri, "file:");

    for (const char *p = j->dir; *p && rc == 0; p++)
        rc = strchr("%?#", *p) ? buf_addf(&uri, "%%%02x", *p) : buf_add(&uri, p, 1);
    if (rc == 0)
        rc = buf_addf(&uri, "/journal.db%s", immutable ? "?immutable=1" : "");
    open_sqlite();
    if (rc == 0) {
        sqlite3_close(j->db);
        j->db = NULL;
        rc = sqlite3_open_v2(buf_str(&uri), &j->db,
                             flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX |
                                 SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE,
                             journal_wal_vfs());
    } else {
        rc = SQLITE_NOMEM;
    }
    buf_release(&uri);
    if (rc == SQLITE_OK) {
        sqlite3_busy_timeout(j->db, JOURNAL_BUSY_MS);
        sqlite3_db_config(j->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        sqlite3_db_config(j->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    }
    return rc;
}

static int open_path(struct journal *j, const char *name, char *path, size_t size, struct err *e)
{
    if ((size_t)snprintf(path, size, "%s/%s", j->dir, name) >= size)
        return err_set(e, ERR_LIMIT, "the journal's directory has too long a name: %s", j->dir);
    return 0;
}

/* SQLite would create the file with the umask's mode. O_EXCL, because closing a descriptor of a
 * file that this process has open elsewhere drops SQLite's locks on it. */
static int open_create(struct journal *j, struct err *e)
{
    char path[4096];
    int fd;

    if (open_path(j, "journal.db", path, sizeof path, e) < 0)
        return -1;
    if (mkdir(j->dir, 0700) < 0 && errno != EEXIST)
        return fail_io(j, SQLITE_CANTOPEN, "create the journal", errno, e);
    fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return errno == EEXIST ? 0 : fail_io(j, SQLITE_CANTOPEN, "create the journal", errno, e);
    close(fd);
    (void)file_sync_directory(AT_FDCWD, j->dir);
    return 0;
}

static int open_check_version(struct journal *j, int version, int application, struct err *e)
{
    if (version > 0 && application != JOURNAL_APPLICATION) {
        err_set(e, ERR_USAGE, "%s/journal.db is a database of another program", j->dir);
        return err_hint(e, "set `store` in almanac.yaml to a directory of almanac's own");
    }
    if (version > JOURNAL_SCHEMA) {
        err_set(e, ERR_USAGE,
                "%s/journal.db was written by a newer almanac (schema %d; this one knows %d)",
                j->dir, version, JOURNAL_SCHEMA);
        return err_hint(e, "use that almanac; nothing was changed");
    }
    return 0;
}

static int open_migrate_locked(struct journal *j, struct err *e)
{
    char sql[128];
    int version, rc;

    if (open_exec(j, "PRAGMA page_size=" JOURNAL_PAGE_BYTES "; PRAGMA journal_mode=WAL", e) < 0)
        return -1;
    rc = open_pragma(j, "PRAGMA user_version", &version);
    if (rc != SQLITE_OK)
        return journal_fail(j, rc, "open the journal", e);
    for (; version < JOURNAL_SCHEMA; version++) {
        snprintf(sql, sizeof sql, "PRAGMA user_version=%d; PRAGMA application_id=%d; COMMIT",
                 version + 1, JOURNAL_APPLICATION);
        if (open_exec(j, "BEGIN IMMEDIATE", e) < 0 || open_exec(j, migrations[version], e) < 0 ||
            open_exec(j, sql, e) < 0) {
            if (!sqlite3_get_autocommit(j->db))
                sqlite3_exec(j->db, "ROLLBACK", NULL, NULL, NULL);
            return -1;
        }
    }
    return 0;
}

/* The directory is locked meanwhile: two processes that both make a journal at the same moment
 * would get in each other's way at the change to WAL, which does not wait. */
static int open_migrate(struct journal *j, struct err *e)
{
    int fd = open(j->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc;

    if (fd < 0)
        return fail_io(j, SQLITE_CANTOPEN, "open the journal", errno, e);
    while ((rc = flock(fd, LOCK_EX)) < 0 && errno == EINTR)
        ;
    if (rc == 0)
        rc = open_migrate_locked(j, e);
    else
        fail_io(j, SQLITE_CANTOPEN, "open the journal", errno, e);
    close(fd);
    return rc;
}

/* A journal on read-only media has no room for SQLite's shared memory file. When there is also
 * no WAL with events in it, the file alone is the whole truth and cannot change. */
static bool open_can_be_immutable(struct journal *j)
{
    char path[4096];
    struct stat st;

    if (open_path(j, "journal.db-wal", path, sizeof path, NULL) < 0)
        return false;
    return stat(path, &st) < 0 ? errno == ENOENT : st.st_size == 0;
}

static int open_read(struct journal *j, struct err *e)
{
    char path[4096];
    struct stat st;
    int version = 0, application = 0, rc;

    if (open_path(j, "journal.db", path, sizeof path, e) < 0)
        return -1;
    if (stat(path, &st) < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        err_set(e, ERR_NOT_FOUND, "no run was recorded in %s: it holds no journal", j->dir);
        return err_hint(e, "runs are recorded in the directory `store` of almanac.yaml names "
                           "(default: " JOURNAL_DIR " beside it)");
    }
    rc = open_file(j, SQLITE_OPEN_READONLY, false);
    if (rc == SQLITE_OK)
        rc = open_pragma(j, "PRAGMA user_version", &version);
    if (((rc & 0xff) == SQLITE_CANTOPEN || (rc & 0xff) == SQLITE_READONLY) &&
        open_can_be_immutable(j)) {
        rc = open_file(j, SQLITE_OPEN_READONLY, true);
        if (rc == SQLITE_OK)
            rc = open_pragma(j, "PRAGMA user_version", &version);
    }
    if (rc == SQLITE_OK)
        rc = open_pragma(j, "PRAGMA application_id", &application);
    if (rc != SQLITE_OK)
        return journal_fail(j, rc, "open the journal", e);
    if (version == 0) {
        err_set(e, ERR_NOT_FOUND, "no run was recorded in %s: its journal is empty", j->dir);
        return err_hint(e, "start one with `almanac run RUNBOOK`");
    }
    return open_check_version(j, version, application, e);
}

static int open_write(struct journal *j, struct err *e)
{
    int version = 0, application = 0, rc;

    if (open_create(j, e) < 0)
        return -1;
    rc = open_file(j, SQLITE_OPEN_READWRITE, false);
    if (rc == SQLITE_OK && sqlite3_db_readonly(j->db, "main") == 1)
        rc = SQLITE_READONLY;
    if (rc == SQLITE_OK)
        rc = open_pragma(j, "PRAGMA user_version", &version);
    if (rc == SQLITE_OK)
        rc = open_pragma(j, "PRAGMA application_id", &application);
    if (rc != SQLITE_OK)
        return journal_fail(j, rc, "open the journal", e);
    if (open_check_version(j, version, application, e) < 0)
        return -1;
    if (version < JOURNAL_SCHEMA && open_migrate(j, e) < 0)
        return -1;
    j->writable = true;
    j->sync_full = true;
    return open_exec(
        j, "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=" JOURNAL_CHECKPOINT_PAGES, e);
}

static void journal_free(struct journal *j)
{
    journal_unlock(j);
    for (int i = 0; i < STMT_COUNT; i++)
        sqlite3_finalize(j->stmts[i]);
    sqlite3_close(j->db);
    while (j->first) {
        struct queued *next = j->first->next;

        free(j->first);
        j->first = next;
    }
    while (j->runs) {
        struct run_state *next = j->runs->next;

        free(j->runs);
        j->runs = next;
    }
    buf_release(&j->scratch);
    free(j->dir);
    free(j);
}

int journal_open(const char *dir, enum journal_mode mode, struct journal **out, struct err *e)
{
    struct journal *j = calloc(1, sizeof *j);

    if (!j || !(j->dir = strdup(dir ? dir : JOURNAL_DIR))) {
        free(j);
        return err_set(e, ERR_MEMORY, "cannot open the journal: out of memory");
    }
    j->last = &j->first;
    buf_init(&j->scratch, JOURNAL_PAYLOAD_MAX + 4 * JOURNAL_NAME_MAX);
    if (journal_trust(j->dir, e) < 0 ||
        (mode == JOURNAL_WRITE ? open_write(j, e) : open_read(j, e)) < 0) {
        journal_free(j);
        return -1;
    }
    *out = j;
    return 0;
}

int journal_close(struct journal *j, struct err *e)
{
    int rc;

    if (!j)
        return 0;
    rc = journal_flush(j, true, e);
    journal_free(j);
    return rc;
}
