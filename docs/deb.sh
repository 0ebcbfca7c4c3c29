#!/bin/sh
# Makes a package of Debian of what was built: BUILD-DIR/almanac_VERSION_ARCHITECTURE.deb.
# Usage: docs/deb.sh BUILD-DIR VERSION DATE
set -eu
cd "$(dirname "$0")/.."
build=$1 version=$2 date=$3
command -v dpkg-shlibdeps >/dev/null || {
    echo "deb: dpkg-shlibdeps is missing: apt-get install dpkg-dev" >&2
    exit 1
}
umask 022
work=$build/deb
rm -rf "$work"
maintainer="The Almanac authors <almanac@example.invalid>"
root=$work/almanac
share=$root/usr/share
sh docs/install.sh install "$build" "$root/usr"
install -m 755 "$build/package/almanac" "$root/usr/bin/almanac"
strip --remove-section=.comment --remove-section=.note "$root/usr/bin/almanac"
# What Debian wants in other places, or packed.
mkdir -p "$share/zsh/vendor-completions"
mv "$share/zsh/site-functions/_almanac" "$share/zsh/vendor-completions/"
rmdir "$share/zsh/site-functions"
gzip -9n "$share"/man/man1/*.1
cat >"$share/doc/almanac/copyright" <<END
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: almanac

Files: *
$(sed -n 's/^Copyright (c) /Copyright: /p' LICENSE)
License: Expat
$(sed -n '/^Permission is/,$p' LICENSE | sed 's/^$/./; s/^/ /')
END
rm "$share/doc/almanac/LICENSE"
gzip -9n >"$share/doc/almanac/changelog.gz" <<END
almanac ($version) unstable; urgency=medium

  * What is new: /usr/share/doc/almanac/CHANGELOG.md

 -- $maintainer  $(LC_ALL=C date -uRd "$date")
END

architecture=$(dpkg --print-architecture)
mkdir -p "$work/debian" "$root/DEBIAN"
# dpkg-shlibdeps wants a source package's control file beside it.
printf 'Source: almanac\n\nPackage: almanac\nArchitecture: any\n' >"$work/debian/control"
depends=$(cd "$work" && dpkg-shlibdeps -O -e almanac/usr/bin/almanac 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
[ -n "$depends" ] || {
    echo "deb: dpkg-shlibdeps found no libraries of almanac" >&2
    exit 1
}
cat >"$root/DEBIAN/control" <<END
Package: almanac
Version: $version
Architecture: $architecture
Maintainer: $maintainer
Installed-Size: $(du -ks --exclude=DEBIAN "$root" | cut -f1)
Depends: $depends
Recommends: ca-certificates
Suggests: git, openssh-client
Section: admin
Priority: optional
Description: Lua-scriptable runbooks that stop, crash and go on
 Almanac runs operational procedures written in Lua. Every step is journalled,
 and every effect (a helm upgrade, a delete, a command) before and after it
 touches the world: a run can be stopped, killed, edited and resumed, and
 nothing happens twice. A plan shows what a run would change, and changes
 nothing; a run can be bound to it.
END
(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
SOURCE_DATE_EPOCH=$(date -ud "$date" +%s) dpkg-deb --root-owner-group --build "$root" \
    "$build/almanac_${version}_$architecture.deb" >/dev/null
echo "$build/almanac_${version}_$architecture.deb"
