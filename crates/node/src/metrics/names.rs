//! The metrics that are fields of INFO, one row each: the names and types of redis_exporter.
//!
//! Dashboards and alert rules know these names, so that a name is what the exporter calls it, also
//! where it breaks a rule for names: a counter without `_total`, a gauge with it.
//!
//! Always true: names and fields are unique, and legal in the text format.
//! Long because a metric is a row, and there are that many metrics.
//! Not here: metrics with labels — `labelled.rs`; values — `info/fields.rs`.

/// The type of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A value that goes up and down.
    Gauge,
    /// A value that goes up, or back to zero.
    Counter,
    /// Shares of observations by quantiles.
    Summary,
    /// Observations by buckets.
    Histogram,
}

impl Kind {
    /// Its name in the text format.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
            Self::Summary => "summary",
            Self::Histogram => "histogram",
        }
    }
}

/// A metric that is a field of INFO.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    /// The field.
    pub field: &'static str,
    /// The type.
    pub kind: Kind,
    /// The name behind [`PREFIX`].
    pub name: &'static str,
    /// The meaning.
    pub help: &'static str,
}

/// The beginning of the names of all metrics that redis_exporter has, too.
pub(crate) const PREFIX: &str = "redis_";

const fn gauge(field: &'static str, name: &'static str, help: &'static str) -> Row {
    Row {
        field,
        kind: Kind::Gauge,
        name,
        help,
    }
}

const fn counter(field: &'static str, name: &'static str, help: &'static str) -> Row {
    Row {
        kind: Kind::Counter,
        ..gauge(field, name, help)
    }
}

/// A gauge that has the name of its field.
const fn same(field: &'static str, help: &'static str) -> Row {
    gauge(field, field, help)
}

/// Every metric that is a field of INFO, in the order of its sections.
#[rustfmt::skip]
pub(crate) const ROWS: &[Row] = &[
    // Server
    same("process_id", "Number of the server's process."),
    same("uptime_in_seconds", "Seconds since the server started."),
    same("hz", "Periodic tasks per second."),
    same("configured_hz", "Periodic tasks per second, as configured."),
    same("io_threads_active", "1 while threads for reading and writing are at work."),
    // Clients
    same("connected_clients", "Client connections, without those of replicas and of HTTP."),
    same("cluster_connections", "Connections of the cluster bus."),
    gauge("maxclients", "max_clients", "Limit on client connections."),
    gauge("client_recent_max_input_buffer", "client_recent_max_input_buffer_bytes", "Largest input buffer of a client."),
    gauge("client_recent_max_output_buffer", "client_recent_max_output_buffer_bytes", "Most output that waits for a client."),
    same("blocked_clients", "Clients that wait in a blocking command."),
    same("tracking_clients", "Clients that track keys for client-side caching."),
    same("pubsub_clients", "Clients with a subscription."),
    same("watching_clients", "Clients that watch keys."),
    same("clients_in_timeout_table", "Blocked clients whose wait has a timeout."),
    same("total_watched_keys", "Keys that clients watch."),
    same("total_blocking_keys", "Keys that blocked clients wait for."),
    same("total_blocking_keys_on_nokey", "Keys whose deletion would wake a blocked client."),
    // Memory
    gauge("used_memory", "memory_used_bytes", "Memory in use."),
    gauge("used_memory_rss", "memory_used_rss_bytes", "Resident memory of the process."),
    gauge("used_memory_peak", "memory_used_peak_bytes", "Most memory that was in use at a time."),
    gauge("used_memory_overhead", "memory_used_overhead_bytes", "Memory in use that is not data."),
    gauge("used_memory_startup", "memory_used_startup_bytes", "Memory in use right after the start."),
    gauge("used_memory_dataset", "memory_used_dataset_bytes", "Memory in use by data."),
    gauge("used_memory_lua", "memory_used_lua_bytes", "Memory of the interpreters of scripts."),
    gauge("used_memory_vm_eval", "memory_used_vm_eval_bytes", "Memory of the interpreter of EVAL scripts."),
    gauge("used_memory_scripts_eval", "memory_used_scripts_eval_bytes", "Memory of cached EVAL scripts, without the interpreter."),
    gauge("used_memory_vm_functions", "memory_used_vm_functions_bytes", "Memory of the interpreter of functions."),
    gauge("used_memory_vm_total", "memory_used_vm_total", "Memory of all interpreters of scripts and functions, in bytes."),
    gauge("used_memory_functions", "memory_used_functions_bytes", "Memory of functions, without the interpreter."),
    gauge("used_memory_scripts", "memory_used_scripts_bytes", "Memory of scripts and functions, without interpreters."),
    same("number_of_cached_scripts", "Cached EVAL scripts."),
    same("number_of_functions", "Loaded functions."),
    same("number_of_libraries", "Loaded libraries of functions."),
    gauge("total_system_memory", "total_system_memory_bytes", "Memory of the machine."),
    gauge("maxmemory", "memory_max_bytes", "Limit on memory in use; 0: none."),
    gauge("allocator_allocated", "allocator_allocated_bytes", "Memory that was asked of the allocator."),
    gauge("allocator_active", "allocator_active_bytes", "Memory in pages that the allocator uses."),
    gauge("allocator_resident", "allocator_resident_bytes", "Memory of the allocator that is resident."),
    gauge("allocator_muzzy", "allocator_muzzy_bytes", "Memory that the allocator offers to the system."),
    same("allocator_frag_ratio", "Active memory of the allocator relative to allocated memory."),
    gauge("allocator_frag_bytes", "allocator_frag_bytes", "Active memory of the allocator beyond allocated memory."),
    same("allocator_rss_ratio", "Resident memory of the allocator relative to active memory."),
    same("allocator_rss_bytes", "Resident memory of the allocator beyond active memory."),
    same("mem_fragmentation_ratio", "Resident memory relative to memory in use."),
    same("mem_fragmentation_bytes", "Resident memory beyond memory in use."),
    gauge("mem_not_counted_for_evict", "mem_not_counted_for_eviction_bytes", "Memory in use that does not count for eviction."),
    gauge("mem_replication_backlog", "mem_replication_backlog_bytes", "Memory of the replication backlog."),
    gauge("mem_total_replication_buffers", "mem_total_replication_buffers_bytes", "Memory of the replication backlog and the buffers of replicas."),
    same("mem_clients_slaves", "Memory of replica connections, in bytes."),
    same("mem_clients_normal", "Memory of client connections, in bytes."),
    gauge("mem_cluster_links", "mem_cluster_links_bytes", "Memory of links of the cluster bus."),
    gauge("mem_aof_buffer", "mem_aof_buffer_bytes", "Memory of changes that wait to be appended to a file."),
    gauge("mem_overhead_db_hashtable_rehashing", "mem_overhead_db_hashtable_rehashing_bytes", "Memory of tables of keys that are being replaced."),
    same("active_defrag_running", "Share of CPU that defragmentation takes at the moment, in percent."),
    same("lazyfree_pending_objects", "Values that wait to be freed by another thread."),
    same("lazyfreed_objects", "Values that another thread has freed."),
    // Persistence
    gauge("loading", "loading_dump_file", "1 while data is loaded from files."),
    same("async_loading", "1 while data is loaded and the old data is still served."),
    same("rdb_changes_since_last_save", "Changes since the data was last saved."),
    same("rdb_bgsave_in_progress", "1 while the data is saved in the background."),
    gauge("rdb_last_save_time", "rdb_last_save_timestamp_seconds", "Unix time of the last save that succeeded."),
    same("rdb_last_bgsave_status", "1 if the last save in the background succeeded, else 0."),
    gauge("rdb_last_bgsave_time_sec", "rdb_last_bgsave_duration_sec", "Seconds that the last save in the background took; -1: there was none."),
    gauge("rdb_current_bgsave_time_sec", "rdb_current_bgsave_duration_sec", "Seconds that the running save has taken; -1: none runs."),
    gauge("rdb_saves", "rdb_saves_total", "Saves that succeeded since the start."),
    gauge("rdb_last_cow_size", "rdb_last_cow_size_bytes", "Memory copied by writes during the last save."),
    gauge("rdb_last_load_keys_expired", "rdb_last_load_expired_keys", "Keys that had expired when the data was last loaded."),
    gauge("rdb_last_load_keys_loaded", "rdb_last_load_loaded_keys", "Keys that were loaded last."),
    same("aof_enabled", "1 while changes are appended to a file."),
    same("aof_rewrite_in_progress", "1 while the append-only file is rewritten."),
    same("aof_rewrite_scheduled", "1 while a rewrite of the append-only file waits for a save to end."),
    gauge("aof_last_rewrite_time_sec", "aof_last_rewrite_duration_sec", "Seconds that the last rewrite of the append-only file took; -1: there was none."),
    gauge("aof_current_rewrite_time_sec", "aof_current_rewrite_duration_sec", "Seconds that the running rewrite of the append-only file has taken; -1: none runs."),
    same("aof_last_bgrewrite_status", "1 if the last rewrite of the append-only file succeeded, else 0."),
    same("aof_last_write_status", "1 if the last write to the append-only file succeeded, else 0."),
    gauge("aof_last_cow_size", "aof_last_cow_size_bytes", "Memory copied by writes during the last rewrite of the append-only file."),
    gauge("aof_current_size", "aof_current_size_bytes", "Size of the append-only file."),
    gauge("aof_base_size", "aof_base_size_bytes", "Size of the append-only file after its last rewrite."),
    same("aof_pending_rewrite", "1 while a rewrite of the append-only file waits for a save to end."),
    same("aof_buffer_length", "Bytes that wait to be appended to a file."),
    same("aof_rewrite_buffer_length", "Bytes that wait for the end of a rewrite of the append-only file."),
    same("aof_pending_bio_fsync", "Syncs of the append-only file that wait in another thread."),
    same("aof_delayed_fsync", "Writes to the append-only file that had to wait for a sync."),
    same("module_fork_in_progress", "1 while a child process of a module runs."),
    same("module_fork_last_cow_size", "Memory copied by writes during the last child process of a module, in bytes."),
    // Stats
    counter("total_connections_received", "connections_received_total", "Client connections accepted."),
    counter("total_commands_processed", "commands_processed_total", "Commands that ran."),
    counter("total_net_input_bytes", "net_input_bytes_total", "Bytes received from clients."),
    counter("total_net_output_bytes", "net_output_bytes_total", "Bytes sent to clients."),
    counter("total_net_repl_input_bytes", "net_repl_input_bytes_total", "Bytes received for replication."),
    counter("total_net_repl_output_bytes", "net_repl_output_bytes_total", "Bytes sent for replication."),
    counter("rejected_connections", "rejected_connections_total", "Connections refused, as for `maxclients`."),
    gauge("sync_full", "replica_resyncs_full", "Full synchronizations with replicas."),
    gauge("sync_partial_ok", "replica_partial_resync_accepted", "Partial synchronizations with replicas that were accepted."),
    gauge("sync_partial_err", "replica_partial_resync_denied", "Partial synchronizations with replicas that were refused."),
    counter("expired_subkeys", "expired_subkeys_total", "Fields of hashes that expired."),
    counter("expired_keys", "expired_keys_total", "Keys that expired."),
    gauge("expired_stale_perc", "expired_stale_percentage", "Estimated share of keys that have expired and are still in memory, in percent."),
    counter("expired_time_cap_reached_count", "expired_time_cap_reached_total", "Expiry cycles that ended for want of time."),
    counter("expire_cycle_cpu_milliseconds", "expire_cycle_cpu_time_ms_total", "Milliseconds of CPU that expiry cycles took."),
    counter("evicted_keys", "evicted_keys_total", "Keys evicted for `maxmemory`."),
    counter("evicted_clients", "evicted_clients_total", "Clients closed for `maxmemory-clients`."),
    counter("evicted_scripts", "evicted_scripts_total", "Cached EVAL scripts evicted."),
    counter("total_eviction_exceeded_time", "eviction_exceeded_time_ms_total", "Milliseconds during which more memory was in use than `maxmemory`."),
    gauge("current_eviction_exceeded_time", "current_eviction_exceeded_time_ms", "Milliseconds since more memory is in use than `maxmemory`; 0: less is."),
    counter("keyspace_hits", "keyspace_hits_total", "Look-ups that found their key."),
    counter("keyspace_misses", "keyspace_misses_total", "Look-ups that did not find their key."),
    same("pubsub_channels", "Channels with subscribers."),
    same("pubsub_patterns", "Patterns with subscribers."),
    same("pubsubshard_channels", "Shard channels with subscribers."),
    gauge("latest_fork_usec", "latest_fork_seconds", "Seconds that the last fork took."),
    gauge("migrate_cached_sockets", "migrate_cached_sockets_total", "Connections to other servers that are kept for MIGRATE."),
    same("slave_expires_tracked_keys", "Keys with deadlines that a writable replica tracks."),
    gauge("active_defrag_hits", "defrag_hits", "Values moved by defragmentation."),
    gauge("active_defrag_misses", "defrag_misses", "Values that defragmentation looked at and left in place."),
    gauge("active_defrag_key_hits", "defrag_key_hits", "Keys that defragmentation moved something of."),
    gauge("active_defrag_key_misses", "defrag_key_misses", "Keys that defragmentation left in place."),
    same("tracking_total_keys", "Keys that are tracked for client-side caching."),
    same("tracking_total_items", "Pairs of a tracked key and a client that may hold it."),
    same("tracking_total_prefixes", "Prefixes that are tracked in broadcasting mode."),
    counter("unexpected_error_replies", "unexpected_error_replies", "Errors that replication or a file of changes met."),
    counter("total_error_replies", "total_error_replies", "Error replies."),
    counter("dump_payload_sanitizations", "dump_payload_sanitizations", "Serialized values that were checked in full."),
    counter("total_reads_processed", "total_reads_processed", "Reads from client connections."),
    counter("total_writes_processed", "total_writes_processed", "Writes to client connections."),
    counter("io_threaded_reads_processed", "io_threaded_reads_processed", "Reads by other threads than the main one."),
    counter("io_threaded_writes_processed", "io_threaded_writes_processed", "Writes by other threads than the main one."),
    counter("client_query_buffer_limit_disconnections", "client_query_buffer_limit_disconnections_total", "Clients closed for `client-query-buffer-limit`."),
    counter("client_output_buffer_limit_disconnections", "client_output_buffer_limit_disconnections_total", "Clients closed for `client-output-buffer-limit`."),
    counter("reply_buffer_shrinks", "reply_buffer_shrinks_total", "Reply buffers that were made smaller."),
    counter("reply_buffer_expands", "reply_buffer_expands_total", "Reply buffers that were made larger."),
    counter("eventloop_cycles", "eventloop_cycles_total", "Turns of the loop."),
    counter("eventloop_duration_sum", "eventloop_duration_sum_usec_total", "Microseconds that turns of the loop took."),
    counter("eventloop_duration_cmd_sum", "eventloop_duration_cmd_sum_usec_total", "Microseconds that commands took."),
    same("instantaneous_eventloop_cycles_per_sec", "Turns of the loop per second, of late."),
    same("instantaneous_eventloop_duration_usec", "Microseconds of a turn of the loop, of late."),
    counter("acl_access_denied_auth", "acl_access_denied_auth_total", "Authentications refused."),
    counter("acl_access_denied_cmd", "acl_access_denied_cmd_total", "Requests refused for their command."),
    counter("acl_access_denied_key", "acl_access_denied_key_total", "Requests refused for a key."),
    counter("acl_access_denied_channel", "acl_access_denied_channel_total", "Requests refused for a channel."),
    // Replication
    same("connected_slaves", "Connected replicas."),
    same("master_repl_offset", "Offset of the stream of replication."),
    same("second_repl_offset", "Offset up to which the id of the former primary is accepted."),
    gauge("repl_backlog_active", "repl_backlog_is_active", "1 while there is a replication backlog."),
    gauge("repl_backlog_size", "replication_backlog_bytes", "Size of the replication backlog."),
    same("repl_backlog_first_byte_offset", "Offset of the first byte in the replication backlog."),
    gauge("repl_backlog_histlen", "repl_backlog_history_bytes", "Bytes in the replication backlog."),
    same("slave_priority", "Priority of this replica for a failover."),
    // CPU
    counter("used_cpu_sys", "cpu_sys_seconds_total", "Seconds of CPU in the kernel."),
    counter("used_cpu_user", "cpu_user_seconds_total", "Seconds of CPU in the program."),
    counter("used_cpu_sys_children", "cpu_sys_children_seconds_total", "Seconds of CPU of child processes in the kernel."),
    counter("used_cpu_user_children", "cpu_user_children_seconds_total", "Seconds of CPU of child processes in the program."),
    counter("used_cpu_sys_main_thread", "cpu_sys_main_thread_seconds_total", "Seconds of CPU of the main thread in the kernel."),
    counter("used_cpu_user_main_thread", "cpu_user_main_thread_seconds_total", "Seconds of CPU of the main thread in the program."),
    counter("used_active_time_main_thread", "active_time_main_thread_seconds_total", "Seconds during which the main thread was at work."),
    // Cluster
    same("cluster_enabled", "1 if the server is a node of a cluster."),
];
