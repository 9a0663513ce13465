#!/bin/sh
# Starts the server as images of Redis do: options or a file alone mean the server, and root gives
# its rights up. REDIS_PASSWORD, or the contents of the file REDIS_PASSWORD_FILE, is the password
# of the default user; it is passed by standard input, so that no list of processes shows it.
set -eu

case "${1:-}" in
  '' | -* | *.conf) set -- redis-server "$@" ;;
esac

is_server() {
  case "$1" in
    redis-server | valkey-server | russet-server) true ;;
    *) false ;;
  esac
}

if is_server "$1" && [ "$(id -u)" = 0 ]; then
  find . \! -user redis -exec chown redis:redis '{}' +
  exec setpriv --reuid=redis --regid=redis --clear-groups -- "$0" "$@"
fi

# Files of the server are nobody else's, unless somebody said otherwise.
if [ "$(umask)" = 0022 ]; then
  umask 0077
fi

if is_server "$1" && [ -n "${REDIS_PASSWORD_FILE:-}" ]; then
  REDIS_PASSWORD=$(cat "$REDIS_PASSWORD_FILE")
fi
if is_server "$1" && [ -n "${REDIS_PASSWORD:-}" ]; then
  quoted=$(printf '%s' "$REDIS_PASSWORD" | sed 's/[\\"]/\\&/g')
  unset REDIS_PASSWORD
  exec "$@" - <<EOF
requirepass "$quoted"
EOF
fi

exec "$@"
