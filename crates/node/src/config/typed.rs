//! The settings that the server itself reads, with their types.
//!
//! Always true: every field mirrors one row of the table and is written only when that row's value
//! is.
//! Not here: settings that are only held and answered — their values are in `Config`.

use russet_engine::Packing;
use russet_io::LogLevel;

use super::value::{AppendSync, EvictionPolicy, OutputLimit, Permission, SavePoint, ShutdownFlags};

/// Typed settings; each field is named as its setting, or holds a group of them.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "a field's setting is documented in the table")]
pub struct Typed {
    pub aclfile: String,
    pub always_show_logo: bool,
    pub aof_checksum: bool,
    pub aof_disable_auto_gc: bool,
    pub aof_load_truncated: bool,
    pub aof_timestamp_enabled: bool,
    pub aof_use_rdb_preamble: bool,
    pub appenddirname: String,
    pub appendfilename: String,
    pub appendfsync: AppendSync,
    pub appendonly: bool,
    pub auto_aof_rewrite_min_size: u64,
    pub auto_aof_rewrite_percentage: i32,
    pub bind: Vec<String>,
    pub bind_source_addr: String,
    pub busy_reply_threshold: u64,
    pub client_output_buffer_limit: [OutputLimit; 3],
    pub client_query_buffer_limit: u64,
    pub cluster_enabled: bool,
    pub daemonize: bool,
    pub databases: u32,
    pub dbfilename: String,
    pub dir: String,
    pub dynamic_hz: bool,
    pub enable_debug_command: Permission,
    pub enable_module_command: Permission,
    pub enable_protected_configs: Permission,
    pub hide_user_data_from_log: bool,
    pub hz: u32,
    pub latency_monitor_threshold: u64,
    pub latency_tracking: bool,
    pub key_load_delay: i32,
    pub latency_tracking_info_percentiles: Vec<f64>,
    pub lazyfree_lazy_eviction: bool,
    pub lazyfree_lazy_expire: bool,
    pub lazyfree_lazy_server_del: bool,
    pub lazyfree_lazy_user_del: bool,
    pub lazyfree_lazy_user_flush: bool,
    pub lfu_decay_time: u32,
    pub lfu_log_factor: u32,
    pub logfile: String,
    /// `None` for `nothing`.
    pub loglevel: Option<LogLevel>,
    pub maxclients: u32,
    pub maxmemory: u64,
    pub maxmemory_policy: EvictionPolicy,
    pub maxmemory_samples: u32,
    pub no_appendfsync_on_rewrite: bool,
    pub notify_keyspace_events: u32,
    pub oom_score_adj_values: [i32; 3],
    /// The thresholds of packed collections, one setting each.
    pub packing: Packing,
    pub pidfile: String,
    pub port: u16,
    pub proc_title_template: String,
    pub protected_mode: bool,
    pub proto_max_bulk_len: u64,
    pub rdb_key_save_delay: i32,
    pub rdbchecksum: bool,
    pub rdbcompression: bool,
    pub replicaof: Option<(String, u16)>,
    pub requirepass: Vec<u8>,
    pub save: Vec<SavePoint>,
    pub set_proc_title: bool,
    pub shutdown_on_sigint: ShutdownFlags,
    pub shutdown_on_sigterm: ShutdownFlags,
    pub shutdown_timeout: u32,
    pub slowlog_log_slower_than: i64,
    pub slowlog_max_len: u64,
    pub stop_writes_on_bgsave_error: bool,
    pub supervised: u32,
    pub syslog_enabled: bool,
    pub tcp_backlog: u32,
    pub tcp_keepalive: u32,
    pub timeout: u32,
    pub tracking_table_max_keys: u64,
    pub unixsocket: String,
    pub unixsocketperm: u32,
}
