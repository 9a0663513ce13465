# Completion of russet-server for bash. Computed by `cargo xtask codegen` from the table of settings.
_russet_server() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  case $before in
    --acl-pubsub-default) COMPREPLY=($(compgen -W 'allchannels resetchannels' -- "$word")) ;;
    --activedefrag) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --activerehashing) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --always-show-logo) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --aof-checksum) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --aof-disable-auto-gc) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --aof-load-truncated) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --aof-rewrite-incremental-fsync) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --aof-timestamp-enabled) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --aof-use-rdb-preamble) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --appendfsync) COMPREPLY=($(compgen -W 'everysec always no' -- "$word")) ;;
    --appendonly) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --cluster-allow-pubsubshard-when-down) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --cluster-allow-reads-when-down) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --cluster-allow-replica-migration) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --cluster-config-save-behavior) COMPREPLY=($(compgen -W 'sync best-effort' -- "$word")) ;;
    --cluster-enabled) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --cluster-preferred-endpoint-type) COMPREPLY=($(compgen -W 'ip hostname unknown-endpoint' -- "$word")) ;;
    --cluster-replica-no-failover) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --cluster-require-full-coverage) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --cluster-slot-stats-enabled) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --crash-log-enabled) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --crash-memcheck-enabled) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --daemonize) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --disable-thp) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --dual-channel-replication-enabled) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --dynamic-hz) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --enable-debug-command) COMPREPLY=($(compgen -W 'no yes local' -- "$word")) ;;
    --enable-module-command) COMPREPLY=($(compgen -W 'no yes local' -- "$word")) ;;
    --enable-protected-configs) COMPREPLY=($(compgen -W 'no yes local' -- "$word")) ;;
    --extended-redis-compatibility) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --hide-user-data-from-log) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --import-mode) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --io-threads-do-reads) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --jemalloc-bg-thread) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --latency-tracking) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --lazyfree-lazy-eviction) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --lazyfree-lazy-expire) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --lazyfree-lazy-server-del) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --lazyfree-lazy-user-del) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --lazyfree-lazy-user-flush) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --log-format) COMPREPLY=($(compgen -W 'legacy logfmt json' -- "$word")) ;;
    --log-timestamp-format) COMPREPLY=($(compgen -W 'legacy iso8601 milliseconds' -- "$word")) ;;
    --loglevel) COMPREPLY=($(compgen -W 'debug verbose notice warning nothing' -- "$word")) ;;
    --maxmemory-policy) COMPREPLY=($(compgen -W 'volatile-lru volatile-lfu volatile-random volatile-ttl allkeys-lru allkeys-lfu allkeys-random noeviction volatile-lrm allkeys-lrm' -- "$word")) ;;
    --metrics-tls) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --mptcp) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --no-appendfsync-on-rewrite) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --oom-score-adj) COMPREPLY=($(compgen -W 'no yes relative absolute' -- "$word")) ;;
    --propagation-error-behavior) COMPREPLY=($(compgen -W 'ignore panic panic-on-replicas' -- "$word")) ;;
    --protected-mode) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --rdb-del-sync-files) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --rdb-save-incremental-fsync) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --rdb-version-check) COMPREPLY=($(compgen -W 'strict relaxed' -- "$word")) ;;
    --rdbchecksum) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --rdbcompression) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --repl-disable-tcp-nodelay) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --repl-diskless-load) COMPREPLY=($(compgen -W 'disabled on-empty-db swapdb flush-before-load' -- "$word")) ;;
    --repl-diskless-sync) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --repl-mptcp) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --replica-announced) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --replica-ignore-disk-write-errors) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --replica-ignore-maxmemory) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --replica-lazy-flush) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --replica-read-only) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --replica-serve-stale-data) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --sanitize-dump-payload) COMPREPLY=($(compgen -W 'no yes clients' -- "$word")) ;;
    --set-proc-title) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --stop-writes-on-bgsave-error) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --supervised) COMPREPLY=($(compgen -W 'upstart systemd auto no' -- "$word")) ;;
    --syslog-enabled) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --syslog-facility) COMPREPLY=($(compgen -W 'user local0 local1 local2 local3 local4 local5 local6 local7' -- "$word")) ;;
    --tls-auth-clients) COMPREPLY=($(compgen -W 'no yes optional' -- "$word")) ;;
    --tls-auth-clients-user) COMPREPLY=($(compgen -W 'CN URI off' -- "$word")) ;;
    --tls-cluster) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --tls-prefer-server-ciphers) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --tls-replication) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --tls-session-caching) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    --use-exit-on-panic) COMPREPLY=($(compgen -W 'yes no' -- "$word")) ;;
    *)
      case $word in
        -*) COMPREPLY=($(compgen -W '--version --help --check-aof --check-config --check-rdb --check-system --acl-pubsub-default --aclfile --acllog-max-len --active-defrag-cycle-max --active-defrag-cycle-min --active-defrag-cycle-us --active-defrag-ignore-bytes --active-defrag-max-scan-fields --active-defrag-threshold-lower --active-defrag-threshold-upper --active-expire-effort --activedefrag --activerehashing --always-show-logo --aof-checksum --aof-disable-auto-gc --aof-load-corrupt-tail-max-size --aof-load-truncated --aof-rewrite-cpulist --aof-rewrite-incremental-fsync --aof-timestamp-enabled --aof-use-rdb-preamble --appenddirname --appendfilename --appendfsync --appendonly --auto-aof-rewrite-min-size --auto-aof-rewrite-percentage --availability-zone --backup-sealed-ttl --backupdirname --bgsave-cpulist --bind --bind-source-addr --bio-cpulist --busy-reply-threshold --client-output-buffer-limit --client-query-buffer-limit --cluster-allow-pubsubshard-when-down --cluster-allow-reads-when-down --cluster-allow-replica-migration --cluster-announce-bus-port --cluster-announce-client-ipv4 --cluster-announce-client-ipv6 --cluster-announce-client-port --cluster-announce-client-tls-port --cluster-announce-hostname --cluster-announce-human-nodename --cluster-announce-ip --cluster-announce-port --cluster-announce-tls-port --cluster-blacklist-ttl --cluster-compatibility-sample-ratio --cluster-config-file --cluster-config-save-behavior --cluster-databases --cluster-enabled --cluster-link-sendbuf-limit --cluster-manual-failover-timeout --cluster-migration-barrier --cluster-node-timeout --cluster-ping-interval --cluster-port --cluster-preferred-endpoint-type --cluster-replica-no-failover --cluster-replica-validity-factor --cluster-require-full-coverage --cluster-slot-migration-log-max-len --cluster-slot-stats-enabled --commandlog-large-reply-max-len --commandlog-large-request-max-len --commandlog-reply-larger-than --commandlog-request-larger-than --crash-log-enabled --crash-memcheck-enabled --daemonize --databases --dbfilename --dir --disable-thp --dual-channel-replication-enabled --dynamic-hz --enable-debug-command --enable-module-command --enable-protected-configs --extended-redis-compatibility --hash-max-listpack-entries --hash-max-listpack-value --hash-seed --hide-user-data-from-log --hll-sparse-max-bytes --hz --ignore-warnings --import-mode --io-threads --io-threads-do-reads --jemalloc-bg-thread --key-load-delay --latency-monitor-threshold --latency-tracking --latency-tracking-info-percentiles --lazyfree-lazy-eviction --lazyfree-lazy-expire --lazyfree-lazy-server-del --lazyfree-lazy-user-del --lazyfree-lazy-user-flush --lfu-decay-time --lfu-log-factor --list-compress-depth --list-max-listpack-size --loading-process-events-interval-bytes --locale-collate --log-format --log-timestamp-format --logfile --loglevel --masterauth --masteruser --max-new-connections-per-cycle --max-new-tls-connections-per-cycle --maxclients --maxmemory --maxmemory-clients --maxmemory-eviction-tenacity --maxmemory-policy --maxmemory-samples --metrics-bind --metrics-port --metrics-tls --metrics-user --min-replicas-max-lag --min-replicas-to-write --mptcp --no-appendfsync-on-rewrite --notify-keyspace-events --oom-score-adj --oom-score-adj-values --pidfile --port --prefetch-batch-max-size --preload-file --proc-title-template --propagation-error-behavior --protected-mode --proto-max-bulk-len --rdb-del-sync-files --rdb-key-save-delay --rdb-save-incremental-fsync --rdb-version-check --rdbchecksum --rdbcompression --rdma-bind --rdma-completion-vector --rdma-port --rdma-rx-size --repl-backlog-size --repl-backlog-ttl --repl-disable-tcp-nodelay --repl-diskless-load --repl-diskless-sync --repl-diskless-sync-delay --repl-diskless-sync-max-replicas --repl-mptcp --repl-ping-replica-period --repl-timeout --replica-announce-ip --replica-announce-port --replica-announced --replica-full-sync-buffer-limit --replica-ignore-disk-write-errors --replica-ignore-maxmemory --replica-lazy-flush --replica-priority --replica-read-only --replica-serve-stale-data --replicaof --requirepass --sanitize-dump-payload --save --server-cpulist --set-max-intset-entries --set-max-listpack-entries --set-max-listpack-value --set-proc-title --shutdown-on-sigint --shutdown-on-sigterm --shutdown-timeout --slot-migration-max-failover-repl-bytes --slowlog-log-slower-than --slowlog-max-len --socket-mark-id --stop-writes-on-bgsave-error --stream-node-max-bytes --stream-node-max-entries --supervised --syslog-enabled --syslog-facility --syslog-ident --tcp-backlog --tcp-keepalive --timeout --tls-auth-clients --tls-auth-clients-user --tls-auto-reload-interval --tls-ca-cert-dir --tls-ca-cert-file --tls-cert-file --tls-ciphers --tls-ciphersuites --tls-client-cert-file --tls-client-key-file --tls-client-key-file-pass --tls-cluster --tls-dh-params-file --tls-key-file --tls-key-file-pass --tls-port --tls-prefer-server-ciphers --tls-protocols --tls-replication --tls-session-cache-size --tls-session-cache-timeout --tls-session-caching --tracking-table-max-keys --unixsocket --unixsocketgroup --unixsocketperm --use-exit-on-panic --watchdog-period --zset-max-listpack-entries --zset-max-listpack-value' -- "$word")) ;;
        *) COMPREPLY=($(compgen -f -- "$word")) ;;
      esac
      ;;
  esac
}
complete -o filenames -F _russet_server russet-server redis-server
