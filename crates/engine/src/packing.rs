//! The thresholds up to which collections are packed.
//!
//! Always true: a threshold is looked at when a value changes; values that exist stay as they are.

/// Up to which size collections are packed, and how large the parts of others become. The defaults
/// are Redis's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packing {
    /// `hash-max-listpack-entries`: fields of a packed hash.
    pub hash_entries_max: usize,
    /// `hash-max-listpack-value`: bytes of a field or value of a packed hash.
    pub hash_value_max: usize,
    /// `set-max-intset-entries`: members of a set of integers that is packed as such.
    pub set_intset_entries_max: usize,
    /// `set-max-listpack-entries`: members of a packed set.
    pub set_entries_max: usize,
    /// `set-max-listpack-value`: bytes of a member of a packed set.
    pub set_value_max: usize,
    /// `zset-max-listpack-entries`: members of a packed sorted set.
    pub zset_entries_max: usize,
    /// `zset-max-listpack-value`: bytes of a member of a packed sorted set.
    pub zset_value_max: usize,
    /// `list-max-listpack-size`: elements of a block, or its size as a negative number from -1
    /// (4 KiB) to -5 (64 KiB).
    pub list_size: i64,
    /// `list-compress-depth`: blocks at each end that are not compressed; 0 compresses none.
    pub list_compress_depth: usize,
    /// `stream-node-max-bytes`: bytes of a block of a stream; 0 is no limit.
    pub stream_bytes_max: usize,
    /// `stream-node-max-entries`: entries of a block of a stream; 0 is no limit.
    pub stream_entries_max: usize,
    /// `hll-sparse-max-bytes`: bytes of a HyperLogLog in its sparse form.
    pub hll_sparse_bytes_max: usize,
}

impl Default for Packing {
    fn default() -> Self {
        Self {
            hash_entries_max: 512,
            hash_value_max: 64,
            set_intset_entries_max: 512,
            set_entries_max: 128,
            set_value_max: 64,
            zset_entries_max: 128,
            zset_value_max: 64,
            list_size: -2,
            list_compress_depth: 0,
            stream_bytes_max: 4096,
            stream_entries_max: 100,
            hll_sparse_bytes_max: 3000,
        }
    }
}
