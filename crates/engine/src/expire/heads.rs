//! The first chunks of the slots of the timing wheel, in pages that exist once they are needed.
//!
//! Always true: a slot whose page is missing has no chunk.
//! Not here: chunks — `expire/chunks.rs`; which slot is which — `expire/wheel.rs`

/// Slots of a page.
const PAGE: usize = 256;

/// The first chunk of each slot; 0 is no chunk.
#[derive(Debug)]
pub(crate) struct Heads {
    // PERF: all slots at once take 33 KiB, which a database with one deadline need not have.
    pages: Box<[Option<Box<[u32; PAGE]>>]>,
    /// Bytes of all of them.
    weight: u64,
}

impl Heads {
    /// No chunk in any of that many slots.
    pub(crate) fn new(slots: usize) -> Self {
        let pages: Box<[_]> = std::iter::repeat_with(|| None)
            .take(slots.div_ceil(PAGE))
            .collect();
        let weight = size_of_val(&*pages) as u64;
        Self { pages, weight }
    }

    /// The first chunk of a slot.
    #[inline]
    pub(crate) fn get(&self, slot: usize) -> u32 {
        self.pages[slot / PAGE]
            .as_ref()
            .map_or(0, |page| page[slot % PAGE])
    }

    /// Sets the first chunk of a slot.
    #[inline]
    pub(crate) fn set(&mut self, slot: usize, head: u32) {
        let page = &mut self.pages[slot / PAGE];
        if page.is_none() {
            self.weight += size_of::<[u32; PAGE]>() as u64;
        }
        page.get_or_insert_with(|| Box::new([0; PAGE]))[slot % PAGE] = head;
    }

    /// Bytes that they take.
    pub(crate) fn weight(&self) -> u64 {
        self.weight
    }
}
