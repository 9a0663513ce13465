//! Every setting, one row each, in alphabetical order.
//!
//! A row without `to` is kept and shown but has no effect yet. Names, ranges and defaults are those
//! of Redis 7.4; settings that Redis 8 or Valkey added follow them.
//!
//! Always true: names and aliases are unique; every default is valid and shows as it is written.
//! Long because a setting is a row, and there are that many settings.
//! Not here: what a row may say — `setting.rs`; what kinds there are — `kind.rs`.

use core::net::{Ipv4Addr, Ipv6Addr};

use super::kind::{Kind, Names};
use super::setting::{Act, Setting, Source};
use super::value::{
    AppendSync, EvictionPolicy, Permission, Refusal, ShutdownFlags, Value, log_level,
    peer_certificate, peer_field,
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
        .to(|t, v| t.acl_pubsub_default = v.choice() == 1)
        .does("Whether new users may use every channel or none."),
    Setting::text("aclfile", "").immutable().to(|t, v| t.aclfile = v.text())
        .does("The file that holds the users."),
    Setting::int("acllog-max-len", "128", 0, LONG).to(|t, v| t.acllog_max_len = v.int())
        .does("How many entries ACL LOG keeps."),
    Setting::int("active-defrag-cycle-max", "25", 1, 99)
        .needless()
        .does("The greatest share of a CPU for defragmentation, in percent."),
    Setting::int("active-defrag-cycle-min", "1", 1, 99)
        .needless()
        .does("The least share of a CPU for defragmentation, in percent."),
    Setting::int("active-defrag-cycle-us", "500", 0, 100_000).needless()
        .does("Microseconds of one step of defragmentation."),
    Setting::size("active-defrag-ignore-bytes", "104857600", 1, BYTES)
        .needless()
        .does("Bytes of fragmentation below which nothing is defragmented."),
    Setting::int("active-defrag-max-scan-fields", "1000", 1, LONG)
        .needless()
        .does("Collections with more fields are defragmented in steps."),
    Setting::int("active-defrag-threshold-lower", "10", 0, 1000)
        .needless()
        .does("The fragmentation at which defragmentation begins, in percent."),
    Setting::int("active-defrag-threshold-upper", "100", 0, 1000)
        .needless()
        .does("The fragmentation at which defragmentation works hardest, in percent."),
    Setting::int("active-expire-effort", "1", 1, 10)
        .needless()
        .does("How eagerly expired keys are looked for; expiry is exact whatever the value."),
    Setting::flag("activedefrag", "no").check(no_defragmentation)
        .needless()
        .does("Defragmentation while the server runs."),
    Setting::flag("activerehashing", "yes")
        .needless()
        .does("Whether idle time is used for rehashing; tables never rehash."),
    Setting::flag("always-show-logo", "no").immutable().to(|t, v| t.always_show_logo = v.flag())
        .does("Whether the logo is printed even to a log file."),
    Setting::flag("aof-checksum", "yes").to(|t, v| t.aof_checksum = v.flag())
        .does("Whether changes in files that are appended to from then on have checksums."),
    Setting::flag("aof-disable-auto-gc", "no").hidden()
        .to(|t, v| t.aof_disable_auto_gc = v.flag()).then(Act::Append)
        .does("Whether old append-only files are kept."),
    Setting::size("aof-load-corrupt-tail-max-size", "0", 0, BYTES)
        .to(|t, v| t.aof_load_corrupt_tail_max_size = v.size())
        .does("Up to how many damaged bytes are cut off the last append-only file; 0: none."),
    Setting::flag("aof-load-truncated", "yes").to(|t, v| t.aof_load_truncated = v.flag())
        .does("Whether an append-only file that ends in the middle of a command is loaded."),
    Setting::text("aof-rewrite-cpulist", "").alias("aof_rewrite_cpulist").optional()
        .check(fixed_cpus)
        .lacks("files are rewritten by the threads of 'bgsave-cpulist'")
        .does("The CPUs for rewriting the append-only file."),
    Setting::flag("aof-rewrite-incremental-fsync", "yes")
        .does("Whether a rewrite of the append-only file syncs as it goes."),
    Setting::flag("aof-timestamp-enabled", "no").to(|t, v| t.aof_timestamp_enabled = v.flag())
        .does("Whether the append-only file holds timestamps."),
    Setting::flag("aof-use-rdb-preamble", "yes").to(|t, v| t.aof_use_rdb_preamble = v.flag())
        .does("Whether a rewritten append-only file begins with an RDB image."),
    Setting::text("appenddirname", "appendonlydir").immutable().check(check_append_dir)
        .to(|t, v| t.appenddirname = v.text())
        .does("The folder of the append-only files, below `dir`."),
    Setting::text("appendfilename", "appendonly.aof").immutable().check(check_append_file)
        .to(|t, v| t.appendfilename = v.text())
        .does("The beginning of the names of append-only files."),
    Setting::choice("appendfsync", "everysec", APPENDFSYNC)
        .to(|t, v| t.appendfsync = AppendSync::from_number(v.choice())).then(Act::Append)
        .does("When the append-only file is synced."),
    Setting::flag("appendonly", "no").not_while_loading().to(|t, v| t.appendonly = v.flag())
        .then(Act::Append)
        .does("Whether every change is appended to a file."),
    Setting::size("auto-aof-rewrite-min-size", "67108864", 0, BYTES)
        .to(|t, v| t.auto_aof_rewrite_min_size = v.size())
        .does("Smaller append-only files are not rewritten on their own."),
    Setting::int("auto-aof-rewrite-percentage", "100", 0, INT)
        .to(|t, v| t.auto_aof_rewrite_percentage = v.int())
        .does("The growth since the last rewrite that starts another, in percent."),
    Setting::text("availability-zone", "").to(|t, v| t.availability_zone = v.text())
        .does("The availability zone that is reported to clients."),
    Setting::int("backup-sealed-ttl", "0", 0, LONG).to(|t, v| t.backup_sealed_ttl = v.int())
        .does("Seconds after which a sealed backup is removed; 0: never."),
    Setting::text("backupdirname", "backupdir").immutable().check(check_backup_dir)
        .to(|t, v| t.backupdirname = v.text())
        .does("The folder of backups, below `dir`."),
    Setting::text("bgsave-cpulist", "").alias("bgsave_cpulist").optional()
        .check(fixed_cpus).by_name()
        .does("The CPUs for saving, rewriting and loading in the background."),
    Setting::special("bind", "* -::*", Kind::Addresses).to(|t, v| t.bind = v.addresses())
        .then(Act::Listen)
        .does("Addresses to listen on; with `-` before it, an address may be missing."),
    Setting::text("bind-source-addr", "").optional().to(|t, v| t.bind_source_addr = v.text())
        .lacks("the system chooses the address")
        .does("The address that outgoing connections come from."),
    Setting::text("bio-cpulist", "").alias("bio_cpulist").optional()
        .check(fixed_cpus).by_name()
        .does("The CPUs for threads in the background."),
    Setting::int("busy-reply-threshold", "5000", 0, LONG).alias("lua-time-limit")
        .to(|t, v| t.busy_reply_threshold = v.int())
        .does("Milliseconds after which a running script makes other clients get BUSY."),
    Setting::special("client-output-buffer-limit", OUTPUT_LIMITS, Kind::OutputLimits)
        .to(|t, v| t.client_output_buffer_limit = v.output_limits())
        .does("Limits on the replies that wait for clients of each class."),
    Setting::size("client-query-buffer-limit", "1073741824", 1 << 20, BYTES)
        .to(|t, v| t.client_query_buffer_limit = v.size()).then(Act::Data)
        .does("Bytes of requests that may wait to be executed, for each client."),
    Setting::flag("cluster-allow-pubsubshard-when-down", "yes")
        .does("Whether shard channels work while the cluster is down."),
    Setting::flag("cluster-allow-reads-when-down", "no")
        .does("Whether a node answers reads while the cluster is down."),
    Setting::flag("cluster-allow-replica-migration", "yes")
        .does("Whether replicas move to primaries that have none."),
    Setting::int("cluster-announce-bus-port", "0", 0, 65535)
        .does("The bus port that is announced to other nodes; 0: the real one."),
    Setting::text("cluster-announce-client-ipv4", "").optional().check(check_ipv4)
        .does("The IPv4 address that is announced to clients of a cluster."),
    Setting::text("cluster-announce-client-ipv6", "").optional().check(check_ipv6)
        .does("The IPv6 address that is announced to clients of a cluster."),
    Setting::int("cluster-announce-client-port", "0", 0, 65535)
        .does("The port that is announced to clients of a cluster; 0: the real one."),
    Setting::int("cluster-announce-client-tls-port", "0", 0, 65535)
        .does("The TLS port that is announced to clients of a cluster; 0: the real one."),
    Setting::text("cluster-announce-hostname", "").optional().check(check_hostname)
        .does("The host name that is announced to clients."),
    Setting::text("cluster-announce-human-nodename", "").optional().check(check_node_name)
        .does("A name of this node for logs."),
    Setting::text("cluster-announce-ip", "").optional()
        .does("The address that is announced to clients and nodes; empty: the real one."),
    Setting::int("cluster-announce-port", "0", 0, 65535)
        .does("The port that is announced to clients and nodes; 0: the real one."),
    Setting::int("cluster-announce-tls-port", "0", 0, 65535)
        .does("The TLS port that is announced to clients and nodes; 0: the real one."),
    Setting::int("cluster-blacklist-ttl", "60", 0, LONG)
        .does("Seconds that a forgotten node cannot join the cluster again."),
    Setting::int("cluster-compatibility-sample-ratio", "0", 0, 100)
        .does("Percentage of commands that are examined for their use in a cluster."),
    Setting::text("cluster-config-file", "nodes.conf").immutable()
        .does("The file in which a cluster node keeps its state."),
    Setting::choice("cluster-config-save-behavior", "sync", &[("sync", 0), ("best-effort", 1)])
        .does("Whether a cluster node ends when it cannot save its state."),
    Setting::int("cluster-databases", "1", 1, INT).immutable()
        .does("The number of numbered databases of a cluster."),
    Setting::flag("cluster-enabled", "no").immutable().to(|t, v| t.cluster_enabled = v.flag())
        .lacks("this is a standalone server that serves every key")
        .does("Whether this is a node of a cluster."),
    Setting::size("cluster-link-sendbuf-limit", "0", 0, u64::MAX)
        .does("Bytes that may wait on a link of the cluster bus; 0: no limit."),
    Setting::int("cluster-manual-failover-timeout", "5000", 1, INT)
        .does("Milliseconds that a manual failover may take."),
    Setting::int("cluster-migration-barrier", "1", 0, INT)
        .does("The number of replicas that a primary keeps when one moves to another primary."),
    Setting::int("cluster-node-timeout", "15000", 0, LONG)
        .does("Milliseconds of silence after which a node is suspected to have failed."),
    Setting::int("cluster-ping-interval", "0", 0, LONG).hidden()
        .does("The period of pings on the cluster bus; 0: chosen by the server."),
    Setting::int("cluster-port", "0", 0, 65535).immutable()
        .does("The port of the cluster bus; 0: `port` plus 10000."),
    Setting::choice("cluster-preferred-endpoint-type", "ip",
        &[("ip", 0), ("hostname", 1), ("unknown-endpoint", 2)])
        .does("The kind of address of a node that is announced to clients."),
    Setting::flag("cluster-replica-no-failover", "no").alias("cluster-slave-no-failover")
        .does("Whether this replica never takes over on its own."),
    Setting::int("cluster-replica-validity-factor", "10", 0, INT)
        .alias("cluster-slave-validity-factor")
        .does("How stale a replica's data may be for it to take over."),
    Setting::flag("cluster-require-full-coverage", "yes")
        .does("Whether the cluster is down while a slot has no node."),
    Setting::int("cluster-slot-migration-log-max-len", "1000", 0, LONG)
        .does("The number of finished slot migrations that are remembered."),
    Setting::flag("cluster-slot-stats-enabled", "no")
        .does("Whether statistics are kept for each slot."),
    Setting::int("commandlog-large-reply-max-len", "128", 0, LONG)
        .to(|t, v| t.commandlog_large_reply_max_len = v.int()).then(Act::Data)
        .does("The number of commands with large replies that the command log keeps."),
    Setting::int("commandlog-large-request-max-len", "128", 0, LONG)
        .to(|t, v| t.commandlog_large_request_max_len = v.int()).then(Act::Data)
        .does("The number of large requests that the command log keeps."),
    Setting::int("commandlog-reply-larger-than", "1048576", -1, LONG)
        .to(|t, v| t.commandlog_reply_larger_than = v.int()).then(Act::Data)
        .does("Bytes of a reply from which a command is kept in the command log; -1: keeps none."),
    Setting::int("commandlog-request-larger-than", "1048576", -1, LONG)
        .to(|t, v| t.commandlog_request_larger_than = v.int()).then(Act::Data)
        .does("Bytes of a request from which it is kept in the command log; -1: keeps none."),
    Setting::flag("crash-log-enabled", "yes")
        .to(|t, v| t.crash_log_enabled = v.flag()).then(Act::Data)
        .does("Whether a crash writes a report."),
    Setting::flag("crash-memcheck-enabled", "yes")
        .lacks("memory is not tested")
        .does("Whether a crash tests the memory."),
    Setting::flag("daemonize", "no").immutable().to(|t, v| t.daemonize = v.flag())
        .does("Whether the server goes to the background."),
    Setting::int("databases", "16", 1, INT).immutable().to(|t, v| t.databases = v.int())
        .does("The number of numbered databases."),
    Setting::text("dbfilename", "dump.rdb").protected().check(check_db_file)
        .to(|t, v| t.dbfilename = v.text())
        .does("The RDB file, in `dir`."),
    Setting::text("dir", ".").protected().not_while_loading().check(check_directory)
        .to(|t, v| t.dir = v.text())
        .then(Act::Directory)
        .does("The working directory, where all files are."),
    Setting::flag("disable-thp", "yes").immutable()
        .needless()
        .does("Whether transparent huge pages are turned off; nothing forks, and they make it faster."),
    Setting::flag("dual-channel-replication-enabled", "no")
        .does("Whether a full sync uses a connection of its own."),
    Setting::flag("dynamic-hz", "yes").to(|t, v| t.dynamic_hz = v.flag()).needless()
        .does("Whether the frequency of periodic tasks adapts to the number of clients."),
    Setting::choice("enable-debug-command", "no", PERMISSION).immutable()
        .to(|t, v| t.enable_debug_command = Permission::from_number(v.choice()))
        .does("Clients that may use DEBUG."),
    Setting::choice("enable-module-command", "no", PERMISSION).immutable()
        .to(|t, v| t.enable_module_command = Permission::from_number(v.choice()))
        .does("Clients that may use MODULE."),
    Setting::choice("enable-protected-configs", "no", PERMISSION).immutable()
        .to(|t, v| t.enable_protected_configs = Permission::from_number(v.choice()))
        .does("Clients that may change protected settings."),
    Setting::flag("extended-redis-compatibility", "no").needless()
        .does("Whether the server calls itself Redis, which it always does."),
    Setting::int("hash-max-listpack-entries", "512", 0, LONG).alias("hash-max-ziplist-entries")
        .to(|t, v| t.packing.hash_entries_max = v.int()).then(Act::Data)
        .does("The number of fields above which a hash is not kept as a listpack."),
    Setting::size("hash-max-listpack-value", "64", 0, BYTES).alias("hash-max-ziplist-value")
        .to(|t, v| t.packing.hash_value_max = v.size() as usize).then(Act::Data)
        .does("Bytes of a field or value above which a hash is not kept as a listpack."),
    Setting::text("hash-seed", "").immutable()
        .does("The seed of hash functions."),
    Setting::flag("hide-user-data-from-log", "no").to(|t, v| t.hide_user_data_from_log = v.flag())
        .then(Act::Data)
        .does("Whether keys, values and names that clients chose are kept out of the log."),
    Setting::size("hll-sparse-max-bytes", "3000", 0, BYTES)
        .to(|t, v| t.packing.hll_sparse_bytes_max = v.size() as usize).then(Act::Data)
        .does("Bytes above which a HyperLogLog is dense."),
    Setting::int("hz", "10", 0, INT).check(clamp_hz).to(|t, v| t.hz = v.int()).needless()
        .does("Periodic tasks per second; they run when they are due, whatever the value."),
    Setting::text("ignore-warnings", "")
        .does("Warnings at the start that are passed over."),
    Setting::flag("import-mode", "no").to(|t, v| t.import_mode = v.flag())
        .then(Act::Data)
        .does("Whether data is imported from another server, which then decides on expiry."),
    Setting::int("io-threads", "1", 1, 128).immutable()
        .lacks("one thread serves all clients")
        .does("How many threads read and write for clients."),
    Setting::flag("io-threads-do-reads", "no").immutable()
        .does("Whether I/O threads also read requests."),
    Setting::flag("jemalloc-bg-thread", "yes")
        .needless()
        .does("Whether the allocator gives memory back in the background."),
    Setting::int("key-load-delay", "0", i32::MIN as i64, INT).hidden()
        .to(|t, v| t.key_load_delay = v.int())
        .does("A pause after each loaded key in microseconds, for tests."),
    Setting::int("latency-monitor-threshold", "0", 0, LONG)
        .to(|t, v| t.latency_monitor_threshold = v.int()).then(Act::Data)
        .does("Milliseconds from which LATENCY records an event; 0: records none."),
    Setting::flag("latency-tracking", "yes").to(|t, v| t.latency_tracking = v.flag())
        .does("Whether the latency of every command is kept."),
    Setting::special("latency-tracking-info-percentiles", "50 99 99.9", Kind::Percentiles)
        .to(|t, v| t.latency_tracking_info_percentiles = v.percentiles())
        .does("The percentiles that INFO shows."),
    Setting::flag("lazyfree-lazy-eviction", "no").to(|t, v| t.lazyfree_lazy_eviction = v.flag())
        .does("Whether evicted values are freed in the background."),
    Setting::flag("lazyfree-lazy-expire", "no").to(|t, v| t.lazyfree_lazy_expire = v.flag())
        .then(Act::Data)
        .does("Whether expired keys are propagated as UNLINK instead of DEL."),
    Setting::flag("lazyfree-lazy-server-del", "no")
        .to(|t, v| t.lazyfree_lazy_server_del = v.flag()).then(Act::Data)
        .does("Whether keys that a command removes as a side effect are propagated as UNLINK."),
    Setting::flag("lazyfree-lazy-user-del", "no").to(|t, v| t.lazyfree_lazy_user_del = v.flag())
        .unread()
        .does("Whether DEL works as UNLINK."),
    Setting::flag("lazyfree-lazy-user-flush", "no")
        .to(|t, v| t.lazyfree_lazy_user_flush = v.flag()).then(Act::Data)
        .does("Whether FLUSHALL and FLUSHDB free in the background unless the command says SYNC."),
    Setting::int("lfu-decay-time", "1", 0, INT).to(|t, v| t.lfu_decay_time = v.int())
        .then(Act::Data)
        .does("Minutes after which the frequency counter of an unused key is lowered."),
    Setting::int("lfu-log-factor", "10", 0, INT).to(|t, v| t.lfu_log_factor = v.int())
        .then(Act::Data)
        .does("How slowly the frequency counter of a used key rises."),
    Setting::int("list-compress-depth", "0", 0, INT)
        .to(|t, v| t.packing.list_compress_depth = v.int()).then(Act::Data)
        .does("Blocks at each end of a list that are not compressed; 0: compresses nothing."),
    Setting::int("list-max-listpack-size", "-2", i32::MIN as i64, INT)
        .alias("list-max-ziplist-size")
        .to(|t, v| t.packing.list_size = v.int()).then(Act::Data)
        .does("Elements in a block of a list, or one of five sizes if negative."),
    Setting::int("loading-process-events-interval-bytes", "2097152", 1024, INT).hidden()
        .does("Loaded bytes after which waiting clients are served."),
    Setting::text("locale-collate", "").check(byte_order)
        .does("The locale by which strings are sorted."),
    Setting::choice("log-format", "legacy", &[("legacy", 0), ("logfmt", 1), ("json", 2)])
        .does("The format of lines of the log."),
    Setting::choice("log-timestamp-format", "legacy",
        &[("legacy", 0), ("iso8601", 1), ("milliseconds", 2)])
        .does("The format of times in the log."),
    Setting::text("logfile", "").immutable().to(|t, v| t.logfile = v.text())
        .does("The log file; empty: standard output."),
    Setting::choice("loglevel", "notice", LOGLEVEL).to(|t, v| t.loglevel = log_level(v.choice()))
        .then(Act::Log)
        .does("The least important level that is logged."),
    Setting::secret("masterauth").alias("primaryauth")
        .does("The password for the primary."),
    Setting::text("masteruser", "").alias("primaryuser").sensitive().optional()
        .does("The user name for the primary."),
    Setting::int("max-new-connections-per-cycle", "10", 1, 1000)
        .needless()
        .does("Connections that are accepted in one turn of the event loop."),
    Setting::int("max-new-tls-connections-per-cycle", "1", 1, 1000)
        .to(|t, v| t.max_new_tls_connections_per_cycle = v.int()).then(Act::Listen)
        .does("Steps of TLS handshakes that one turn of the event loop makes."),
    Setting::int("maxclients", "10000", 1, UINT).to(|t, v| t.maxclients = v.int())
        .then(Act::OpenFiles)
        .does("The greatest number of connected clients."),
    Setting::size("maxmemory", "0", 0, u64::MAX).to(|t, v| t.maxmemory = v.size())
        .then(Act::Data)
        .does("Bytes of memory above which writes are refused, or keys evicted; 0: no limit."),
    Setting::special("maxmemory-clients", "0", Kind::SizeOrPercent)
        .to(|t, v| t.maxmemory_clients = v.memory_share()).then(Act::Data)
        .does("Bytes that the buffers of all clients may take together; 0: no limit."),
    Setting::int("maxmemory-eviction-tenacity", "10", 0, 100)
        .to(|t, v| t.maxmemory_eviction_tenacity = v.int())
        .does("How long one turn of eviction may last, from 0 to 100."),
    Setting::choice("maxmemory-policy", "noeviction", MAXMEMORY_POLICY)
        .to(|t, v| t.maxmemory_policy = EvictionPolicy::from_number(v.choice())).then(Act::Data)
        .does("Which keys are evicted at `maxmemory`. An LFU policy makes keys count their uses."),
    Setting::int("maxmemory-samples", "5", 1, 64).to(|t, v| t.maxmemory_samples = v.int())
        .then(Act::Data)
        .does("The number of keys that are compared to find one to evict."),
    Setting::special("metrics-bind", "127.0.0.1 -::1", Kind::Addresses)
        .to(|t, v| t.metrics_bind = v.addresses()).then(Act::Listen)
        .does("Addresses on which metrics are served; with `-` before it, an address may be missing."),
    Setting::int("metrics-port", "0", 0, 65535).to(|t, v| t.metrics_port = v.int())
        .then(Act::ListenMetrics)
        .does("The port of HTTP for metrics and health checks; 0: no such port."),
    Setting::flag("metrics-tls", "no").to(|t, v| t.metrics_tls = v.flag()).then(Act::ListenTls)
        .does("Whether metrics are served by TLS."),
    Setting::text("metrics-user", "").optional().to(|t, v| t.metrics_user = v.text())
        .does("The user as whom scrapers must authenticate, and who may run INFO; empty: all may scrape."),
    Setting::int("min-replicas-max-lag", "10", 0, INT).alias("min-slaves-max-lag")
        .does("Seconds of silence after which `min-replicas-to-write` skips a replica."),
    Setting::int("min-replicas-to-write", "0", 0, INT).alias("min-slaves-to-write")
        .lacks("writes are accepted without replicas")
        .does("The number of replicas below which writes are refused."),
    Setting::flag("mptcp", "no").immutable()
        .does("Whether listeners use Multipath TCP."),
    Setting::flag("no-appendfsync-on-rewrite", "no")
        .to(|t, v| t.no_appendfsync_on_rewrite = v.flag())
        .does("Whether the append-only file is not synced while it is rewritten."),
    Setting::special("notify-keyspace-events", "", Kind::Events)
        .to(|t, v| t.notify_keyspace_events = v.choice()).then(Act::Data)
        .does("Which keyspace events are published."),
    Setting::choice("oom-score-adj", "no",
        &[("no", 0), ("yes", 1), ("relative", 1), ("absolute", 2)])
        .to(|t, v| t.oom_score_adj = v.choice()).then(Act::OomScore)
        .does("Whether the server sets its scores for the out-of-memory killer."),
    Setting::special("oom-score-adj-values", "0 200 800", Kind::OomScores)
        .to(|t, v| t.oom_score_adj_values = v.oom_scores()).then(Act::OomScore)
        .does("Scores for the out-of-memory killer: of a primary, a replica, a child process."),
    Setting::text("pidfile", "").immutable().optional().to(|t, v| t.pidfile = v.text())
        .does("The file that holds the process id."),
    Setting::int("port", "6379", 0, 65535).to(|t, v| t.port = v.int()).then(Act::Listen)
        .does("The TCP port; 0: no TCP port."),
    Setting::int("prefetch-batch-max-size", "16", 0, 128).needless()
        .does("The number of commands whose keys are prefetched together."),
    Setting::text("preload-file", "").immutable().optional().check(check_preload_file)
        .to(|t, v| t.preload_file = v.text())
        .does("The files to load at the start instead of the usual ones: `rdb:PATH` or `aof:PATH`."),
    Setting::text("proc-title-template", "{title} {listen-addr} {server-mode}")
        .check(check_template).to(|t, v| t.proc_title_template = v.text()).unread()
        .does("The title of the process in the process list."),
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
        .to(|t, v| t.rdb_key_save_delay = v.int())
        .does("A pause after each saved key in microseconds, for tests."),
    Setting::flag("rdb-save-incremental-fsync", "yes")
        .does("Whether saving syncs as it goes."),
    Setting::choice("rdb-version-check", "strict", &[("strict", 0), ("relaxed", 1)])
        .does("Whether RDB files of newer versions are refused."),
    Setting::flag("rdbchecksum", "yes").immutable().to(|t, v| t.rdbchecksum = v.flag())
        .does("Whether RDB files end in a checksum, and whether it is compared when they are loaded."),
    Setting::flag("rdbcompression", "yes").to(|t, v| t.rdbcompression = v.flag())
        .does("Whether strings in RDB files are compressed."),
    Setting::text("rdma-bind", "").optional().check(no_rdma)
        .does("Addresses to listen on for RDMA."),
    Setting::int("rdma-completion-vector", "-1", -1, 1024).immutable()
        .does("The completion vector of RDMA; -1: a random one."),
    Setting::int("rdma-port", "0", 0, 65535).check(no_rdma)
        .lacks("nothing listens for RDMA")
        .does("The RDMA port; 0: no RDMA port."),
    Setting::int("rdma-rx-size", "1048576", 65_536, 16_777_216).immutable()
        .does("Bytes of the receive buffer of RDMA."),
    Setting::size("repl-backlog-size", "1048576", 1, BYTES).check(enough_backlog)
        .does("Bytes of changes that are kept for replicas that reconnect."),
    Setting::int("repl-backlog-ttl", "3600", 0, LONG)
        .does("Seconds without replicas after which the backlog is freed; 0: never."),
    Setting::flag("repl-disable-tcp-nodelay", "no")
        .does("Whether replication waits to fill its packets."),
    Setting::choice("repl-diskless-load", "disabled",
        &[("disabled", 0), ("on-empty-db", 1), ("swapdb", 2), ("flush-before-load", 3)])
        .not_while_loading()
        .does("Whether a replica loads from the socket."),
    Setting::flag("repl-diskless-sync", "yes")
        .does("Whether a full sync goes to the socket without a file."),
    Setting::int("repl-diskless-sync-delay", "5", 0, INT)
        .does("Seconds that a diskless sync waits for more replicas."),
    Setting::int("repl-diskless-sync-max-replicas", "0", 0, INT)
        .does("The number of waiting replicas at which a diskless sync starts at once."),
    Setting::flag("repl-mptcp", "no").immutable()
        .does("Whether replication uses Multipath TCP."),
    Setting::int("repl-ping-replica-period", "10", 1, INT).alias("repl-ping-slave-period")
        .does("Seconds between two pings to replicas."),
    Setting::int("repl-timeout", "60", 1, INT)
        .does("Seconds of silence after which a replication link is closed."),
    Setting::text("replica-announce-ip", "").alias("slave-announce-ip").optional()
        .does("The address that a replica tells its primary."),
    Setting::int("replica-announce-port", "0", 0, 65535).alias("slave-announce-port")
        .does("The port that a replica tells its primary."),
    Setting::flag("replica-announced", "yes")
        .does("Whether Sentinels show this replica."),
    Setting::size("replica-full-sync-buffer-limit", "0", 0, BYTES)
        .does("Bytes that a replica collects during a full sync; 0: as its output limit."),
    Setting::flag("replica-ignore-disk-write-errors", "no")
        .does("Whether a replica goes on when it cannot write its disk."),
    Setting::flag("replica-ignore-maxmemory", "yes").alias("slave-ignore-maxmemory")
        .does("Whether a replica leaves eviction to its primary."),
    Setting::flag("replica-lazy-flush", "no").alias("slave-lazy-flush")
        .does("Whether a replica frees its old data in the background before a full sync."),
    Setting::int("replica-priority", "100", 0, INT).alias("slave-priority")
        .does("The priority for promotion by Sentinels, lowest first; 0: never promoted."),
    Setting::flag("replica-read-only", "yes").alias("slave-read-only")
        .does("Whether a replica refuses writes."),
    Setting::flag("replica-serve-stale-data", "yes").alias("slave-serve-stale-data")
        .does("Whether a replica answers without its primary."),
    Setting::special("replicaof", "", Kind::Primary).alias("slaveof").immutable()
        .to(|t, v| t.replicaof = v.primary())
        .lacks("this is a primary with data of its own, which takes writes")
        .does("The primary to replicate."),
    Setting::secret("requirepass").to(|t, v| t.requirepass = v.secret()).then(Act::Password)
        .does("The password of the default user."),
    Setting::choice("sanitize-dump-payload", "no", &[("no", 0), ("yes", 1), ("clients", 2)])
        .needless()
        .does("Whether RDB images are checked in depth; they always are."),
    Setting::special("save", "3600 1 300 100 60 10000", Kind::SavePoints)
        .to(|t, v| t.save = v.save_points()).then(Act::Data)
        .does("Save points: pairs of seconds and of changes in them, after which data is saved."),
    Setting::text("server-cpulist", "").alias("server_cpulist").optional()
        .check(fixed_cpus).by_name()
        .does("The CPUs for the server."),
    Setting::int("set-max-intset-entries", "512", 0, LONG)
        .to(|t, v| t.packing.set_intset_entries_max = v.int()).then(Act::Data)
        .does("The number of integers above which a set is not kept as an intset."),
    Setting::int("set-max-listpack-entries", "128", 0, LONG)
        .to(|t, v| t.packing.set_entries_max = v.int()).then(Act::Data)
        .does("The number of members above which a set is not kept as a listpack."),
    Setting::int("set-max-listpack-value", "64", 0, LONG)
        .to(|t, v| t.packing.set_value_max = v.int()).then(Act::Data)
        .does("Bytes of a member above which a set is not kept as a listpack."),
    Setting::flag("set-proc-title", "yes").immutable().to(|t, v| t.set_proc_title = v.flag())
        .unread()
        .does("Whether the server sets its title in the process list."),
    Setting::special("shutdown-on-sigint", "default", Kind::Choices(SHUTDOWN))
        .check(check_shutdown).to(|t, v| t.shutdown_on_sigint = ShutdownFlags(v.choice()))
        .does("How SIGINT ends the server."),
    Setting::special("shutdown-on-sigterm", "default", Kind::Choices(SHUTDOWN))
        .check(check_shutdown).to(|t, v| t.shutdown_on_sigterm = ShutdownFlags(v.choice()))
        .does("How SIGTERM ends the server."),
    Setting::int("shutdown-timeout", "10", 0, INT).to(|t, v| t.shutdown_timeout = v.int()).unread()
        .does("Seconds that a shutdown waits for replicas."),
    Setting::special("slot-migration-max-failover-repl-bytes", "0", Kind::SignedSize { min: -1 })
        .does("Bytes left to send at which a slot migration pauses writes; -1: any number."),
    Setting::int("slowlog-log-slower-than", "10000", -1, LONG)
        .alias("commandlog-execution-slower-than")
        .to(|t, v| t.slowlog_log_slower_than = v.int()).then(Act::Data)
        .does("Microseconds from which a command is kept in the slow log; -1: keeps none."),
    Setting::int("slowlog-max-len", "128", 0, LONG).alias("commandlog-slow-execution-max-len")
        .to(|t, v| t.slowlog_max_len = v.int()).then(Act::Data)
        .does("The number of commands that the slow log keeps."),
    Setting::int("socket-mark-id", "0", 0, UINT).immutable()
        .does("The mark of packets, for the kernel's packet filter."),
    Setting::flag("stop-writes-on-bgsave-error", "yes")
        .to(|t, v| t.stop_writes_on_bgsave_error = v.flag()).then(Act::Data)
        .does("Whether writes are refused after saving has failed."),
    Setting::size("stream-node-max-bytes", "4096", 0, BYTES)
        .to(|t, v| t.packing.stream_bytes_max = v.size() as usize).then(Act::Data)
        .does("The greatest size of a block of a stream."),
    Setting::int("stream-node-max-entries", "100", 0, LONG)
        .to(|t, v| t.packing.stream_entries_max = v.int()).then(Act::Data)
        .does("The number of entries in a block of a stream."),
    Setting::choice("supervised", "no", &[("upstart", 3), ("systemd", 2), ("auto", 1), ("no", 0)])
        .immutable().to(|t, v| t.supervised = v.choice())
        .does("The supervisor that is notified when the server is ready."),
    Setting::flag("syslog-enabled", "no").immutable().to(|t, v| t.syslog_enabled = v.flag())
                .does("Whether the log goes to syslog."),
    Setting::choice("syslog-facility", "local0", SYSLOG_FACILITY).immutable().by_name()
        .does("The facility for syslog."),
    Setting::text("syslog-ident", "redis").immutable().by_name()
        .does("The name for syslog."),
    Setting::int("tcp-backlog", "511", 0, INT).immutable().to(|t, v| t.tcp_backlog = v.int())
        .does("The number of connections that may wait to be accepted."),
    Setting::int("tcp-keepalive", "300", 0, INT).to(|t, v| t.tcp_keepalive = v.int())
        .then(Act::Keepalive)
        .does("Idle seconds after which the other end of a connection is probed; 0: never."),
    Setting::int("timeout", "0", 0, INT).to(|t, v| t.timeout = v.int())
        .does("Idle seconds after which a client is closed; 0: never."),
    Setting::choice("tls-auth-clients", "yes", &[("no", 0), ("yes", 1), ("optional", 2)])
        .to(|t, v| t.tls.peer_certificate = peer_certificate(v.choice())).then(Act::Tls)
        .does("Whether clients must show a TLS certificate."),
    Setting::choice("tls-auth-clients-user", "off", &[("CN", 0), ("URI", 1), ("off", 2)])
        .to(|t, v| t.tls.peer_field = peer_field(v.choice())).then(Act::Tls)
        .does("The field of a client's TLS certificate that names its user."),
    Setting::int("tls-auto-reload-interval", "0", 0, INT)
        .to(|t, v| t.tls_auto_reload_interval = v.int())
        .does("Seconds after which TLS certificates are loaded again; 0: never."),
    Setting::text("tls-ca-cert-dir", "").optional().to(|t, v| t.tls.ca_dir = v.text())
        .then(Act::Tls)
        .does("The folder of trusted TLS certificates."),
    Setting::text("tls-ca-cert-file", "").optional().to(|t, v| t.tls.ca_file = v.text())
        .then(Act::Tls)
        .does("The file of trusted TLS certificates."),
    Setting::text("tls-cert-file", "").optional().to(|t, v| t.tls.server.cert_file = v.text())
        .then(Act::Tls)
        .does("The server's TLS certificate."),
    Setting::text("tls-ciphers", "").optional().to(|t, v| t.tls.ciphers = v.text())
        .then(Act::Tls)
        .does("The ciphers of TLS 1.2."),
    Setting::text("tls-ciphersuites", "").optional().to(|t, v| t.tls.ciphersuites = v.text())
        .then(Act::Tls)
        .does("The ciphers of TLS 1.3."),
    Setting::text("tls-client-cert-file", "").optional()
        .to(|t, v| t.tls.client.cert_file = v.text()).then(Act::Tls)
        .does("The TLS certificate for outgoing connections."),
    Setting::text("tls-client-key-file", "").optional()
        .to(|t, v| t.tls.client.key_file = v.text()).then(Act::Tls)
        .does("The TLS key for outgoing connections."),
    Setting::text("tls-client-key-file-pass", "").sensitive().optional()
        .to(|t, v| t.tls.client.passphrase = v.text().into_bytes()).then(Act::Tls)
        .does("The password of the key for outgoing TLS connections."),
    Setting::flag("tls-cluster", "no").to(|t, v| t.tls_cluster = v.flag()).then(Act::Tls)
        .does("Whether the cluster bus and MIGRATE use TLS."),
    Setting::text("tls-dh-params-file", "").optional().needless()
        .does("Parameters of the Diffie-Hellman key exchange of TLS."),
    Setting::text("tls-key-file", "").optional().to(|t, v| t.tls.server.key_file = v.text())
        .then(Act::Tls)
        .does("The server's TLS key."),
    Setting::text("tls-key-file-pass", "").sensitive().optional()
        .to(|t, v| t.tls.server.passphrase = v.text().into_bytes()).then(Act::Tls)
        .does("The password of the server's TLS key."),
    Setting::int("tls-port", "0", 0, 65535).to(|t, v| t.tls_port = v.int()).then(Act::ListenTls)
        .does("The TLS port; 0: no TLS port."),
    Setting::flag("tls-prefer-server-ciphers", "no")
        .to(|t, v| t.tls.prefers_own_ciphers = v.flag()).then(Act::Tls)
        .does("Whether the server's order of ciphers counts."),
    Setting::text("tls-protocols", "").optional().to(|t, v| t.tls.protocols = v.text())
        .then(Act::Tls)
        .does("The versions of TLS."),
    Setting::flag("tls-replication", "no").to(|t, v| t.tls_replication = v.flag()).unread()
        .then(Act::Tls)
        .does("Whether replication uses TLS."),
    Setting::int("tls-session-cache-size", "20480", 0, INT)
        .to(|t, v| t.tls.sessions_max = v.int()).then(Act::Tls)
        .does("The number of TLS 1.2 sessions that are remembered without tickets; 0: no limit."),
    Setting::int("tls-session-cache-timeout", "300", 0, INT)
        .to(|t, v| t.tls.session_s = v.int()).then(Act::Tls)
        .does("Seconds in which a TLS session can be resumed."),
    Setting::flag("tls-session-caching", "yes").to(|t, v| t.tls.resumes = v.flag())
        .then(Act::Tls)
        .does("Whether TLS sessions can be resumed."),
    Setting::int("tracking-table-max-keys", "1000000", 0, LONG)
        .to(|t, v| t.tracking_table_max_keys = v.int())
        .does("The number of keys that are tracked for client-side caching."),
    Setting::text("unixsocket", "").immutable().optional().to(|t, v| t.unixsocket = v.text())
        .does("The path of the Unix socket."),
    Setting::text("unixsocketgroup", "").immutable().optional()
        .to(|t, v| t.unixsocketgroup = v.text())
        .does("The group of the Unix socket."),
    Setting::special("unixsocketperm", "0", Kind::Octal { max: 0o777 }).immutable()
        .to(|t, v| t.unixsocketperm = v.int())
        .does("Permission bits of the Unix socket, in octal."),
    Setting::flag("use-exit-on-panic", "no").hidden()
        .to(|t, v| t.use_exit_on_panic = v.flag()).then(Act::Data)
        .does("Whether a broken invariant exits instead of aborting."),
    Setting::int("watchdog-period", "0", 0, INT).hidden()
        .to(|t, v| t.watchdog_period = v.int()).then(Act::Data)
        .does("Milliseconds after which a blocked server reports where it is."),
    Setting::int("zset-max-listpack-entries", "128", 0, LONG).alias("zset-max-ziplist-entries")
        .to(|t, v| t.packing.zset_entries_max = v.int()).then(Act::Data)
        .does("The number of members above which a sorted set is not kept as a listpack."),
    Setting::size("zset-max-listpack-value", "64", 0, BYTES).alias("zset-max-ziplist-value")
        .to(|t, v| t.packing.zset_value_max = v.size() as usize).then(Act::Data)
        .does("Bytes of a member above which a sorted set is not kept as a listpack."),
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
    ("volatile-lrm", 8),
    ("allkeys-lrm", 9),
];
const SHUTDOWN: Names = &[
    ("default", 0),
    ("save", 1),
    ("nosave", 2),
    ("now", 4),
    ("force", 8),
    // Both ask for something of a cluster's nodes.
    ("safe", 16),
    ("failover", 32),
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

fn check_backup_dir(value: Value, _: Source) -> Result<Value, Refusal> {
    let name = value.text();
    let value = demand(!name.is_empty(), value, "backupdirname can't be empty")?;
    // COMPAT: Redis takes the two names of directories that are there anyway.
    let fits = is_base_name(&name) && ![".", ".."].contains(&&*name);
    demand(fits, value, "backupdirname can't be a path, just a dirname")
}

/// The path is absolute and normalized, so that it names one file whatever `dir` is.
fn check_preload_file(value: Value, _: Source) -> Result<Value, Refusal> {
    let text = value.text();
    if text.is_empty() {
        return Ok(value);
    }
    let path = ["aof:/", "rdb:/"]
        .iter()
        .find_map(|start| text.strip_prefix(start));
    let Some(path) = path else {
        return Err("argument must be in the format '[aof|rdb]:[filename]'".into());
    };
    let is_odd = |part: &str| matches!(part, "" | "." | "..");
    let value = demand(
        !path.split('/').any(is_odd),
        value,
        "preload-file path must be a normalized absolute file path",
    )?;
    let extension = path.rsplit_once('.').map(|(_, extension)| extension);
    demand(
        extension.is_some_and(|extension| !extension.is_empty()),
        value,
        "preload-file must end with an extension",
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

/// Refuses what is no address of the family.
fn check_ipv4(value: Value, _: Source) -> Result<Value, Refusal> {
    let text = value.text();
    let fits = text.is_empty() || text.parse::<Ipv4Addr>().is_ok();
    demand(fits, value, "Invalid IPv4 address")
}

fn check_ipv6(value: Value, _: Source) -> Result<Value, Refusal> {
    let text = value.text();
    let fits = text.is_empty() || text.parse::<Ipv6Addr>().is_ok();
    demand(fits, value, "Invalid IPv6 address")
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

/// A file that asks for it still loads, as in a Valkey without RDMA.
fn no_rdma(value: Value, source: Source) -> Result<Value, Refusal> {
    let fits = source == Source::File || value == Value::Int(0);
    demand(fits, value, "No RDMA building support.")
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
