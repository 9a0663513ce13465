//! Chance from a seed.
//!
//! Whoever opens a node or an engine gives it a seed; from there on chance is part of the input,
//! so a run can be repeated exactly. There is no global generator and no way to make one.
//!
//! Always true: equal seeds and equal calls give equal values, on every platform.
//! Always true: not fit for secrets; ids that must not be guessed take their seed from the OS.
//! Not here: seeds — the binaries draw them, the simulator counts them.

/// A small seeded generator (wyrand).
///
/// # Examples
/// ```
/// use russet_base::Rng;
/// let (mut a, mut b) = (Rng::new(7), Rng::new(7));
/// assert_eq!(a.u64(), b.u64());
/// assert!(a.below(10) < 10);
/// ```
#[derive(Debug, Clone)]
pub struct Rng(fastrand::Rng);

impl Rng {
    /// Starts a generator from a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// The next 64 random bits.
    pub fn u64(&mut self) -> u64 {
        self.0.u64(..)
    }

    /// A number in `0..n`, each equally likely; 0 when `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        if n == 0 { 0 } else { self.0.u64(..n) }
    }

    /// An index into something of `len` elements; 0 when `len` is 0.
    pub fn index(&mut self, len: usize) -> usize {
        if len == 0 { 0 } else { self.0.usize(..len) }
    }

    /// A number in `0.0..1.0`.
    pub fn f64(&mut self) -> f64 {
        self.0.f64()
    }

    /// Fills `out` with random bytes.
    pub fn fill(&mut self, out: &mut [u8]) {
        self.0.fill(out);
    }

    /// Puts `items` into a random order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        self.0.shuffle(items);
    }

    /// Splits off an independent generator, so that a part can draw without disturbing the rest.
    #[must_use]
    pub fn fork(&mut self) -> Self {
        Self(self.0.fork())
    }
}

#[cfg(test)]
mod tests {
    use super::Rng;

    #[test]
    fn equal_seeds_give_equal_streams_and_forks() {
        let (mut a, mut b) = (Rng::new(99), Rng::new(99));
        let (mut c, mut d) = (a.fork(), b.fork());
        for _ in 0..100 {
            assert_eq!(a.u64(), b.u64());
            assert_eq!(c.below(1000), d.below(1000));
        }
        let (mut x, mut y) = ([0; 33], [0; 33]);
        a.fill(&mut x);
        b.fill(&mut y);
        assert_eq!(x, y);
        assert_ne!(x, [0; 33]);
    }

    #[test]
    fn a_fork_differs_from_its_parent() {
        let mut a = Rng::new(1);
        let mut b = a.fork();
        assert_ne!(a.u64(), b.u64());
    }

    #[test]
    fn ranges_hold_and_empty_ranges_give_zero() {
        let mut rng = Rng::new(3);
        assert_eq!((rng.below(0), rng.index(0)), (0, 0));
        let mut seen = [false; 5];
        for _ in 0..1000 {
            seen[rng.index(5)] = true;
            assert!((0.0..1.0).contains(&rng.f64()));
            assert_eq!(rng.below(1), 0);
        }
        assert_eq!(seen, [true; 5]);
    }
}
