#!/bin/sh
# Builds Debian packages of a server that was built before:
#
#   packaging/debian/build.sh target/release/russet-server OUTPUT-DIRECTORY
#
#   russet-server          the server, its service, configuration, manual pages and completions
#   russet-redis-compat    the name redis-server for it
#
# Needs dpkg-deb, gzip and strip; nothing comes from the network.
set -eu

binary=$1
mkdir -p "$2"
out=$(cd "$2" && pwd)
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 022

version=$("$binary" --version | sed 's/.* v=\([^ ]*\) .*/\1/')
arch=$(dpkg --print-architecture)
# The same input gives the same packages.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$here" log -1 --format=%ct 2>/dev/null || echo 0)}
export SOURCE_DATE_EPOCH

root=$work/russet-server
put() { # MODE FILE PATH
  install -D -m "$1" "$2" "$root/$3"
}
put 0755 "$binary" usr/bin/russet-server
strip --strip-unneeded --remove-section=.comment "$root/usr/bin/russet-server"
put 0640 "$here/russet.conf" etc/russet/russet.conf
put 0644 "$here/systemd/russet.service" usr/lib/systemd/system/russet.service
put 0644 "$here/systemd/russet@.service" usr/lib/systemd/system/russet@.service
put 0644 "$here/completions/russet-server.bash" usr/share/bash-completion/completions/russet-server
put 0644 "$here/completions/_russet-server" usr/share/zsh/vendor-completions/_russet-server
put 0644 "$here/completions/russet-server.fish" usr/share/fish/vendor_completions.d/russet-server.fish
for page in russet-server.1 russet.conf.5; do
  section=${page##*.}
  put 0644 "$here/man/$page" "usr/share/man/man$section/$page"
  gzip -9n "$root/usr/share/man/man$section/$page"
done

document() { # PACKAGE
  doc=$work/$1/usr/share/doc/$1
  mkdir -p "$doc"
  cp "$here/debian/copyright" "$doc/copyright"
  {
    echo "russet ($version) unstable; urgency=medium"
    echo
    echo "  * Built from the sources of version $version."
    echo
    echo " -- The Russet developers <russet@localhost>  $(date -uRd "@$SOURCE_DATE_EPOCH")"
  } | gzip -9n >"$doc/changelog.gz"
}

# The newest symbols that the binary asks of the C library name the oldest one that has them.
libc=$(grep -ao 'GLIBC_2\.[0-9]*' "$root/usr/bin/russet-server" | sort -Vu | tail -n 1)

control() { # PACKAGE ARCHITECTURE; the rest of the fields from standard input
  mkdir -p "$work/$1/DEBIAN"
  {
    echo "Package: $1"
    echo "Source: russet"
    echo "Version: $version"
    echo "Architecture: $2"
    echo "Maintainer: The Russet developers <russet@localhost>"
    echo "Section: database"
    echo "Priority: optional"
    echo "Installed-Size: $(du -sk "$work/$1" | cut -f1)"
    cat
  } >"$work/$1/DEBIAN/control"
}

document russet-server
control russet-server "$arch" <<EOF
Depends: libc6 (>= ${libc#GLIBC_}), libgcc-s1, adduser
Recommends: redis-tools
Description: Redis-compatible in-memory data store
 Keeps strings, hashes, lists, sets, sorted sets and streams in memory, and
 serves them to every client of Redis. It reads redis.conf, dumps and
 append-only files of Redis, and writes its own so that Redis reads them.
EOF
echo /etc/russet/russet.conf >"$root/DEBIAN/conffiles"
for script in postinst prerm postrm; do
  install -m 0755 "$here/debian/$script" "$root/DEBIAN/$script"
done

mkdir -p "$work/russet-redis-compat/usr/bin"
ln -s russet-server "$work/russet-redis-compat/usr/bin/redis-server"
document russet-redis-compat
control russet-redis-compat all <<EOF
Depends: russet-server (>= $version)
Conflicts: redis-server
Replaces: redis-server
Provides: redis-server
Description: Redis-compatible in-memory data store - the name redis-server
 Makes russet-server the program that redis-server starts.
EOF

for package in russet-server russet-redis-compat; do
  (cd "$work/$package" && find usr etc -type f 2>/dev/null | LC_ALL=C sort | grep -v '^etc/' |
    xargs md5sum >DEBIAN/md5sums)
  dpkg-deb --root-owner-group -Zxz --build "$work/$package" "$out" >/dev/null
done
ls "$out"/russet-*.deb
