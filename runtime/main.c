#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <lauxlib.h>

#include "base/loop.h"
#include "engine/plain_text.h"
#include "engine/sched.h"
#include "engine/signals.h"
#include "engine/vm.h"
#include "native/modules.h"
#include "native/process.h"
#include "native/signals.h"

/* Exit code when the program itself cannot start or has a bug; a run's own codes are in
 * stdlib/cli/main.lua. */
#define EXIT_BROKEN 1
#define EXIT_USAGE 2

static int main_complain(const struct err *e)
{
    fprintf(stderr, "almanac: %s\n", e->message);
    if (e->hint[0])
        fprintf(stderr, "  %s\n", e->hint);
    return EXIT_BROKEN;
}

/* almanac --stdlib DIR …: the stdlib from disk, for those who edit it. The number of words that
 * were taken, or a negative value. */
static int main_take_stdlib(const char **dir, int argc, char **argv, struct err *e)
{
    struct stat st;

    if (argc < 2 || strcmp(argv[1], "--stdlib") != 0)
        return 0;
    if (argc < 3)
        return err_set(e, ERR_USAGE, "option --stdlib needs DIR behind it");
    if (stat(argv[2], &st) < 0)
        return err_set_errno(e, ERR_USAGE, errno, "--stdlib %s", argv[2]);
    if (!S_ISDIR(st.st_mode))
        return err_set(e, ERR_USAGE, "--stdlib %s is no directory", argv[2]);
    *dir = argv[2];
    return 2;
}

static struct task *main_spawn(lua_State *L)
{
    lua_getglobal(L, "require");
    lua_pushliteral(L, "almanac.cli.main");
    return sched_spawn(vm_of(L)->sched, NULL, L, 1);
}

/* Loads the command line interpreter, then runs it in a task; its result is the exit code. */
static int main_command(struct vm *vm)
{
    lua_State *L = vm->L;
    struct task *task;
    int code = EXIT_BROKEN;

    task = main_spawn(L);
    sched_run(vm->sched, task);
    if (task_push_results(task, L) >= 2 && lua_toboolean(L, 1) && lua_istable(L, 2)) {
        task_unref(task);
        lua_getfield(L, 2, "main");
        task = sched_spawn(vm->sched, NULL, L, 0);
        sched_run(vm->sched, task);
        lua_settop(L, 0);
        task_push_results(task, L);
    }
    if (lua_toboolean(L, 1)) {
        code = (int)lua_tointeger(L, 2);
    } else {
        lua_getfield(L, 2, "traceback");
        fprintf(stderr, "almanac: a bug in the standard library: %s\n%s\n", plain_text_push(L, 2),
                luaL_optstring(L, 3, ""));
    }
    lua_settop(L, 0);
    task_unref(task);
    return code;
}

/* A standard stream that was closed would be the number of the next file that is opened: the
 * journal would get the error messages. */
static void main_fill_standard_streams(void)
{
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR) != fd)
            abort();
}

/* Memory and environment hold secrets: there is no core dump of them, whatever the limits and the
 * pattern are, and no child of the same user reads them in /proc. Children are as they were: exec
 * gives them this back. */
static void main_keep_memory_private(void)
{
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        abort();
}

int main(int argc, char **argv)
{
    struct loop loop;
    struct vm vm;
    struct signals *signals;
    const char *stdlib_dir = NULL;
    struct err e;
    sigset_t all;
    int code, taken;

    main_keep_memory_private();
    main_fill_standard_streams();
    signal(SIGPIPE, SIG_IGN);
    taken = main_take_stdlib(&stdlib_dir, argc, argv, &e);
    if (taken < 0) {
        main_complain(&e);
        return EXIT_USAGE;
    }
    if (loop_init(&loop, &e) < 0)
        return main_complain(&e);
    if (vm_init(&vm, &loop, 0, &e) < 0)
        return main_complain(&e);
    signals = signals_new(&loop, &e);
    if (!signals)
        return main_complain(&e);
    vm.stdlib_dir = stdlib_dir;
    argv[taken] = argv[0];
    process_set_argv(vm.L, argc - taken, argv + taken);
    signals_set(vm.L, signals);
    modules_register(vm.L);
    code = main_command(&vm);
    signals_guard(signals, NULL);
    /* The command has its exit code: one more Ctrl-C must not change it any more. */
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    vm_release(&vm);
    signals_free(signals);
    loop_run_once(&loop, false);
    loop_release(&loop);
    return code;
}
