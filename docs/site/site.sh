#!/bin/sh
# Builds the site: HTML that needs no server and no network. Usage: docs/site/site.sh BUILD-DIR OUT (make site)
set -eu
build=$1
out=$2
python=.deps/sphinx/usr/lib/python3/dist-packages
[ -d "$python" ] || {
    echo "site: there is no .deps/sphinx; make deps fetches it" >&2
    exit 1
}
work=$(mktemp -d "${TMPDIR:-/tmp}/almanac-site.XXXXXX")
trap 'rm -rf "$work"' EXIT
"$build/almanac" lua docs/site/pages.lua "$work/pages"
rm -rf "$out"
# A link that leads nowhere is an error.
PYTHONPATH=$python PYTHONDONTWRITEBYTECODE=1 python3 -m sphinx -q -W --keep-going -b html -d "$work/doctrees" "$work/pages" "$out"
# Debian's furo names a style sheet by its place on a server of Debian, and imports a module, which a browser refuses of a
# page on the disk.
cp .deps/sphinx/usr/share/nodejs/normalize.css/normalize.css "$out/_static/styles/"
sed -i 's|@import url(/javascript/normalize.css/normalize.css)|@import url(normalize.css)|' "$out/_static/styles/furo.css"
scripts=$out/_static/scripts
sed '/^import Gumshoe/d' "$scripts/furo.js" | cat "$scripts/gumshoe-patched.js" - >"$work/furo.js"
mv "$work/furo.js" "$scripts/furo.js"
rm -f "$out/objects.inv" "$out/.buildinfo" "$scripts/gumshoe-patched.js"
