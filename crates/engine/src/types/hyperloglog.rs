//! HyperLogLog: how many different elements were added, from some bytes of a string.
//!
//! ```text
//!  "HYLL" │ form: u8 │ 3 × 0 │ count: u64, top bit: out of date │ registers
//!                                                        dense:   16384 × 6 bits
//!                                                        sparse:  runs of equal registers
//! ```
//! The hash of an element chooses one of 16384 registers, and the zeros behind that choice are
//! counted: a register holds the most that were seen, plus one.
//!
//! Always true: the same elements give the same bytes as Redis has, in both forms.
//! Not here: keys — the commands; runs of registers — `sparse.rs`; the estimate — `estimate.rs`

mod dense;
mod estimate;
mod murmur;
mod sparse;
#[cfg(test)]
mod tests;

pub use self::sparse::Run;

/// How many registers there are.
const REGISTERS: usize = 1 << INDEX_BITS;
const INDEX_BITS: u32 = 14;
/// The bits of a hash that do not choose the register.
const COUNTED_BITS: u32 = 64 - INDEX_BITS;

const HEADER_LEN: usize = 16;
const MAGIC: &[u8; 4] = b"HYLL";
const FORM_AT: usize = 4;
const DENSE: u8 = 0;
const SPARSE: u8 = 1;
const COUNT_AT: usize = 8;
/// The byte of the count that says in its top bit that it is out of date.
const STALE_AT: usize = 15;
const STALE: u8 = 0x80;
const DENSE_LEN: usize = HEADER_LEN + REGISTERS * 6 / 8;

/// The registers do not make sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("corrupted registers")]
pub struct CorruptedSketch;

/// A HyperLogLog, borrowed.
#[derive(Debug, Clone, Copy)]
pub struct SketchRef<'a> {
    bytes: &'a [u8],
}

impl<'a> SketchRef<'a> {
    /// The HyperLogLog in these bytes, if they look like one. Sparse registers are not looked at.
    pub fn of(bytes: &'a [u8]) -> Option<Self> {
        let is_one = bytes.len() >= HEADER_LEN
            && bytes.starts_with(MAGIC)
            && match bytes[FORM_AT] {
                DENSE => bytes.len() == DENSE_LEN,
                form => form == SPARSE,
            };
        is_one.then_some(Self { bytes })
    }

    /// Whether it is in the dense form.
    pub fn is_dense(self) -> bool {
        self.bytes[FORM_AT] == DENSE
    }

    /// The count that was stored, unless it is out of date.
    pub fn stored_count(self) -> Option<u64> {
        let mut count = [0; 8];
        count.copy_from_slice(&self.bytes[COUNT_AT..HEADER_LEN]);
        (self.bytes[STALE_AT] & STALE == 0).then(|| u64::from_le_bytes(count))
    }

    /// Counts the different elements: an estimate, wrong by 0.81 % as a rule.
    ///
    /// # Errors
    /// [`CorruptedSketch`] when sparse registers are incomplete, or registers stand for no number.
    pub fn count(self) -> Result<u64, CorruptedSketch> {
        let mut histogram = estimate::Histogram::default();
        if self.is_dense() {
            dense::for_each(self.registers(), |value| histogram.add(value, 1));
        } else {
            let mut len = 0;
            for run in self.runs() {
                len += run.len();
                histogram.add(run.value(), run.len() as u32);
            }
            if len != REGISTERS {
                return Err(CorruptedSketch);
            }
        }
        histogram.estimate().ok_or(CorruptedSketch)
    }

    /// The runs of registers of the sparse form, none of the dense.
    pub fn runs(self) -> impl Iterator<Item = Run> + 'a {
        let sparse = if self.is_dense() {
            &[]
        } else {
            self.registers()
        };
        sparse::runs(sparse)
    }

    fn registers(self) -> &'a [u8] {
        &self.bytes[HEADER_LEN..]
    }
}

/// All registers of some HyperLogLogs together, each the highest of any.
///
/// # Examples
/// ```
/// use russet_engine::{Registers, Sketch, SketchRef};
///
/// let mut sketch = Sketch::new();
/// for element in ["a", "b", "a"] {
///     sketch.add(element.as_bytes(), 3000).unwrap();
/// }
/// let mut both = Registers::new();
/// both.merge(SketchRef::of(sketch.bytes()).unwrap()).unwrap();
/// assert_eq!(both.count(), Ok(2));
/// ```
#[derive(Debug, Clone)]
pub struct Registers(Box<[u8]>);

impl Default for Registers {
    fn default() -> Self {
        Self::new()
    }
}

impl Registers {
    /// Nothing was added yet.
    pub fn new() -> Self {
        Self(vec![0; REGISTERS].into())
    }

    /// Adds what was added to a HyperLogLog.
    ///
    /// # Errors
    /// [`CorruptedSketch`] when sparse registers are not complete.
    pub fn merge(&mut self, sketch: SketchRef<'_>) -> Result<(), CorruptedSketch> {
        if sketch.is_dense() {
            let mut registers = self.0.iter_mut();
            dense::for_each(sketch.registers(), |value| {
                if let Some(register) = registers.next() {
                    *register = value.max(*register);
                }
            });
            return Ok(());
        }
        let mut at = 0;
        for run in sketch.runs() {
            let end = at + run.len();
            let registers = self.0.get_mut(at..end).ok_or(CorruptedSketch)?;
            if run.value() > 0 {
                registers
                    .iter_mut()
                    .for_each(|register| *register = run.value().max(*register));
            }
            at = end;
        }
        match at == REGISTERS {
            true => Ok(()),
            false => Err(CorruptedSketch),
        }
    }

    /// Counts the different elements.
    ///
    /// # Errors
    /// [`CorruptedSketch`] when the registers stand for no number.
    pub fn count(&self) -> Result<u64, CorruptedSketch> {
        let mut histogram = estimate::Histogram::default();
        self.0.iter().for_each(|value| histogram.add(*value, 1));
        histogram.estimate().ok_or(CorruptedSketch)
    }

    /// The value of each register.
    pub fn values(&self) -> &[u8] {
        &self.0
    }
}

/// A HyperLogLog that can be changed.
#[derive(Debug, Clone)]
pub struct Sketch {
    bytes: Vec<u8>,
}

impl Default for Sketch {
    fn default() -> Self {
        Self::new()
    }
}

impl Sketch {
    /// Nothing was added yet: the sparse form of registers that are zero.
    pub fn new() -> Self {
        let mut bytes = vec![0; HEADER_LEN];
        bytes[..MAGIC.len()].copy_from_slice(MAGIC);
        bytes[FORM_AT] = SPARSE;
        sparse::push_zeros(REGISTERS, &mut bytes);
        Self { bytes }
    }

    /// A copy of one.
    pub fn copied(sketch: SketchRef<'_>) -> Self {
        Self {
            bytes: sketch.bytes.to_vec(),
        }
    }

    /// Adds an element; says whether a register changed. A sparse form that would take more than
    /// `sparse_len_max` bytes becomes dense.
    ///
    /// # Errors
    /// [`CorruptedSketch`] when sparse registers do not make sense.
    pub fn add(&mut self, element: &[u8], sparse_len_max: usize) -> Result<bool, CorruptedSketch> {
        let (index, value) = place(element);
        self.raise(index, value, sparse_len_max)
    }

    /// Raises each register to what it is elsewhere.
    ///
    /// # Errors
    /// [`CorruptedSketch`] when sparse registers do not make sense.
    pub fn raise_all(
        &mut self,
        registers: &Registers,
        sparse_len_max: usize,
    ) -> Result<(), CorruptedSketch> {
        for (index, value) in registers.0.iter().enumerate() {
            if *value > 0 {
                self.raise(index, *value, sparse_len_max)?;
            }
        }
        Ok(())
    }

    fn raise(
        &mut self,
        index: usize,
        value: u8,
        sparse_len_max: usize,
    ) -> Result<bool, CorruptedSketch> {
        if self.view().is_dense() {
            return Ok(dense::raise(&mut self.bytes[HEADER_LEN..], index, value));
        }
        match sparse::raise(&mut self.bytes, index, value, sparse_len_max)? {
            sparse::Raised::Not => Ok(false),
            sparse::Raised::Done => {
                mark_stale(&mut self.bytes);
                Ok(true)
            }
            sparse::Raised::TooLong => {
                self.make_dense()?;
                dense::raise(&mut self.bytes[HEADER_LEN..], index, value);
                Ok(true)
            }
        }
    }

    /// Makes it dense, if it is not.
    ///
    /// # Errors
    /// [`CorruptedSketch`] when sparse registers are not complete.
    pub fn make_dense(&mut self) -> Result<(), CorruptedSketch> {
        if self.view().is_dense() {
            return Ok(());
        }
        let mut registers = Registers::new();
        registers.merge(self.view())?;
        let mut bytes = vec![0; DENSE_LEN];
        bytes[..HEADER_LEN].copy_from_slice(&self.bytes[..HEADER_LEN]);
        bytes[FORM_AT] = DENSE;
        for (index, value) in registers.0.iter().enumerate() {
            dense::raise(&mut bytes[HEADER_LEN..], index, *value);
        }
        self.bytes = bytes;
        Ok(())
    }

    /// Says that the stored count is out of date.
    pub fn mark_stale(&mut self) {
        mark_stale(&mut self.bytes);
    }

    /// It, borrowed.
    pub fn view(&self) -> SketchRef<'_> {
        SketchRef { bytes: &self.bytes }
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// A dense HyperLogLog, changed where it lies.
#[derive(Debug)]
pub struct DenseMut<'a> {
    bytes: &'a mut [u8],
}

impl<'a> DenseMut<'a> {
    /// The dense HyperLogLog in these bytes, if they are one.
    pub fn of(bytes: &'a mut [u8]) -> Option<Self> {
        let is_dense = SketchRef::of(bytes)?.is_dense();
        is_dense.then_some(Self { bytes })
    }

    /// Adds an element; says whether a register changed.
    pub fn add(&mut self, element: &[u8]) -> bool {
        let (index, value) = place(element);
        dense::raise(&mut self.bytes[HEADER_LEN..], index, value)
    }

    /// Says that the stored count is out of date.
    pub fn mark_stale(&mut self) {
        mark_stale(self.bytes);
    }
}

/// Stores a count in the bytes of a HyperLogLog.
pub fn store_count(bytes: &mut [u8], count: u64) {
    if let Some(place) = bytes.get_mut(COUNT_AT..HEADER_LEN) {
        place.copy_from_slice(&count.to_le_bytes());
    }
}

fn mark_stale(bytes: &mut [u8]) {
    if let Some(byte) = bytes.get_mut(STALE_AT) {
        *byte |= STALE;
    }
}

/// The register of an element, and the value that it must have at least.
fn place(element: &[u8]) -> (usize, u8) {
    let hash = murmur::hash(element);
    let index = hash as usize & (REGISTERS - 1);
    // A bit behind the last one counted ends the zeros.
    let counted = hash >> INDEX_BITS | 1 << COUNTED_BITS;
    (index, counted.trailing_zeros() as u8 + 1)
}
