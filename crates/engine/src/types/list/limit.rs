//! How large a packed list, or a page of a large one, may become.
//!
//! Always true: one element fits any limit; one that is large by it gets a page of its own.
//! Not here: when limits are looked at — `edit.rs`, `pages.rs`

/// Bytes of a listpack besides its entries: a header and an end mark.
pub(super) const FRAME: usize = 7;

/// Bytes that an entry is expected to take besides its text, when it is asked whether it fits.
const ENTRY_OVERHEAD: usize = 8;

/// Bytes that a short entry really takes besides its text.
const ENTRY_OVERHEAD_MIN: usize = 2;

/// Limit of bytes where the number of elements is limited.
const SAFE_BYTES: usize = 8 << 10;

/// A limit of elements and bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limit {
    /// Bytes of a listpack, its frame included.
    pub(super) bytes: usize,
    /// Elements.
    pub(super) count: usize,
    /// Whether the setting is a number of elements.
    is_count: bool,
}

impl Limit {
    /// The limit that `list-max-listpack-size` stands for: elements, or one of five sizes if
    /// negative.
    pub(super) fn of(setting: i64) -> Self {
        match usize::try_from(setting) {
            Ok(count) => Self {
                bytes: SAFE_BYTES,
                count: count.max(1),
                is_count: true,
            },
            Err(_) => {
                let step = setting.max(-5).unsigned_abs() as u32;
                Self {
                    bytes: (2 << 10) << step,
                    count: usize::MAX,
                    is_count: false,
                }
            }
        }
    }

    /// Bytes that the entries of a page come to at most, if their heads are the shortest.
    #[inline]
    pub(super) fn room(self) -> usize {
        self.bytes - FRAME - ENTRY_OVERHEAD + ENTRY_OVERHEAD_MIN
    }

    /// Whether an element of that length needs a page of its own.
    #[inline]
    pub(super) fn is_large(self, len: usize) -> bool {
        len > self.bytes
    }

    /// Whether a listpack of that size may be.
    #[inline]
    pub(super) fn admits(self, bytes: usize, count: usize) -> bool {
        bytes <= self.bytes && count <= self.count
    }

    /// Whether entries of that size have room for an element of that length.
    #[inline]
    pub(super) fn has_room(self, size: usize, count: usize, len: usize) -> bool {
        count < self.count && FRAME + size + len + ENTRY_OVERHEAD <= self.bytes
    }

    /// Whether what is left is so little that it is packed again.
    pub(super) fn is_packed_again(self, bytes: usize, count: usize) -> bool {
        match self.is_count {
            true => count <= self.count / 2,
            false => bytes <= self.bytes / 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Limit;

    #[test]
    fn the_setting_is_a_number_of_elements_or_one_of_five_sizes() {
        let sizes = [
            (-1, 4),
            (-2, 8),
            (-3, 16),
            (-4, 32),
            (-5, 64),
            (-6, 64),
            (i64::MIN, 64),
        ];
        for (setting, kib) in sizes {
            let limit = Limit::of(setting);
            assert_eq!(limit.bytes, kib << 10, "{setting}");
            assert!(limit.admits(kib << 10, 1 << 20));
            assert!(!limit.admits((kib << 10) + 1, 1));
            assert!(limit.is_packed_again(kib << 9, 1 << 20));
            assert!(!limit.is_packed_again((kib << 9) + 1, 1));
        }
        for (setting, count) in [(0, 1), (1, 1), (3, 3), (1 << 40, 1 << 40)] {
            let limit = Limit::of(setting);
            assert!(limit.admits(8192, count));
            assert!(!limit.admits(8192, count + 1));
            assert!(!limit.admits(8193, count));
            assert!(limit.is_packed_again(1 << 20, count / 2));
            assert!(!limit.is_packed_again(0, count / 2 + 1));
        }
    }
}
