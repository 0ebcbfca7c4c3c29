#!/bin/sh
# Every header of runtime/ compiles alone. Which folder may include which is in house.lua.
set -u
cd "$(dirname "$0")/../.."
bad=0
for header in runtime/*/*.h; do
    echo "#include \"$header\"" | ${CC:-cc} -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only \
        -iquote . -iquote runtime $(pkg-config --cflags lua5.4 libuv sqlite3 libcurl libmicrohttpd) -x c - || {
        echo "$header: does not compile alone" >&2
        bad=1
    }
done
exit $bad
