//! Hints to the processor that memory will be read soon.
//!
//! Duties of this file:
//! 1. Only hints are given: a prefetch of any address, mapped or not, has no effect that a program
//!    can observe.

#![expect(
    unsafe_code,
    reason = "prefetch instructions are intrinsics that take raw pointers"
)]

/// Starts loading the cache line at an address, which need not be valid.
#[inline(always)]
pub(crate) fn line<T>(address: *const T) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: the instruction never faults, whatever the address.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(address.cast());
    }
    #[cfg(all(target_arch = "aarch64", not(miri)))]
    // SAFETY: the instruction never faults and touches neither registers, flags nor the stack.
    unsafe {
        std::arch::asm!("prfm pldl1keep, [{}]", in(reg) address, options(nostack, readonly));
    }
    #[cfg(any(miri, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
    let _ = address;
}
