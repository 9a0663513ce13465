//! Measurements of the process, handed to a service that may not look itself.

/// Resources that the process uses, as the loop measures them periodically.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Bytes allocated, as the counting allocator knows; 0 when there is none.
    pub allocated: u64,
    /// Bytes resident in memory.
    pub resident: u64,
    /// CPU time in the kernel, all threads, in microseconds.
    pub system_us: u64,
    /// CPU time in the program, all threads, in microseconds.
    pub user_us: u64,
    /// CPU time of ended child processes in the kernel, in microseconds.
    pub children_system_us: u64,
    /// CPU time of ended child processes in the program, in microseconds.
    pub children_user_us: u64,
    /// CPU time of the loop's thread in the kernel, in microseconds.
    pub main_system_us: u64,
    /// CPU time of the loop's thread in the program, in microseconds.
    pub main_user_us: u64,
}
