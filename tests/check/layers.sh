#!/bin/sh
# The layers of docs/explanation/architecture.md: a file of runtime/ includes only headers of its own
# layer or a lower one, only layers 3 and above see Lua, and every header compiles alone.
set -u
cd "$(dirname "$0")/../.."

# The layer of a file, by its name without the ending. A new file of layer 1 or 2 is named here.
layer_of() {
    case $1 in
    banned | err | buf | digest | loop | fault | tls_note | tls_cert | json_scan | json_member | base64 | gunzip) echo 1 ;;
    transfer | transfer_* | proc | proc_* | journal | journal_* | kube | kube_* | httpd | httpd_* | wire | ws | ws_*) echo 2 ;;
    vm | vm_* | task | task_* | sched | signals | embed) echo 3 ;;
    mod_* | modules) echo 4 ;;
    main | cli | cli_* | run) echo 5 ;;
    *) echo unknown ;;
    esac
}

bad=0
say() {
    echo "$1" >&2
    bad=1
}

for file in runtime/*.[ch]; do
    name=$(basename "$file")
    layer=$(layer_of "${name%.*}")
    if [ "$layer" = unknown ]; then
        say "$file: in no layer; add it to tests/check/layers.sh and the architecture page"
        continue
    fi
    for header in $(sed -n 's/^ *# *include *"\([^"]*\)".*/\1/p' "$file"); do
        other=$(layer_of "$(basename "$header" .h)")
        [ "$other" != unknown ] || {
            say "$file: includes $header, which is in no layer"
            continue
        }
        [ "$other" -le "$layer" ] || say "$file: layer $layer includes $header of layer $other"
    done
    if [ "$layer" -lt 3 ] && grep -nE '# *include *[<"](lua|lauxlib|lualib|lua-cjson)\.h' "$file" >&2; then
        say "$file: layer $layer must not see Lua"
    fi
done

for header in runtime/*.h; do
    echo "#include \"$header\"" | ${CC:-cc} -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only \
        -iquote . -iquote runtime $(pkg-config --cflags lua5.4 libuv sqlite3 libcurl libmicrohttpd) -x c - ||
        say "$header: does not compile alone"
done
exit $bad
