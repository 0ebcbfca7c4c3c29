#!/bin/sh
# make check: what a machine can say about the sources without running them.
set -u
cd "$(dirname "$0")/../.."
bad=0
part() { # name command…
    name=$1
    shift
    if out=$("$@" 2>&1); then
        echo "ok   $name"
    else
        echo "FAIL $name"
        printf '%s\n' "$out" | head -n 60 | sed 's/^/  | /'
        bad=$((bad + 1))
    fi
}

format() { clang-format --dry-run -Werror $(find runtime tests -name '*.[ch]' 2>/dev/null); }
lint() { luacheck -q --no-color $(for d in stdlib runbooks tests docs; do [ ! -d $d ] || echo $d; done); }
warnings() {
    ${MAKE:-make} --no-print-directory -s B=build/werror CFLAGS="-O1 -Werror" build unit
}
# Work left undone is not committed.
unfinished() {
    ! grep -rnE '\b(TODO|FIXME|XXX)\b' --include='*.[ch]' --include='*.lua' --include='*.sh' --include='*.md' \
        --include=Makefile --exclude-dir=.deps --exclude-dir=build --exclude-dir=.git --exclude=check.sh .
}
# Nothing of the devnet is in the standard library, but in examples, and in the simulator, which is one.
devnet() {
    ! grep -rn animica stdlib runtime --include='*.lua' --include='*.[ch]' |
        grep -vE '^stdlib/(sim|meta)/|^stdlib/cli/sim\.lua:|:[0-9]+: *(--|\*|/\*)'
}
# One file, one local table, which it returns; loading it has no effect.
modules() {
    status=0
    for f in $(find stdlib -name '*.lua' -not -path 'stdlib/meta/*' 2>/dev/null); do
        last=$(grep -v '^ *$' "$f" | tail -n 1)
        name=$(printf '%s' "$last" | sed -n 's/^return \([A-Za-z_][A-Za-z_0-9]*\)$/\1/p')
        if [ -z "$name" ] || ! grep -qE "^local (function )?$name\b" "$f"; then
            echo "$f: does not end with the return of its one local table"
            status=1
        fi
        case $(basename "$f") in
        *[!a-z0-9_.]*) echo "$f: a module's name is lower case, digits and _" && status=1 ;;
        esac
    done
    return $status
}
# What is made from stdlib/public is what is in the tree, and lacks nothing.
manual() {
    rm -rf build/manual
    build/werror/almanac lua docs/generate.lua build/manual || return 1
    for made in docs/reference/modules docs/reference/native.md stdlib/meta; do
        diff -r $made build/manual/$made || { echo "next: make docs" && return 1; }
    done
}
shell() {
    for f in $(find .ci tests runtime -name '*.sh' -o -path '.ci/run'); do
        case $(head -n 1 "$f") in
        *bash*) bash -n "$f" || return 1 ;;
        *) sh -n "$f" || return 1 ;;
        esac
    done
}

part headers sh tests/check/headers.sh
part clang-format format
part luacheck lint
part "modules" modules
part "unfinished work" unfinished
part "no devnet" devnet
part "shell syntax" shell
part "no warnings" warnings
part "manual" manual
part "exports" build/werror/almanac lua tests/check/exports.lua
# The numbers are shown also where nothing is wrong.
if out=$(build/werror/almanac lua tests/check/house.lua 2>&1); then
    echo "ok   house: $out"
else
    part house sh -c 'printf "%s\n" "$0"; exit 1' "$out"
fi
[ $bad = 0 ]
