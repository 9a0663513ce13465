#!/bin/bash
# Checks what this directory makes, without a container engine:
#
#   packaging/check.sh target/release/russet-server
#
# Packages are built and installed in a clean Debian, in a directory; the unit is verified; the
# server starts as the user and with the limits of the package, and keeps its data over SIGTERM.
# Then the steps of the Dockerfile run in a second clean Debian, up to its entrypoint.
#
# DEBIAN_TAR names a file that keeps the clean Debian for the next run.
#
# Needs root, a package mirror, mmdebstrap or debootstrap, redis-cli and groff; uses redis-server,
# lintian, mandoc and the shells whose completions it loads, where they are installed.
set -euo pipefail

binary=$(readlink -f "$1")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
pids=()
cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for root in "$work"/*/; do
    umount -q "$root/proc" 2>/dev/null || true
  done
  rm -rf --one-file-system "$work"
}
trap cleanup EXIT

passed() { echo "ok      $*"; }
failed() { echo "FAILED  $*"; exit 1; }
skipped() { echo "skipped $*"; }

clean_debian() { # DIRECTORY
  local base=${DEBIAN_TAR:-$work/base.tar}
  if [ ! -e "$base" ]; then
    if command -v mmdebstrap >/dev/null; then
      mmdebstrap --quiet --variant=apt --include=adduser bookworm "$base"
    else
      debootstrap --variant=minbase bookworm "$work/base" >/dev/null
      tar -C "$work/base" -cf "$base" .
      rm -rf "$work/base"
    fi
  fi
  mkdir -p "$1"
  tar -C "$1" -xf "$base" --exclude './dev/*'
  for device in null zero random urandom; do
    cp -a "/dev/$device" "$1/dev/"
  done
  # Settings of apt for a proxy, and names of hosts, are those of this machine.
  cp /etc/resolv.conf "$1/etc/resolv.conf"
  cp -r /etc/apt/apt.conf.d/. "$1/etc/apt/apt.conf.d/" 2>/dev/null || true
  mount -t proc proc "$1/proc"
}

# Waits until a server answers on a Unix socket.
ask() { # SOCKET COMMAND...
  local socket=$1
  shift
  timeout 5 redis-cli -s "$socket" "$@"
}
await() { # SOCKET
  for _ in $(seq 100); do
    [ "$(ask "$1" ping 2>/dev/null)" = PONG ] && return 0
    sleep 0.1
  done
  return 1
}
ended() { # PID
  for _ in $(seq 100); do
    kill -0 "$1" 2>/dev/null || return 0
    sleep 0.1
  done
  return 1
}

# ---- Files ---------------------------------------------------------------------------------------

sh -n "$here/docker/docker-entrypoint.sh"
bash -n "$here/completions/russet-server.bash"
# shellcheck disable=SC1091
words=$(bash -c '. "$1"; COMP_WORDS=(russet-server --appendfs); COMP_CWORD=1; _russet_server
  echo "${COMPREPLY[@]}"' - "$here/completions/russet-server.bash")
[ "$words" = --appendfsync ] && passed "bash completes --appendfs" || failed "bash: $words"
if command -v zsh >/dev/null; then
  zsh -n "$here/completions/_russet-server" && passed "zsh reads its completion"
else
  skipped "zsh is not installed"
fi
if command -v fish >/dev/null; then
  words=$(fish --no-config -c "source $here/completions/russet-server.fish
    complete -C 'russet-server --appendfs'" | cut -f1 | tr '\n' ' ')
  [ "$words" = "--appendfsync " ] && passed "fish completes --appendfs" || failed "fish: $words"
else
  skipped "fish is not installed"
fi
for page in "$here"/man/*.[15]; do
  complaints=$(groff -man -ww -Tutf8 "$page" 2>&1 >/dev/null)
  [ -z "$complaints" ] && passed "groff: ${page##*/}" || failed "groff: $complaints"
  if command -v mandoc >/dev/null; then
    # A page of no date is one that is built from sources.
    complaints=$(mandoc -T lint -W warning "$page" | grep -v 'missing date' || true)
    [ -z "$complaints" ] && passed "mandoc: ${page##*/}" || failed "mandoc: $complaints"
  fi
done

# ---- The configuration ---------------------------------------------------------------------------

mkdir -p "$work/config"
"$binary" --check-config "$here/russet.conf" >"$work/config/checked" ||
  failed "russet-server refuses russet.conf: $(cat "$work/config/checked")"
passed "russet-server: $(tail -n 1 "$work/config/checked")"
if command -v redis-server >/dev/null; then
  # It enters the directory while it reads the file, so that must be there.
  sed "s#^dir .*#dir $work/config#" "$here/russet.conf" >"$work/config/redis.conf"
  redis-server "$work/config/redis.conf" --port 0 --unixsocket "$work/config/socket" \
    >"$work/config/log" 2>&1 &
  pids+=($!)
  await "$work/config/socket" || failed "redis-server refuses russet.conf: $(cat "$work/config/log")"
  kill $! && ended $!
  passed "redis-server starts on russet.conf"
else
  skipped "redis-server is not installed"
fi

# ---- The package ---------------------------------------------------------------------------------

"$here/debian/build.sh" "$binary" "$work/packages" >/dev/null
passed "built: $(cd "$work/packages" && echo ./*.deb)"
if command -v lintian >/dev/null; then
  # The sources are not a Debian package, so there is no bug to close and no upstream to watch.
  complaints=$(lintian --allow-root --fail-on error --suppress-tags \
    no-copyright-file,initial-upload-closes-no-bugs,bogus-mail-host,bogus-mail-host-in-debian-changelog,mail-address-loops-or-bounces \
    "$work"/packages/*.deb 2>&1 | grep '^E:' || true)
  [ -z "$complaints" ] && passed "lintian finds no error" || failed "lintian: $complaints"
else
  skipped "lintian is not installed"
fi
debian=$work/debian
clean_debian "$debian"
cp "$work"/packages/*.deb "$debian/root/"
chroot "$debian" sh -ec 'apt-get update && apt-get install -y --no-install-recommends systemd' \
  >"$work/systemd.log" 2>&1 || failed "installing systemd: $(tail "$work/systemd.log")"
chroot "$debian" sh -c 'dpkg -i /root/russet-server_*.deb /root/russet-redis-compat_*.deb' \
  >"$work/install.log" 2>&1 || failed "installing: $(cat "$work/install.log")"
passed "installed in a clean Debian $(cat "$debian/etc/debian_version")"
chroot "$debian" redis-server --version | grep -q Russet || failed "redis-server is another program"
passed "redis-server is russet-server"

# Manual pages are left out of a clean Debian's index.
complaints=$(chroot "$debian" systemd-analyze verify --man=no russet.service russet@a.service 2>&1 |
  grep -i russet || true)
[ -z "$complaints" ] && passed "systemd-analyze verify" || failed "verify: $complaints"
exposure=$(chroot "$debian" systemd-analyze security --offline=true russet.service 2>&1 |
  sed -n 's/.*Overall exposure level[^:]*: \([0-9.]*\).*/\1/p')
[ -n "$exposure" ] || failed "systemd-analyze security says nothing"
passed "systemd-analyze security: exposure $exposure"

# The server as the unit starts it, but for what only systemd can do.
start=$(sed -n 's/^ExecStart=//p' "$debian/usr/lib/systemd/system/russet.service")
install -d -o "$(chroot "$debian" id -u russet)" "$debian/run/russet"
notify() { # a stand-in for systemd: prints what arrives
  python3 - "$1" <<'PY' &
import os, socket, sys
sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
sock.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o777)
sock.settimeout(60)
try:
    while True:
        text = sock.recv(4096).decode()
        print(text, flush=True)
        if "STOPPING=1" in text:
            break
except TimeoutError:
    pass
PY
}
serve() { # starts it, and sets server_pid
  # shellcheck disable=SC2086
  NOTIFY_SOCKET=/run/notify chroot --userspec=russet:russet "$debian" \
    $start --port 0 --unixsocket /run/russet/socket >"$work/server.log" 2>&1 &
  server_pid=$!
  pids+=("$server_pid")
  await "$debian/run/russet/socket" || failed "it does not start: $(cat "$work/server.log")"
}
notify "$debian/run/notify" >"$work/notified"
pids+=($!)
listener=$!
for _ in $(seq 50); do [ -S "$debian/run/notify" ] && break; sleep 0.1; done
serve
user=$(stat -c %u "/proc/$server_pid")
[ "$user" = "$(chroot "$debian" id -u russet)" ] || failed "it runs as user $user"
passed "starts as its user"
ask "$debian/run/russet/socket" set kept "over SIGTERM" >/dev/null
ask "$debian/run/russet/socket" config set timeout 77 >/dev/null
ask "$debian/run/russet/socket" config rewrite | grep -q OK || failed "it cannot rewrite its file"
kill -TERM "$server_pid"
ended "$server_pid" || failed "it does not end by SIGTERM"
wait "$listener"
for state in READY=1 STOPPING=1; do
  grep -q "^$state" "$work/notified" || failed "systemd hears no $state: $(cat "$work/notified")"
done
passed "systemd is notified: $(grep -v '^$' "$work/notified" | tr '\n' ' ')"
serve
[ "$(ask "$debian/run/russet/socket" get kept)" = "over SIGTERM" ] || failed "data is lost"
ask "$debian/run/russet/socket" config get timeout | grep -q 77 || failed "settings are lost"
passed "data and settings survive SIGTERM"
kill -TERM "$server_pid" && ended "$server_pid"
chroot "$debian" dpkg --purge russet-redis-compat russet-server >"$work/purge.log" 2>&1 ||
  failed "purging: $(cat "$work/purge.log")"
[ -e "$debian/var/lib/russet/dump.rdb" ] || failed "purging removed data"
passed "purged, without the data"

# ---- The image -----------------------------------------------------------------------------------

# The last stage of the Dockerfile, an instruction a line.
image=$work/image
clean_debian "$image"
sed -e ':more' -e '/\\$/{N;s/\\\n//;b more' -e '}' "$here/docker/Dockerfile" |
  sed -e '/^#/d' -e '/^$/d' | awk '/^FROM/ { text = "" } { text = text $0 "\n" } END { printf text }' \
  >"$work/steps"
environment=()
while IFS= read -r line; do
  rest=${line#* }
  case $line in
    FROM*) [ "$rest" = debian:bookworm-slim ] || failed "another base: $rest" ;;
    RUN*) chroot "$image" sh -ec "$rest" >"$work/step.log" 2>&1 || failed "$line: $(cat "$work/step.log")" ;;
    COPY*)
      read -ra words <<<"$rest"
      case ${words[0]} in
        --from=build) install -D "$binary" "$image/${words[2]}" ;;
        *) install -D -m 0644 "$here/../${words[0]}" "$image/${words[1]}" ;;
      esac
      ;;
    ENV*) environment+=("$rest") ;;
    WORKDIR* | VOLUME*) mkdir -p "$image/$rest" ;;
    EXPOSE* | STOPSIGNAL* | ENTRYPOINT* | CMD*) ;;
    *) failed "no such instruction: $line" ;;
  esac
done <"$work/steps"
passed "the steps of the Dockerfile"
contain() { # WORD...: runs the image's entrypoint
  chroot "$image" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    "${environment[@]}" ${password:+REDIS_PASSWORD="$password"} sh -c 'cd /data && exec "$@"' - \
    docker-entrypoint.sh "$@"
}
for name in redis-check-rdb redis-check-aof; do
  # Without a file, each prints its usage.
  { contain "$name" 2>&1 || true; } | grep -qi usage || failed "$name is not there"
done
contain redis-cli --version | grep -q redis-cli || failed "redis-cli is not there"
passed "redis-cli, redis-check-rdb and redis-check-aof are there"
password='a "word" \ more'
contain --port 0 --unixsocket /data/socket >"$work/image.log" 2>&1 &
pids+=($!)
for _ in $(seq 100); do [ -S "$image/data/socket" ] && break; sleep 0.1; done
REDISCLI_AUTH=$password ask "$image/data/socket" set kept image | grep -q OK ||
  failed "the image does not serve: $(cat "$work/image.log")"
ask "$image/data/socket" get kept 2>&1 | grep -q NOAUTH || failed "the password is not asked for"
contained=$(REDISCLI_AUTH=$password ask "$image/data/socket" info server |
  sed -n 's/^process_id:\([0-9]*\).*/\1/p')
[ "$(stat -c %u "/proc/$contained")" = 999 ] || failed "the server of the image is not 999"
tr '\0' ' ' <"/proc/$contained/cmdline" | grep -q 'more' && failed "the password is in the list"
kill -TERM "$contained"
ended "$contained" || failed "the server of the image does not end"
[ "$(stat -c %u "$image/data/dump.rdb")" = 999 ] || failed "the image saved nothing"
passed "the image serves as user 999, asks for the password, and saves"
contain echo other words | grep -q 'other words' || failed "the entrypoint runs no other program"
passed "the entrypoint runs other programs"
