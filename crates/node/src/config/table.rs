//! Every setting, one row each, in alphabetical order.
//!
//! A row without `to` is held and answered but has no effect yet. Names, ranges and defaults are
//! those of Redis 7.4.
//!
//! Always true: names and aliases are unique; every default is valid and shows as it is written.
//! Long because a setting is a row, and there are that many settings.
//! Not here: what a row may say — `setting.rs`; what kinds there are — `kind.rs`.

use super::kind::{Kind, Names};
use super::setting::{Act, Setting, Source};
use super::value::{
    AppendSync, EvictionPolicy, Permission, Refusal, ShutdownFlags, Value, log_level,
};

const INT: i64 = i32::MAX as i64;
const UINT: i64 = u32::MAX as i64;
const LONG: i64 = i64::MAX;
const BYTES: u64 = i64::MAX as u64;

/// Every setting.
#[rustfmt::skip]
pub(crate) const SETTINGS: &[Setting] = &[
    Setting::choice("acl-pubsub-default", "resetchannels",
        &[("allchannels", 1), ("resetchannels", 0)])
        .does("Whether new users may use every channel or none."),
    Setting::text("aclfile", "").immutable().check(no_acl_file).to(|t, v| t.aclfile = v.text())
        .unread()
        .does("The file that holds the users."),
    Setting::int("acllog-max-len", "128", 0, LONG)
        .does("How many entries ACL LOG keeps."),
    Setting::int("active-defrag-cycle-max", "25", 1, 99)
        .does("The greatest share of a CPU for defragmentation, in percent."),
    Setting::int("active-defrag-cycle-min", "1", 1, 99)
        .does("The least share of a CPU for defragmentation, in percent."),
    Setting::size("active-defrag-ignore-bytes", "104857600", 1, BYTES)
        .does("Fragmentation below so many bytes is left alone."),
    Setting::int("active-defrag-max-scan-fields", "1000", 1, LONG)
        .does("Collections with more fields are defragmented in steps."),
    Setting::int("active-defrag-threshold-lower", "10", 0, 1000)
        .does("The fragmentation at which defragmentation begins, in percent."),
    Setting::int("active-defrag-threshold-upper", "100", 0, 1000)
        .does("The fragmentation at which it works hardest, in percent."),
    Setting::int("active-expire-effort", "1", 1, 10)
        .does("How eagerly expired keys are looked for; expiry is exact here whatever it says."),
    Setting::flag("activedefrag", "no").check(no_defragmentation)
        .does("Defragmentation while the server runs."),
    Setting::flag("activerehashing", "yes")
        .does("Whether idle time goes into rehashing; our tables never rehash."),
    Setting::flag("always-show-logo", "no").immutable().to(|t, v| t.always_show_logo = v.flag())
        .does("Whether the logo is printed even to a log file."),
    Setting::flag("aof-disable-auto-gc", "no").hidden()
        .does("Whether old append-only files are kept."),
    Setting::flag("aof-load-truncated", "yes")
        .does("Whether an append-only file that ends in the middle of a command is loaded."),
    Setting::text("aof-rewrite-cpulist", "").alias("aof_rewrite_cpulist").optional()
        .check(fixed_cpus)
        .does("The CPUs for rewriting the append-only file."),
    Setting::flag("aof-rewrite-incremental-fsync", "yes")
        .does("Whether a rewrite of the append-only file syncs as it goes."),
    Setting::flag("aof-timestamp-enabled", "no")
        .does("Whether the append-only file holds timestamps."),
    Setting::flag("aof-use-rdb-preamble", "yes")
        .does("Whether a rewritten append-only file begins with an RDB image."),
    Setting::text("appenddirname", "appendonlydir").immutable().check(check_append_dir)
        .to(|t, v| t.appenddirname = v.text()).unread()
        .does("The folder of the append-only files, below `dir`."),
    Setting::text("appendfilename", "appendonly.aof").immutable().check(check_append_file)
        .to(|t, v| t.appendfilename = v.text()).unread()
        .does("What the names of the append-only files begin with."),
    Setting::choice("appendfsync", "everysec", APPENDFSYNC)
        .to(|t, v| t.appendfsync = AppendSync::from_number(v.choice())).unread()
        .does("When the append-only file is synced."),
    Setting::flag("appendonly", "no").not_while_loading().to(|t, v| t.appendonly = v.flag())
        .unread()
        .does("Whether every change is appended to a file."),
    Setting::size("auto-aof-rewrite-min-size", "67108864", 0, BYTES)
        .does("Smaller append-only files are not rewritten on their own."),
    Setting::int("auto-aof-rewrite-percentage", "100", 0, INT)
        .does("The growth since the last rewrite that starts another, in percent."),
    Setting::text("bgsave-cpulist", "").alias("bgsave_cpulist").optional()
        .check(fixed_cpus)
        .does("The CPUs for saving in the background."),
    Setting::special("bind", "* -::*", Kind::Addresses).to(|t, v| t.bind = v.addresses())
        .then(Act::Listen)
        .does("The addresses to listen on; `-` before one: it may be missing."),
    Setting::text("bind-source-addr", "").optional().to(|t, v| t.bind_source_addr = v.text())
        .unread()
        .does("The address that outgoing connections come from."),
    Setting::text("bio-cpulist", "").alias("bio_cpulist").optional()
        .check(fixed_cpus)
        .does("The CPUs for threads in the background."),
    Setting::int("busy-reply-threshold", "5000", 0, LONG).alias("lua-time-limit")
        .to(|t, v| t.busy_reply_threshold = v.int()).unread()
        .does("After so many milliseconds of a script others are answered BUSY."),
    Setting::special("client-output-buffer-limit", OUTPUT_LIMITS, Kind::OutputLimits)
        .to(|t, v| t.client_output_buffer_limit = v.output_limits())
        .does("How much output may wait for clients of each class."),
    Setting::size("client-query-buffer-limit", "1073741824", 1 << 20, BYTES)
        .to(|t, v| t.client_query_buffer_limit = v.size()).then(Act::Data)
        .does("How many bytes of requests may wait to be executed, for each client."),
    Setting::flag("cluster-allow-pubsubshard-when-down", "yes")
        .does("Whether shard channels work while the cluster is down."),
    Setting::flag("cluster-allow-reads-when-down", "no")
        .does("Whether a node answers reads while the cluster is down."),
    Setting::flag("cluster-allow-replica-migration", "yes")
        .does("Whether replicas move to primaries that have none."),
    Setting::int("cluster-announce-bus-port", "0", 0, 65535)
        .does("The bus port that other nodes are told; 0: the real one."),
    Setting::text("cluster-announce-hostname", "").optional().check(check_hostname)
        .does("The host name that clients are told."),
    Setting::text("cluster-announce-human-nodename", "").optional().check(check_node_name)
        .does("A name of this node for logs."),
    Setting::text("cluster-announce-ip", "").optional()
        .does("The address that others are told; none: the real one."),
    Setting::int("cluster-announce-port", "0", 0, 65535)
        .does("The port that others are told; 0: the real one."),
    Setting::int("cluster-announce-tls-port", "0", 0, 65535)
        .does("The TLS port that others are told; 0: the real one."),
    Setting::text("cluster-config-file", "nodes.conf").immutable()
        .does("The file in which a cluster node keeps its state."),
    Setting::flag("cluster-enabled", "no").immutable().to(|t, v| t.cluster_enabled = v.flag())
        .unread()
        .does("Whether this is a node of a cluster."),
    Setting::size("cluster-link-sendbuf-limit", "0", 0, u64::MAX)
        .does("How much may wait on a link of the cluster bus; 0: no limit."),
    Setting::int("cluster-migration-barrier", "1", 0, INT)
        .does("How many replicas a primary keeps when one moves away."),
    Setting::int("cluster-node-timeout", "15000", 0, LONG)
        .does("After so many milliseconds of silence a node is suspected."),
    Setting::int("cluster-ping-interval", "0", 0, LONG).hidden()
        .does("The period of pings on the cluster bus; 0: chosen by the server."),
    Setting::int("cluster-port", "0", 0, 65535).immutable()
        .does("The port of the cluster bus; 0: `port` plus 10000."),
    Setting::choice("cluster-preferred-endpoint-type", "ip",
        &[("ip", 0), ("hostname", 1), ("unknown-endpoint", 2)])
        .does("What clients are told as the address of a node."),
    Setting::flag("cluster-replica-no-failover", "no").alias("cluster-slave-no-failover")
        .does("Whether this replica never takes over on its own."),
    Setting::int("cluster-replica-validity-factor", "10", 0, INT)
        .alias("cluster-slave-validity-factor")
        .does("How stale a replica's data may be for it to take over."),
    Setting::flag("cluster-require-full-coverage", "yes")
        .does("Whether the cluster is down while a slot has no node."),
    Setting::flag("crash-log-enabled", "yes")
        .does("Whether a crash writes a report."),
    Setting::flag("crash-memcheck-enabled", "yes")
        .does("Whether a crash tests the memory."),
    Setting::flag("daemonize", "no").immutable().to(|t, v| t.daemonize = v.flag())
        .does("Whether the server goes to the background."),
    Setting::int("databases", "16", 1, INT).immutable().to(|t, v| t.databases = v.int())
        .does("How many numbered databases there are."),
    Setting::text("dbfilename", "dump.rdb").protected().check(check_db_file)
        .to(|t, v| t.dbfilename = v.text()).unread()
        .does("The RDB file, in `dir`."),
    Setting::text("dir", ".").protected().not_while_loading().check(check_directory)
        .to(|t, v| t.dir = v.text())
        .then(Act::Directory)
        .does("The working directory, where all files are."),
    Setting::flag("disable-thp", "yes").immutable()
        .does("Whether transparent huge pages are turned off; nothing forks here."),
    Setting::flag("dynamic-hz", "yes").to(|t, v| t.dynamic_hz = v.flag()).unread()
        .does("Whether periodic work adapts to the number of clients."),
    Setting::choice("enable-debug-command", "no", PERMISSION).immutable()
        .to(|t, v| t.enable_debug_command = Permission::from_number(v.choice()))
        .does("Who may use DEBUG."),
    Setting::choice("enable-module-command", "no", PERMISSION).immutable()
        .to(|t, v| t.enable_module_command = Permission::from_number(v.choice())).unread()
        .does("Who may use MODULE."),
    Setting::choice("enable-protected-configs", "no", PERMISSION).immutable()
        .to(|t, v| t.enable_protected_configs = Permission::from_number(v.choice()))
        .does("Who may change protected settings."),
    Setting::int("hash-max-listpack-entries", "512", 0, LONG).alias("hash-max-ziplist-entries")
        .to(|t, v| t.packing.hash_entries_max = v.int()).then(Act::Data)
        .does("Hashes with more fields are no listpacks."),
    Setting::size("hash-max-listpack-value", "64", 0, BYTES).alias("hash-max-ziplist-value")
        .to(|t, v| t.packing.hash_value_max = v.size() as usize).then(Act::Data)
        .does("Hashes with longer fields or values are no listpacks."),
    Setting::flag("hide-user-data-from-log", "no").to(|t, v| t.hide_user_data_from_log = v.flag())
        .unread()
        .does("Whether the log shows no keys and values."),
    Setting::size("hll-sparse-max-bytes", "3000", 0, BYTES)
        .to(|t, v| t.packing.hll_sparse_bytes_max = v.size() as usize).then(Act::Data)
        .does("Larger HyperLogLogs are dense."),
    Setting::int("hz", "10", 0, INT).check(clamp_hz).to(|t, v| t.hz = v.int()).unread()
        .does("How often a second periodic work is done."),
    Setting::text("ignore-warnings", "")
        .does("Warnings at the start that are passed over."),
    Setting::int("io-threads", "1", 1, 128).immutable()
        .does("How many threads read and write for clients."),
    Setting::flag("io-threads-do-reads", "no").immutable()
        .does("Whether these threads read, too."),
    Setting::flag("jemalloc-bg-thread", "yes")
        .does("Whether the allocator gives memory back in the background."),
    Setting::int("key-load-delay", "0", i32::MIN as i64, INT).hidden()
        .does("A pause after each key that is loaded, for tests."),
    Setting::int("latency-monitor-threshold", "0", 0, LONG)
        .to(|t, v| t.latency_monitor_threshold = v.int()).unread()
        .does("Events of so many milliseconds are remembered by LATENCY; 0: none."),
    Setting::flag("latency-tracking", "yes").to(|t, v| t.latency_tracking = v.flag())
        .does("Whether the latency of every command is kept."),
    Setting::special("latency-tracking-info-percentiles", "50 99 99.9", Kind::Percentiles)
        .to(|t, v| t.latency_tracking_info_percentiles = v.percentiles())
        .does("The percentiles that INFO shows."),
    Setting::flag("lazyfree-lazy-eviction", "no").to(|t, v| t.lazyfree_lazy_eviction = v.flag())
        .unread()
        .does("Whether evicted values are freed in the background."),
    Setting::flag("lazyfree-lazy-expire", "no").to(|t, v| t.lazyfree_lazy_expire = v.flag())
        .then(Act::Data)
        .does("Whether the log removes expired keys by UNLINK."),
    Setting::flag("lazyfree-lazy-server-del", "no")
        .to(|t, v| t.lazyfree_lazy_server_del = v.flag()).then(Act::Data)
        .does("Whether the log removes by UNLINK what commands remove on the way."),
    Setting::flag("lazyfree-lazy-user-del", "no").to(|t, v| t.lazyfree_lazy_user_del = v.flag())
        .unread()
        .does("Whether DEL works as UNLINK."),
    Setting::flag("lazyfree-lazy-user-flush", "no")
        .to(|t, v| t.lazyfree_lazy_user_flush = v.flag()).then(Act::Data)
        .does("Whether FLUSHALL and FLUSHDB free in the background unless told otherwise."),
    Setting::int("lfu-decay-time", "1", 0, INT).to(|t, v| t.lfu_decay_time = v.int())
        .then(Act::Data)
        .does("After so many minutes the frequency of an unused key is lowered."),
    Setting::int("lfu-log-factor", "10", 0, INT).to(|t, v| t.lfu_log_factor = v.int())
        .then(Act::Data)
        .does("How slowly the frequency of a used key rises."),
    Setting::int("list-compress-depth", "0", 0, INT)
        .to(|t, v| t.packing.list_compress_depth = v.int()).then(Act::Data)
        .does("How many blocks at the ends of a list are not compressed; 0: none is."),
    Setting::int("list-max-listpack-size", "-2", i32::MIN as i64, INT)
        .alias("list-max-ziplist-size")
        .to(|t, v| t.packing.list_size = v.int()).then(Act::Data)
        .does("Elements in a block of a list, or one of five sizes if negative."),
    Setting::int("loading-process-events-interval-bytes", "2097152", 1024, INT).hidden()
        .does("After so many loaded bytes clients are served."),
    Setting::text("locale-collate", "").check(byte_order)
        .does("The locale by which strings are sorted."),
    Setting::text("logfile", "").immutable().to(|t, v| t.logfile = v.text())
        .does("The log file; none: standard output."),
    Setting::choice("loglevel", "notice", LOGLEVEL).to(|t, v| t.loglevel = log_level(v.choice()))
        .then(Act::Log)
        .does("How much is logged."),
    Setting::secret("masterauth")
        .does("The password for the primary."),
    Setting::text("masteruser", "").sensitive().optional()
        .does("The user name for the primary."),
    Setting::int("max-new-connections-per-cycle", "10", 1, 1000)
        .does("How many connections are accepted in one turn."),
    Setting::int("max-new-tls-connections-per-cycle", "1", 1, 1000)
        .does("How many TLS connections are accepted in one turn."),
    Setting::int("maxclients", "10000", 1, UINT).to(|t, v| t.maxclients = v.int())
        .does("How many clients may be connected."),
    Setting::size("maxmemory", "0", 0, u64::MAX).to(|t, v| t.maxmemory = v.size())
        .then(Act::Data)
        .does("How many bytes the data may take; 0: no limit."),
    Setting::special("maxmemory-clients", "0", Kind::SizeOrPercent)
        .does("How many bytes all clients may take together; 0: no limit."),
    Setting::int("maxmemory-eviction-tenacity", "10", 0, 100)
        .does("How long one turn of eviction may last, from 0 to 100."),
    Setting::choice("maxmemory-policy", "noeviction", MAXMEMORY_POLICY)
        .to(|t, v| t.maxmemory_policy = EvictionPolicy::from_number(v.choice())).then(Act::Data)
        .does("What is removed when memory is short."),
    Setting::int("maxmemory-samples", "5", 1, 64).to(|t, v| t.maxmemory_samples = v.int())
        .then(Act::Data).unread()
        .does("How many keys are compared to find one to evict."),
    Setting::int("min-replicas-max-lag", "10", 0, INT).alias("min-slaves-max-lag")
        .does("A replica silent for more seconds does not count."),
    Setting::int("min-replicas-to-write", "0", 0, INT).alias("min-slaves-to-write")
        .does("With fewer replicas writes are refused."),
    Setting::flag("no-appendfsync-on-rewrite", "no")
        .does("Whether the append-only file is not synced while it is rewritten."),
    Setting::special("notify-keyspace-events", "", Kind::Events)
        .to(|t, v| t.notify_keyspace_events = v.choice()).then(Act::Data)
        .does("Which keyspace events are published."),
    Setting::choice("oom-score-adj", "no",
        &[("no", 0), ("yes", 1), ("relative", 1), ("absolute", 2)])
        .does("Whether the server sets its score for the out-of-memory killer."),
    Setting::special("oom-score-adj-values", "0 200 800", Kind::OomScores)
        .does("These scores: of a primary, of a replica, of a child process."),
    Setting::text("pidfile", "").immutable().optional().to(|t, v| t.pidfile = v.text())
        .does("The file that holds the process id."),
    Setting::int("port", "6379", 0, 65535).to(|t, v| t.port = v.int()).then(Act::Listen)
        .does("The TCP port; 0: none."),
    Setting::text("proc-title-template", "{title} {listen-addr} {server-mode}")
        .check(check_template).to(|t, v| t.proc_title_template = v.text()).unread()
        .does("How the process is called in the process list."),
    Setting::choice("propagation-error-behavior", "ignore",
        &[("ignore", 0), ("panic", 1), ("panic-on-replicas", 2)])
        .does("What happens when a replicated command fails."),
    Setting::flag("protected-mode", "yes").to(|t, v| t.protected_mode = v.flag())
        .does("Whether a server without password answers only clients on this machine."),
    Setting::size("proto-max-bulk-len", "536870912", 1 << 20, BYTES)
        .to(|t, v| t.proto_max_bulk_len = v.size()).then(Act::Data)
        .does("The longest string, in bytes."),
    Setting::flag("rdb-del-sync-files", "no")
        .does("Whether RDB files of replication are removed at once."),
    Setting::int("rdb-key-save-delay", "0", i32::MIN as i64, INT).hidden()
        .does("A pause after each key that is saved, for tests."),
    Setting::flag("rdb-save-incremental-fsync", "yes")
        .does("Whether saving syncs as it goes."),
    Setting::flag("rdbchecksum", "yes").immutable().to(|t, v| t.rdbchecksum = v.flag()).unread()
        .does("Whether RDB files end in a checksum."),
    Setting::flag("rdbcompression", "yes").to(|t, v| t.rdbcompression = v.flag()).unread()
        .does("Whether strings in RDB files are compressed."),
    Setting::size("repl-backlog-size", "1048576", 1, BYTES).check(enough_backlog)
        .does("How much of the log is kept for replicas that come back."),
    Setting::int("repl-backlog-ttl", "3600", 0, LONG)
        .does("How many seconds it is kept without a replica; 0: for ever."),
    Setting::flag("repl-disable-tcp-nodelay", "no")
        .does("Whether replication waits to fill its packets."),
    Setting::choice("repl-diskless-load", "disabled",
        &[("disabled", 0), ("on-empty-db", 1), ("swapdb", 2)]).not_while_loading()
        .does("Whether a replica loads from the socket."),
    Setting::flag("repl-diskless-sync", "yes")
        .does("Whether a full sync goes to the socket without a file."),
    Setting::int("repl-diskless-sync-delay", "5", 0, INT)
        .does("How many seconds it waits for more replicas."),
    Setting::int("repl-diskless-sync-max-replicas", "0", 0, INT)
        .does("With so many replicas it waits no longer."),
    Setting::int("repl-ping-replica-period", "10", 1, INT).alias("repl-ping-slave-period")
        .does("Every so many seconds replicas are pinged."),
    Setting::int("repl-timeout", "60", 1, INT)
        .does("After so many seconds of silence a replication link is given up."),
    Setting::text("replica-announce-ip", "").alias("slave-announce-ip").optional()
        .does("The address that a replica tells its primary."),
    Setting::int("replica-announce-port", "0", 0, 65535).alias("slave-announce-port")
        .does("The port that a replica tells its primary."),
    Setting::flag("replica-announced", "yes")
        .does("Whether Sentinels show this replica."),
    Setting::flag("replica-ignore-disk-write-errors", "no")
        .does("Whether a replica goes on when it cannot write its disk."),
    Setting::flag("replica-ignore-maxmemory", "yes").alias("slave-ignore-maxmemory")
        .does("Whether a replica leaves eviction to its primary."),
    Setting::flag("replica-lazy-flush", "no").alias("slave-lazy-flush")
        .does("Whether a replica frees its old data in the background before a full sync."),
    Setting::int("replica-priority", "100", 0, INT).alias("slave-priority")
        .does("Sentinels promote the lowest; 0: never."),
    Setting::flag("replica-read-only", "yes").alias("slave-read-only")
        .does("Whether a replica refuses writes."),
    Setting::flag("replica-serve-stale-data", "yes").alias("slave-serve-stale-data")
        .does("Whether a replica answers without its primary."),
    Setting::special("replicaof", "", Kind::Primary).alias("slaveof").immutable()
        .to(|t, v| t.replicaof = v.primary()).unread()
        .does("The primary to replicate."),
    Setting::secret("requirepass").to(|t, v| t.requirepass = v.secret())
        .does("The password of the default user."),
    Setting::choice("sanitize-dump-payload", "no", &[("no", 0), ("yes", 1), ("clients", 2)])
        .does("Whether RDB images are checked in depth."),
    Setting::special("save", "3600 1 300 100 60 10000", Kind::SavePoints)
        .to(|t, v| t.save = v.save_points()).unread()
        .does("After how many seconds and changes data is saved."),
    Setting::text("server-cpulist", "").alias("server_cpulist").optional()
        .check(fixed_cpus)
        .does("The CPUs for the server."),
    Setting::int("set-max-intset-entries", "512", 0, LONG)
        .to(|t, v| t.packing.set_intset_entries_max = v.int()).then(Act::Data)
        .does("Sets with more integers are no intsets."),
    Setting::int("set-max-listpack-entries", "128", 0, LONG)
        .to(|t, v| t.packing.set_entries_max = v.int()).then(Act::Data)
        .does("Sets with more members are no listpacks."),
    Setting::int("set-max-listpack-value", "64", 0, LONG)
        .to(|t, v| t.packing.set_value_max = v.int()).then(Act::Data)
        .does("Sets with longer members are no listpacks."),
    Setting::flag("set-proc-title", "yes").immutable().to(|t, v| t.set_proc_title = v.flag())
        .unread()
        .does("Whether the server sets its title in the process list."),
    Setting::special("shutdown-on-sigint", "default", Kind::Choices(SHUTDOWN))
        .check(check_shutdown).to(|t, v| t.shutdown_on_sigint = ShutdownFlags(v.choice())).unread()
        .does("How SIGINT ends the server."),
    Setting::special("shutdown-on-sigterm", "default", Kind::Choices(SHUTDOWN))
        .check(check_shutdown).to(|t, v| t.shutdown_on_sigterm = ShutdownFlags(v.choice())).unread()
        .does("How SIGTERM ends the server."),
    Setting::int("shutdown-timeout", "10", 0, INT).to(|t, v| t.shutdown_timeout = v.int()).unread()
        .does("How many seconds a shutdown waits for replicas."),
    Setting::int("slowlog-log-slower-than", "10000", -1, LONG)
        .to(|t, v| t.slowlog_log_slower_than = v.int()).unread()
        .does("Commands of more microseconds are kept in the slow log; -1: none."),
    Setting::int("slowlog-max-len", "128", 0, LONG).to(|t, v| t.slowlog_max_len = v.int()).unread()
        .does("How many commands the slow log keeps."),
    Setting::int("socket-mark-id", "0", 0, UINT).immutable()
        .does("The mark of packets, for the kernel's packet filter."),
    Setting::flag("stop-writes-on-bgsave-error", "yes")
        .to(|t, v| t.stop_writes_on_bgsave_error = v.flag()).unread()
        .does("Whether writes are refused after saving has failed."),
    Setting::size("stream-node-max-bytes", "4096", 0, BYTES)
        .to(|t, v| t.packing.stream_bytes_max = v.size() as usize).then(Act::Data)
        .does("The greatest size of a block of a stream."),
    Setting::int("stream-node-max-entries", "100", 0, LONG)
        .to(|t, v| t.packing.stream_entries_max = v.int()).then(Act::Data)
        .does("How many entries a block of a stream holds."),
    Setting::choice("supervised", "no", &[("upstart", 3), ("systemd", 2), ("auto", 1), ("no", 0)])
        .immutable().to(|t, v| t.supervised = v.choice())
        .does("Who watches over the server and wants to hear of it."),
    Setting::flag("syslog-enabled", "no").immutable().to(|t, v| t.syslog_enabled = v.flag())
        .does("Whether the log goes to syslog."),
    Setting::choice("syslog-facility", "local0", SYSLOG_FACILITY).immutable()
        .does("The facility for syslog."),
    Setting::text("syslog-ident", "redis").immutable()
        .does("The name for syslog."),
    Setting::int("tcp-backlog", "511", 0, INT).immutable().to(|t, v| t.tcp_backlog = v.int())
        .does("How many connections may wait to be accepted."),
    Setting::int("tcp-keepalive", "300", 0, INT).to(|t, v| t.tcp_keepalive = v.int())
        .then(Act::Keepalive)
        .does("After so many idle seconds the other end is probed; 0: never."),
    Setting::int("timeout", "0", 0, INT).to(|t, v| t.timeout = v.int())
        .does("After so many idle seconds a client is closed; 0: never."),
    Setting::choice("tls-auth-clients", "yes", &[("no", 0), ("yes", 1), ("optional", 2)])
        .does("Whether clients must show a certificate."),
    Setting::text("tls-ca-cert-dir", "").optional()
        .does("The folder of trusted certificates."),
    Setting::text("tls-ca-cert-file", "").optional()
        .does("The file of trusted certificates."),
    Setting::text("tls-cert-file", "").optional()
        .does("The server's certificate."),
    Setting::text("tls-ciphers", "").optional()
        .does("The ciphers of TLS 1.2."),
    Setting::text("tls-ciphersuites", "").optional()
        .does("The ciphers of TLS 1.3."),
    Setting::text("tls-client-cert-file", "").optional()
        .does("The certificate for outgoing connections."),
    Setting::text("tls-client-key-file", "").optional()
        .does("The key for outgoing connections."),
    Setting::text("tls-client-key-file-pass", "").sensitive().optional()
        .does("The password of that key."),
    Setting::flag("tls-cluster", "no").check(no_tls)
        .does("Whether the cluster bus uses TLS."),
    Setting::text("tls-dh-params-file", "").optional()
        .does("Parameters of the key exchange."),
    Setting::text("tls-key-file", "").optional()
        .does("The server's key."),
    Setting::text("tls-key-file-pass", "").sensitive().optional()
        .does("The password of that key."),
    Setting::int("tls-port", "0", 0, 65535).check(no_tls)
        .does("The TLS port; 0: none."),
    Setting::flag("tls-prefer-server-ciphers", "no")
        .does("Whether the server's order of ciphers counts."),
    Setting::text("tls-protocols", "").optional()
        .does("The versions of TLS."),
    Setting::flag("tls-replication", "no").check(no_tls)
        .does("Whether replication uses TLS."),
    Setting::int("tls-session-cache-size", "20480", 0, INT)
        .does("How many TLS sessions are remembered."),
    Setting::int("tls-session-cache-timeout", "300", 0, INT)
        .does("For how many seconds."),
    Setting::flag("tls-session-caching", "yes")
        .does("Whether TLS sessions are remembered."),
    Setting::int("tracking-table-max-keys", "1000000", 0, LONG)
        .to(|t, v| t.tracking_table_max_keys = v.int()).unread()
        .does("How many keys are tracked for client-side caching."),
    Setting::text("unixsocket", "").immutable().optional().to(|t, v| t.unixsocket = v.text())
        .does("The path of the Unix socket."),
    Setting::special("unixsocketperm", "0", Kind::Octal { max: 0o777 }).immutable()
        .to(|t, v| t.unixsocketperm = v.int())
        .does("Its permission bits, in octal."),
    Setting::flag("use-exit-on-panic", "no").hidden()
        .does("Whether a broken invariant exits instead of aborting."),
    Setting::int("watchdog-period", "0", 0, INT).hidden()
        .does("After so many milliseconds a blocked server reports where it is."),
    Setting::int("zset-max-listpack-entries", "128", 0, LONG).alias("zset-max-ziplist-entries")
        .to(|t, v| t.packing.zset_entries_max = v.int()).then(Act::Data)
        .does("Sorted sets with more members are no listpacks."),
    Setting::size("zset-max-listpack-value", "64", 0, BYTES).alias("zset-max-ziplist-value")
        .to(|t, v| t.packing.zset_value_max = v.size() as usize).then(Act::Data)
        .does("Sorted sets with longer members are no listpacks."),
];

const OUTPUT_LIMITS: &str = "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60";
const APPENDFSYNC: Names = &[("everysec", 0), ("always", 1), ("no", 2)];
const PERMISSION: Names = &[("no", 0), ("yes", 1), ("local", 2)];
const LOGLEVEL: Names = &[
    ("debug", 0),
    ("verbose", 1),
    ("notice", 2),
    ("warning", 3),
    ("nothing", 4),
];
const MAXMEMORY_POLICY: Names = &[
    ("volatile-lru", 0),
    ("volatile-lfu", 1),
    ("volatile-random", 2),
    ("volatile-ttl", 3),
    ("allkeys-lru", 4),
    ("allkeys-lfu", 5),
    ("allkeys-random", 6),
    ("noeviction", 7),
];
const SHUTDOWN: Names = &[
    ("default", 0),
    ("save", 1),
    ("nosave", 2),
    ("now", 4),
    ("force", 8),
];
const SYSLOG_FACILITY: Names = &[
    ("user", 8),
    ("local0", 0),
    ("local1", 1),
    ("local2", 2),
    ("local3", 3),
    ("local4", 4),
    ("local5", 5),
    ("local6", 6),
    ("local7", 7),
];

/// The variables of `proc-title-template`.
const TEMPLATE_VARIABLES: [&str; 7] = [
    "title",
    "listen-addr",
    "server-mode",
    "port",
    "tls-port",
    "unixsocket",
    "config-file",
];

/// Refuses a value unless it holds, with a fixed text.
fn demand(holds: bool, value: Value, text: &'static str) -> Result<Value, Refusal> {
    if holds { Ok(value) } else { Err(text.into()) }
}

fn is_base_name(name: &str) -> bool {
    !name.contains(['/', '\\'])
}

/// No directory is none, as the system says of an empty path.
fn check_directory(value: Value, _: Source) -> Result<Value, Refusal> {
    demand(!value.text().is_empty(), value, "No such file or directory")
}

fn check_db_file(value: Value, _: Source) -> Result<Value, Refusal> {
    let fits = is_base_name(&value.text());
    demand(fits, value, "dbfilename can't be a path, just a filename")
}

fn check_append_file(value: Value, _: Source) -> Result<Value, Refusal> {
    let name = value.text();
    let value = demand(!name.is_empty(), value, "appendfilename can't be empty")?;
    demand(
        is_base_name(&name),
        value,
        "appendfilename can't be a path, just a filename",
    )
}

fn check_append_dir(value: Value, _: Source) -> Result<Value, Refusal> {
    let name = value.text();
    let value = demand(!name.is_empty(), value, "appenddirname can't be empty")?;
    demand(
        is_base_name(&name),
        value,
        "appenddirname can't be a path, just a dirname",
    )
}

fn check_shutdown(value: Value, _: Source) -> Result<Value, Refusal> {
    let flags = ShutdownFlags(value.choice());
    let both = flags.has(ShutdownFlags::SAVE) && flags.has(ShutdownFlags::NOSAVE);
    demand(
        !both,
        value,
        "shutdown options SAVE and NOSAVE can't be used simultaneously",
    )
}

fn check_hostname(value: Value, _: Source) -> Result<Value, Refusal> {
    let name = value.text();
    let value = demand(
        name.len() < 256,
        value,
        "Hostnames must be less than 256 characters",
    )?;
    let fits = name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
    demand(
        fits,
        value,
        "Hostnames may only contain alphanumeric characters, hyphens or dots",
    )
}

fn check_node_name(value: Value, _: Source) -> Result<Value, Refusal> {
    let fits = !value
        .text()
        .contains(|c| "!#$%&()*+:;<>?@[]^{|}~".contains(c));
    demand(
        fits,
        value,
        "Announced human node name contained invalid character",
    )
}

fn check_template(value: Value, _: Source) -> Result<Value, Refusal> {
    let fits = is_template(&value.text());
    demand(
        fits,
        value,
        "template format is invalid or contains unknown variables",
    )
}

/// Whether every `{…}` names a variable and something is left to show without the title.
fn is_template(template: &str) -> bool {
    let mut rest = template;
    while let Some((_, after)) = rest.split_once('{') {
        if let Some(after_escape) = after.strip_prefix('{') {
            rest = after_escape;
            continue;
        }
        let Some((variable, after)) = after.split_once('}') else {
            return false;
        };
        if !TEMPLATE_VARIABLES.contains(&variable) {
            return false;
        }
        rest = after;
    }
    !template.replace("{title}", "").trim().is_empty()
}

fn clamp_hz(value: Value, _: Source) -> Result<Value, Refusal> {
    Ok(Value::Int(value.int::<i64>().clamp(1, 500)))
}

// COMPAT: Redis refuses even to set none. Here a tool that sets every setting to what it is, as one
// for 7.0 does that knows them by their aliases only, does not stumble over them.
fn fixed_cpus(value: Value, source: Source) -> Result<Value, Refusal> {
    let fits = source == Source::File || value.text().is_empty();
    demand(fits, value, "can't set immutable config")
}

/// The smallest backlog that CONFIG SET makes.
const BACKLOG_SIZE_MIN: u64 = 16 << 10;

/// A small backlog from a file is shown as it was written.
fn enough_backlog(value: Value, source: Source) -> Result<Value, Refusal> {
    Ok(match source {
        Source::Command => Value::Size(value.size().max(BACKLOG_SIZE_MIN)),
        Source::File => value,
    })
}

/// Locales that sort strings by their bytes, as we do.
const BYTE_LOCALES: [&str; 5] = ["", "C", "POSIX", "C.UTF-8", "C.utf8"];

// COMPAT: Redis takes every locale that the machine has; a file that names one still loads here.
fn byte_order(value: Value, source: Source) -> Result<Value, Refusal> {
    let known = BYTE_LOCALES.contains(&value.text().as_str());
    demand(
        known || source == Source::File,
        value,
        "Invalid locale name",
    )
}

// COMPAT: Redis refuses it likewise where its allocator cannot; here a file with it still loads.
fn no_defragmentation(value: Value, source: Source) -> Result<Value, Refusal> {
    let refused = value.flag() && source == Source::Command;
    demand(
        !refused,
        value,
        "Active defragmentation cannot be enabled: it requires a Redis server compiled with a \
         modified Jemalloc like the one shipped by default with the Redis source distribution",
    )
}

/// A server that was told to encrypt must not listen in the clear instead.
fn no_tls(value: Value, _: Source) -> Result<Value, Refusal> {
    let wanted = value.flag() || value.int::<i64>() != 0;
    demand(!wanted, value, "TLS is not available in this build")
}

/// A server that was told to restrict its users must not start with everything allowed.
fn no_acl_file(value: Value, _: Source) -> Result<Value, Refusal> {
    demand(
        value.text().is_empty(),
        value,
        "ACL files are not available in this build",
    )
}
