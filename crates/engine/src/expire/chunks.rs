//! Chunks of records: the lists behind the slots of the timing wheel.
//!
//! A record is a handle and the bits of its tick that its slot does not tell: none on the lowest
//! level, two bytes on the middle one, three on the highest. Chunks of 128 bytes hold 30, 20 or 17
//! of them and are linked; 0 is no chunk. Each knows its slot, so that one can be drawn at random.
//!
//! Always true: a chunk is in one list; an empty one goes back to the free list.
//! Not here: which slot a record belongs to — `expire/wheel.rs`

use russet_base::Rng;

use crate::arena::Handle;

const BODY: usize = 120;
/// Chunks that are allocated together: few, so that a first deadline costs little.
const SLAB: usize = 32;
/// Number of slabs that are kept when no record is left.
const SLABS_KEPT: usize = 8;

/// Records of one slot.
#[derive(Debug, Clone)]
pub(crate) struct Chunk {
    pub(crate) next: u32,
    /// The slot of the wheel that it belongs to.
    pub(crate) slot: u16,
    pub(crate) len: u8,
    bytes: [u8; BODY],
}

const _: () = assert!(size_of::<Chunk>() == 128);

/// How many bytes of the tick a record of a level has.
pub(crate) const REST_SIZE: [usize; 3] = [0, 2, 3];

/// How many records of a level a chunk holds.
pub(crate) fn capacity(level: usize) -> usize {
    BODY / (4 + REST_SIZE[level])
}

impl Chunk {
    const EMPTY: Self = Self {
        next: 0,
        slot: 0,
        len: 0,
        bytes: [0; BODY],
    };

    pub(crate) fn get(&self, level: usize, index: usize) -> (Handle, u32) {
        let rest = REST_SIZE[level];
        let at = index * (4 + rest);
        let mut words = [[0; 4]; 2];
        words[0].copy_from_slice(&self.bytes[at..at + 4]);
        words[1][..rest].copy_from_slice(&self.bytes[at + 4..at + 4 + rest]);
        (u32::from_le_bytes(words[0]), u32::from_le_bytes(words[1]))
    }

    pub(crate) fn set(&mut self, level: usize, index: usize, handle: Handle, rest: u32) {
        let size = REST_SIZE[level];
        let at = index * (4 + size);
        self.bytes[at..at + 4].copy_from_slice(&handle.to_le_bytes());
        self.bytes[at + 4..at + 4 + size].copy_from_slice(&rest.to_le_bytes()[..size]);
    }

    pub(crate) fn push(&mut self, level: usize, handle: Handle, rest: u32) {
        self.set(level, usize::from(self.len), handle, rest);
        self.len += 1;
    }

    /// Whether this very record is in it.
    pub(crate) fn holds(&self, level: usize, handle: Handle, rest: u32) -> bool {
        (0..usize::from(self.len)).any(|index| self.get(level, index) == (handle, rest))
    }

    pub(crate) fn is_full(&self, level: usize) -> bool {
        usize::from(self.len) == capacity(level)
    }
}

/// All chunks, in slabs, so that growth never copies.
#[derive(Debug)]
pub(crate) struct Chunks {
    slabs: Vec<Box<[Chunk]>>,
    free: u32,
    untouched: u32,
}

impl Default for Chunks {
    fn default() -> Self {
        Self {
            slabs: Vec::new(),
            free: 0,
            untouched: 1,
        }
    }
}

impl Chunks {
    pub(crate) fn get(&self, number: u32) -> &Chunk {
        &self.slabs[number as usize / SLAB][number as usize % SLAB]
    }

    pub(crate) fn get_mut(&mut self, number: u32) -> &mut Chunk {
        &mut self.slabs[number as usize / SLAB][number as usize % SLAB]
    }

    /// An empty chunk of a slot that is followed by `next`.
    pub(crate) fn take(&mut self, slot: u16, next: u32) -> u32 {
        let number = if self.free != 0 {
            let number = self.free;
            self.free = self.get(number).next;
            number
        } else {
            self.untouched += 1;
            self.untouched - 1
        };
        if number as usize / SLAB == self.slabs.len() {
            self.slabs.push(vec![Chunk::EMPTY; SLAB].into_boxed_slice());
        }
        let chunk = self.get_mut(number);
        (chunk.next, chunk.slot, chunk.len) = (next, slot, 0);
        number
    }

    pub(crate) fn give(&mut self, number: u32) {
        let free = self.free;
        let chunk = self.get_mut(number);
        (chunk.next, chunk.len) = (free, 0);
        self.free = number;
    }

    /// A chunk drawn at random; one that is free has no records.
    pub(crate) fn random(&self, rng: &mut Rng) -> Option<&Chunk> {
        let count = (self.untouched - 1) as usize;
        (count > 0).then(|| self.get(1 + rng.index(count) as u32))
    }

    /// Whether there are more than the first slabs.
    pub(crate) fn is_grown(&self) -> bool {
        self.slabs.len() > SLABS_KEPT
    }

    /// Bytes that the chunks take.
    pub(crate) fn weight(&self) -> u64 {
        (self.slabs.len() * SLAB * size_of::<Chunk>()) as u64
    }
}
