//! The sections and fields of INFO, in the order of Redis 7.4.
//!
//! Fields of parts that do not exist yet show what Redis shows when it has nothing to report.
//!
//! Always true: names are unique within a section.
//! Not here: how values are printed — `mod.rs`.

use super::{Field, Section, Show, Shown, View, difference, lists, ratio};
use crate::environment::{REDIS_VERSION, RUSSET_VERSION};

const fn field(name: &'static str, show: Show) -> Field {
    Field { name, show }
}

/// A field of which there is never anything to report yet.
const fn zero(name: &'static str) -> Field {
    field(name, |_| Shown::Count(0))
}

const fn section(
    name: &'static str,
    title: &'static str,
    fields: &'static [Field],
    list: Option<fn(&View<'_>, &mut String)>,
) -> Section {
    Section {
        name,
        title,
        is_default: true,
        fields,
        list,
    }
}

const fn rare(section: Section) -> Section {
    Section {
        is_default: false,
        ..section
    }
}

/// Every section.
pub(crate) const SECTIONS: &[Section] = &[
    section("server", "Server", SERVER, Some(lists::listeners)),
    section("clients", "Clients", CLIENTS, None),
    section("memory", "Memory", MEMORY, None),
    section("persistence", "Persistence", PERSISTENCE, None),
    section("stats", "Stats", STATS, None),
    section("replication", "Replication", REPLICATION, None),
    section("cpu", "CPU", CPU, None),
    section("modules", "Modules", &[], None),
    rare(section(
        "commandstats",
        "Commandstats",
        &[],
        Some(lists::commands),
    )),
    section("errorstats", "Errorstats", &[], Some(lists::errors)),
    rare(section(
        "latencystats",
        "Latencystats",
        &[],
        Some(lists::latencies),
    )),
    section("cluster", "Cluster", CLUSTER, None),
    section("keyspace", "Keyspace", &[], Some(lists::databases)),
    rare(section("debug", "Debug", DEBUG, None)),
];

const SERVER: &[Field] = &[
    field("redis_version", |_| REDIS_VERSION.into()),
    field("server_name", |_| "russet".into()),
    field("russet_version", |_| RUSSET_VERSION.into()),
    field("redis_git_sha1", |v| v.environment.commit.as_str().into()),
    zero("redis_git_dirty"),
    field("redis_build_id", |v| v.environment.build_id.as_str().into()),
    field("redis_mode", |_| "standalone".into()),
    field("server_mode", |_| "standalone".into()),
    field("os", |v| v.environment.os.as_str().into()),
    field("arch_bits", |v| {
        Shown::Count(v.environment.arch_bits.into())
    }),
    field("monotonic_clock", |v| {
        v.environment.monotonic_clock.as_str().into()
    }),
    field("multiplexing_api", |v| {
        v.environment.multiplexing_api.as_str().into()
    }),
    field("atomicvar_api", |_| "none".into()),
    field("gcc_version", |v| v.environment.compiler.as_str().into()),
    field("process_id", |v| {
        Shown::Count(v.environment.process_id.into())
    }),
    field("process_supervised", |_| "no".into()),
    field("run_id", |v| v.environment.run_id.as_str().into()),
    field("tcp_port", |v| Shown::Count(v.config.main_port().into())),
    field("server_time_usec", |v| Shown::Int(v.now.wall_us)),
    field("uptime_in_seconds", |v| Shown::Count(v.uptime_s())),
    field("uptime_in_days", |v| Shown::Count(v.uptime_s() / 86_400)),
    field("hz", |v| Shown::Count(v.config.hz.into())),
    field("configured_hz", |v| Shown::Count(v.config.hz.into())),
    field("clients_hz", |v| Shown::Count(v.config.hz.into())),
    field("lru_clock", |v| Shown::Int(v.now.wall_s() & 0xff_ffff)),
    field("executable", |v| v.environment.executable.as_str().into()),
    field("config_file", |v| {
        v.config.file_path().unwrap_or_default().into()
    }),
    zero("io_threads_active"),
    field("availability_zone", |v| {
        v.config.availability_zone.as_str().into()
    }),
];

const CLIENTS: &[Field] = &[
    field("connected_clients", |v| v.clients.connected.into()),
    zero("cluster_connections"),
    field("maxclients", |v| Shown::Count(v.config.maxclients.into())),
    field("client_recent_max_input_buffer", |v| {
        v.clients.input_max.into()
    }),
    field("client_recent_max_output_buffer", |v| {
        v.clients.output_max.into()
    }),
    field("blocked_clients", |v| v.clients.blocked.into()),
    field("tracking_clients", |v| v.clients.tracking.into()),
    field("pubsub_clients", |v| v.clients.subscribed.into()),
    field("watching_clients", |v| v.clients.watching.into()),
    field("clients_in_timeout_table", |v| v.clients.in_timeout.into()),
    field("total_watched_keys", |v| v.clients.watched_keys.into()),
    field("total_blocking_keys", |v| v.clients.blocking_keys.0.into()),
    field("total_blocking_keys_on_nokey", |v| {
        v.clients.blocking_keys.1.into()
    }),
    field("paused_reason", |v| {
        match v.pause.is_on() {
            true => "client_pause",
            false => "none",
        }
        .into()
    }),
    field("paused_actions", |v| {
        match (v.pause.is_on(), v.pause.postpones(false)) {
            (false, _) => "none",
            (true, false) => "write",
            (true, true) => "all",
        }
        .into()
    }),
    field("paused_timeout_milliseconds", |v| {
        let ends_us = v.pause.ends_us().unwrap_or(0);
        Shown::Count(ends_us.saturating_sub(v.now.mono_us) / 1000)
    }),
];

const MEMORY: &[Field] = &[
    field("used_memory", |v| Shown::Count(v.used())),
    field("used_memory_human", |v| Shown::Human(v.used())),
    field("used_memory_rss", |v| Shown::Count(v.resident())),
    field("used_memory_rss_human", |v| Shown::Human(v.resident())),
    field("used_memory_peak", |v| Shown::Count(v.used_peak())),
    field("used_memory_peak_human", |v| Shown::Human(v.used_peak())),
    field("used_memory_peak_perc", |v| {
        Shown::Percent(v.peak_percent())
    }),
    field("used_memory_overhead", |v| Shown::Count(v.overhead())),
    field("used_memory_startup", |v| {
        Shown::Count(v.environment.allocated_at_start)
    }),
    field("used_memory_dataset", |v| Shown::Count(v.dataset())),
    field("used_memory_dataset_perc", |v| {
        Shown::Percent(v.dataset_percent())
    }),
    field("allocator_allocated", |v| Shown::Count(v.used())),
    field("allocator_active", |v| Shown::Count(v.active())),
    field("allocator_resident", |v| Shown::Count(v.resident())),
    zero("allocator_muzzy"),
    field("total_system_memory", |v| {
        Shown::Count(v.environment.system_memory)
    }),
    field("total_system_memory_human", |v| {
        Shown::Human(v.environment.system_memory)
    }),
    field("used_memory_lua", |v| Shown::Count(v.scripts.eval_engine)),
    field("used_memory_vm_eval", |v| {
        Shown::Count(v.scripts.eval_engine)
    }),
    field("used_memory_lua_human", |v| {
        Shown::Human(v.scripts.eval_engine)
    }),
    field("used_memory_scripts_eval", |v| {
        Shown::Count(v.scripts.eval_memory)
    }),
    field("number_of_cached_scripts", |v| {
        Shown::Count(v.scripts.cached)
    }),
    field("number_of_functions", |v| Shown::Count(v.scripts.functions)),
    field("number_of_libraries", |v| Shown::Count(v.scripts.libraries)),
    field("used_memory_vm_functions", |v| {
        Shown::Count(v.scripts.function_engine)
    }),
    field("used_memory_vm_total", |v| {
        Shown::Count(v.scripts.engines())
    }),
    field("used_memory_vm_total_human", |v| {
        Shown::Human(v.scripts.engines())
    }),
    field("used_memory_functions", |v| {
        Shown::Count(v.scripts.function_memory)
    }),
    field("used_memory_scripts", |v| Shown::Count(v.scripts.texts())),
    field("used_memory_scripts_human", |v| {
        Shown::Human(v.scripts.texts())
    }),
    field("maxmemory", |v| Shown::Count(v.config.maxmemory)),
    field("maxmemory_human", |v| Shown::Human(v.config.maxmemory)),
    field("maxmemory_policy", |v| {
        match v.config.get("maxmemory-policy") {
            Some(name) => Shown::Text(String::from_utf8_lossy(&name).into_owned().into()),
            None => Shown::Absent,
        }
    }),
    field("allocator_frag_ratio", |v| {
        Shown::Ratio(ratio(v.active(), v.used()))
    }),
    field("allocator_frag_bytes", |v| {
        Shown::Count(v.active().saturating_sub(v.used()))
    }),
    field("allocator_rss_ratio", |v| {
        Shown::Ratio(ratio(v.resident(), v.active()))
    }),
    field("allocator_rss_bytes", |v| {
        Shown::Int(difference(v.resident(), v.active()))
    }),
    field("rss_overhead_ratio", |_| Shown::Ratio(1.0)),
    zero("rss_overhead_bytes"),
    field("mem_fragmentation_ratio", |v| {
        Shown::Ratio(ratio(v.resident(), v.used()))
    }),
    field("mem_fragmentation_bytes", |v| {
        Shown::Int(difference(v.resident(), v.used()))
    }),
    field("mem_not_counted_for_evict", |v| {
        Shown::Count(v.memory_not_counted)
    }),
    zero("mem_replication_backlog"),
    zero("mem_total_replication_buffers"),
    zero("mem_replica_full_sync_buffer"),
    zero("mem_replicas_repl_buffer"),
    zero("mem_clients_slaves"),
    field("mem_clients_normal", |v| v.clients.buffers.into()),
    zero("mem_cluster_links"),
    zero("mem_cluster_slot_import"),
    zero("mem_cluster_slot_export"),
    field("mem_aof_buffer", |v| Shown::Count(v.journal_memory)),
    field("mem_allocator", |v| v.environment.allocator.as_str().into()),
    zero("mem_overhead_db_hashtable_rehashing"),
    zero("active_defrag_running"),
    field("lazyfree_pending_objects", |v| v.garbage_len.into()),
    field("lazyfreed_objects", |v| {
        Shown::Count(v.stats.lazyfreed_objects)
    }),
];

const PERSISTENCE: &[Field] = &[
    field("loading", |v| {
        Shown::Count(u64::from(v.persistence.loading.is_some()))
    }),
    zero("async_loading"),
    zero("current_cow_peak"),
    zero("current_cow_size"),
    zero("current_cow_size_age"),
    field("current_fork_perc", |_| Shown::Ratio(0.0)),
    field("current_save_keys_processed", |v| {
        Shown::Count(v.persistence.saved_keys.0)
    }),
    field("current_save_keys_total", |v| {
        Shown::Count(v.persistence.saved_keys.1)
    }),
    field("rdb_changes_since_last_save", |v| Shown::Count(v.dirty)),
    field("rdb_bgsave_in_progress", |v| {
        Shown::Count(u64::from(v.persistence.saves_in_background))
    }),
    field("rdb_last_save_time", |v| {
        Shown::Int(v.persistence.last_save_s)
    }),
    field("rdb_last_bgsave_status", |v| {
        ok_or_err(v.persistence.is_last_save_ok)
    }),
    field("rdb_last_bgsave_time_sec", |v| {
        Shown::Int(v.persistence.last_took_s.unwrap_or(-1))
    }),
    field("rdb_current_bgsave_time_sec", |v| {
        Shown::Int(v.persistence.current_took_s.unwrap_or(-1))
    }),
    field("rdb_saves", |v| Shown::Count(v.persistence.save_count)),
    zero("rdb_last_cow_size"),
    field("rdb_last_load_keys_expired", |v| {
        Shown::Count(v.persistence.loads.expired)
    }),
    field("rdb_last_load_keys_loaded", |v| {
        Shown::Count(v.persistence.loads.loaded)
    }),
    field("aof_enabled", |v| {
        let appends = v.config.appendonly || v.backup.owns_stream();
        Shown::Count(u64::from(appends))
    }),
    field("aof_rewrite_in_progress", |v| {
        // COMPAT: whoever waits for the end finds no history in the manifest.
        Shown::Count(u64::from(v.aof.is_rewriting() || v.aof.is_cleaning))
    }),
    field("aof_rewrite_scheduled", |v| {
        Shown::Count(u64::from(v.aof.is_scheduled))
    }),
    field("aof_last_rewrite_time_sec", |v| {
        Shown::Int(v.aof.last_took_s.unwrap_or(-1))
    }),
    field("aof_current_rewrite_time_sec", |v| {
        let seconds = v
            .aof
            .rewriting()
            .map(|rewrite| v.now.wall_s() - rewrite.since.wall_s());
        Shown::Int(seconds.unwrap_or(if v.aof.is_due { 0 } else { -1 }))
    }),
    field("aof_last_bgrewrite_status", |v| ok_or_err(v.aof.is_last_ok)),
    field("aof_rewrites", |v| Shown::Count(v.aof.count)),
    field("aof_rewrites_consecutive_failures", |v| {
        Shown::Count(v.aof.failures)
    }),
    field("aof_last_write_status", |v| {
        ok_or_err(v.aof.fault.is_none())
    }),
    zero("aof_last_cow_size"),
    field("backup_in_progress", |v| {
        Shown::Count(u64::from(v.backup.is_in_progress()))
    }),
    zero("module_fork_in_progress"),
    zero("module_fork_last_cow_size"),
    field("aof_current_size", |v| v.of_aof(|aof| aof.size())),
    field("aof_base_size", |v| v.of_aof(|aof| aof.grown_from)),
    field("aof_pending_rewrite", |v| v.of_aof(|_| 0)),
    field("aof_buffer_length", |v| v.of_aof(|_| 0)),
    field("aof_pending_bio_fsync", |v| {
        v.of_aof(|aof| u64::from(aof.writer.as_ref().is_some_and(|w| w.sync.is_some())))
    }),
    field("aof_delayed_fsync", |v| v.of_aof(|aof| aof.delayed)),
    field("loading_start_time", |v| {
        v.while_loading(|progress| Shown::Int(progress.start_s))
    }),
    field("loading_total_bytes", |v| {
        v.while_loading(|progress| Shown::Count(progress.total))
    }),
    field("loading_rdb_used_mem", |v| {
        v.while_loading(|_| Shown::Count(0))
    }),
    field("loading_loaded_bytes", |v| {
        v.while_loading(|progress| Shown::Count(progress.loaded))
    }),
    field("loading_loaded_perc", |v| {
        v.while_loading(|progress| {
            Shown::Ratio(progress.loaded as f64 * 100.0 / progress.total.max(1) as f64)
        })
    }),
    field("loading_eta_seconds", |v| {
        v.while_loading(|progress| Shown::Count(progress.eta_s()))
    }),
];

fn ok_or_err(is_ok: bool) -> Shown<'static> {
    match is_ok {
        true => "ok".into(),
        false => "err".into(),
    }
}

const STATS: &[Field] = &[
    field("total_connections_received", |v| {
        Shown::Count(v.stats.connections_received)
    }),
    field("total_commands_processed", |v| {
        Shown::Count(v.stats.commands_processed())
    }),
    field("instantaneous_ops_per_sec", |v| {
        Shown::Count(v.stats.commands_per_s())
    }),
    field("total_net_input_bytes", |v| {
        Shown::Count(v.stats.net_input_bytes)
    }),
    field("total_net_output_bytes", |v| {
        Shown::Count(v.stats.net_output_bytes)
    }),
    zero("total_net_repl_input_bytes"),
    zero("total_net_repl_output_bytes"),
    zero("total_net_cluster_slot_import_bytes"),
    zero("total_net_cluster_slot_export_bytes"),
    field("instantaneous_input_kbps", |v| {
        Shown::Ratio(ratio(v.stats.input_bytes_per_s(), 1024))
    }),
    field("instantaneous_output_kbps", |v| {
        Shown::Ratio(ratio(v.stats.output_bytes_per_s(), 1024))
    }),
    field("instantaneous_input_repl_kbps", |_| Shown::Ratio(0.0)),
    field("instantaneous_output_repl_kbps", |_| Shown::Ratio(0.0)),
    field("rejected_connections", |v| {
        Shown::Count(v.stats.connections_rejected)
    }),
    zero("sync_full"),
    zero("sync_partial_ok"),
    zero("sync_partial_err"),
    field("expired_subkeys", |v| {
        Shown::Count(v.keyspace.expired_fields)
    }),
    field("expired_fields", |v| {
        Shown::Count(v.keyspace.expired_fields)
    }),
    field("expired_keys", |v| Shown::Count(v.keyspace.expired)),
    field("expired_stale_perc", |_| Shown::Ratio(0.0)),
    zero("expired_time_cap_reached_count"),
    zero("expire_cycle_cpu_milliseconds"),
    field("evicted_keys", |v| Shown::Count(v.keyspace.evicted)),
    field("evicted_clients", |v| Shown::Count(v.stats.evicted_clients)),
    field("evicted_scripts", |v| Shown::Count(v.scripts.evicted)),
    field("total_eviction_exceeded_time", |v| {
        Shown::Count(v.exceeded_us.1 / 1000)
    }),
    field("current_eviction_exceeded_time", |v| {
        Shown::Count(v.exceeded_us.0 / 1000)
    }),
    field("keyspace_hits", |v| Shown::Count(v.keyspace.hits)),
    field("keyspace_misses", |v| Shown::Count(v.keyspace.misses)),
    field("pubsub_channels", |v| v.clients.topics[0].into()),
    field("pubsub_patterns", |v| v.clients.topics[1].into()),
    field("pubsubshard_channels", |v| v.clients.topics[2].into()),
    zero("latest_fork_usec"),
    zero("total_forks"),
    field("migrate_cached_sockets", |v| Shown::Count(v.link_count)),
    zero("slave_expires_tracked_keys"),
    field("active_defrag_hits", |v| Shown::Count(v.keyspace.moved)),
    zero("active_defrag_misses"),
    field("active_defrag_key_hits", |v| Shown::Count(v.keyspace.moved)),
    zero("active_defrag_key_misses"),
    zero("total_active_defrag_time"),
    zero("current_active_defrag_time"),
    field("tracking_total_keys", |v| v.clients.tracked[0].into()),
    field("tracking_total_items", |v| v.clients.tracked[1].into()),
    field("tracking_total_prefixes", |v| v.clients.tracked[2].into()),
    zero("unexpected_error_replies"),
    field("total_error_replies", |v| {
        Shown::Count(v.stats.error_replies)
    }),
    zero("dump_payload_sanitizations"),
    field("total_reads_processed", |v| Shown::Count(v.stats.reads)),
    field("total_writes_processed", |v| Shown::Count(v.stats.writes)),
    zero("io_threaded_reads_processed"),
    zero("io_threaded_writes_processed"),
    zero("io_threaded_freed_objects"),
    zero("io_threaded_accept_processed"),
    zero("io_threaded_poll_processed"),
    zero("io_threaded_total_prefetch_batches"),
    zero("io_threaded_total_prefetch_entries"),
    field("client_query_buffer_limit_disconnections", |v| {
        Shown::Count(v.stats.query_limit_disconnections)
    }),
    field("client_output_buffer_limit_disconnections", |v| {
        Shown::Count(v.stats.output_limit_disconnections)
    }),
    zero("reply_buffer_shrinks"),
    zero("reply_buffer_expands"),
    field("eventloop_cycles", |v| Shown::Count(v.stats.cycles)),
    zero("eventloop_duration_sum"),
    zero("eventloop_duration_cmd_sum"),
    field("instantaneous_eventloop_cycles_per_sec", |v| {
        Shown::Count(v.stats.cycles_per_s())
    }),
    zero("instantaneous_eventloop_duration_usec"),
    field("acl_access_denied_auth", |v| {
        Shown::Count(v.stats.denied_auth)
    }),
    field("acl_access_denied_cmd", |v| {
        Shown::Count(v.stats.denied_command)
    }),
    field("acl_access_denied_key", |v| {
        Shown::Count(v.stats.denied_key)
    }),
    field("acl_access_denied_channel", |v| {
        Shown::Count(v.stats.denied_channel)
    }),
    field("acl_access_denied_tls_cert", |v| {
        Shown::Count(v.stats.denied_certificate)
    }),
    field("acl_access_denied_db", |v| {
        Shown::Count(v.stats.denied_database)
    }),
];

const REPLICATION: &[Field] = &[
    field("role", |_| "master".into()),
    zero("connected_slaves"),
    zero("replicas_waiting_psync"),
    field("master_failover_state", |_| "no-failover".into()),
    field("master_replid", |v| {
        Shown::Text(v.environment.replication_id().into())
    }),
    field("master_replid2", |_| {
        "0000000000000000000000000000000000000000".into()
    }),
    zero("master_repl_offset"),
    field("second_repl_offset", |_| Shown::Int(-1)),
    zero("repl_backlog_active"),
    field("repl_backlog_size", |v| {
        match v.config.get("repl-backlog-size") {
            Some(size) => Shown::Text(String::from_utf8_lossy(&size).into_owned().into()),
            None => Shown::Absent,
        }
    }),
    zero("repl_backlog_first_byte_offset"),
    zero("repl_backlog_histlen"),
];

const CPU: &[Field] = &[
    field("used_cpu_sys", |v| {
        Shown::Seconds(v.environment.usage.system_us)
    }),
    field("used_cpu_user", |v| {
        Shown::Seconds(v.environment.usage.user_us)
    }),
    field("used_cpu_sys_children", |v| {
        Shown::Seconds(v.environment.usage.children_system_us)
    }),
    field("used_cpu_user_children", |v| {
        Shown::Seconds(v.environment.usage.children_user_us)
    }),
    field("used_cpu_sys_main_thread", |v| {
        Shown::Seconds(v.environment.usage.main_system_us)
    }),
    field("used_cpu_user_main_thread", |v| {
        Shown::Seconds(v.environment.usage.main_user_us)
    }),
];

const CLUSTER: &[Field] = &[zero("cluster_enabled")];

const DEBUG: &[Field] = &[
    zero("eventloop_duration_aof_sum"),
    zero("eventloop_duration_cron_sum"),
    zero("eventloop_duration_max"),
    zero("eventloop_cmd_per_cycle_max"),
];
