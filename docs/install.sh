#!/bin/sh
# Installs what was built, or takes just that away again: the places are written once, below.
# Usage: docs/install.sh install|uninstall BUILD-DIR PREFIX
set -eu
cd "$(dirname "$0")/.."
action=$1 build=$2 prefix=$3

put() { # mode file place
    case $action in
    install) install -D -m "$1" "$2" "$prefix/$3" ;;
    uninstall) rm -f "$prefix/$3" ;;
    esac
}

put 755 "$build/almanac" bin/almanac
for page in "$build"/man/*.1; do
    [ ! -e "$page" ] || put 644 "$page" "share/man/man1/${page##*/}"
done
put 644 "$build/completion/bash" share/bash-completion/completions/almanac
put 644 "$build/completion/fish" share/fish/vendor_completions.d/almanac.fish
put 644 "$build/completion/zsh" share/zsh/site-functions/_almanac
for file in README.md CHANGELOG.md LICENSE; do put 644 $file share/doc/almanac/$file; done
find docs -name '*.md' | while read -r file; do put 644 "$file" "share/doc/almanac/$file"; done
# What these pages link to lies where they look for it.
{ echo README.md && find docs -name '*.md'; } | while read -r page; do
    grep -o ']([^)#: ]*' "$page" | cut -c3- | while read -r link; do
        file=$(realpath -m --relative-to=. "$(dirname "$page")/$link")
        case $file in
        ../* | *.md) [ "$file" = CONTRIBUTING.md ] || continue ;;
        esac
        [ ! -f "$file" ] || put 644 "$file" "share/doc/almanac/$file"
    done
done
put 644 docs/devnet-almanac.yaml share/doc/almanac/examples/devnet-almanac.yaml
find runbooks -name '*.lua' | while read -r file; do put 644 "$file" "share/doc/almanac/examples/$file"; done

[ "$action" = uninstall ] || exit 0
# Of the directories only those that are ours, and only when nobody else's files are in them.
[ ! -d "$prefix/share/doc/almanac" ] || find "$prefix/share/doc/almanac" -depth -type d -empty -delete
