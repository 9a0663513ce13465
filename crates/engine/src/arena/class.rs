//! Size classes of cells: how much room a cell of a given size gets.
//!
//! Steps of 8 bytes up to 512 and of 32 up to 1024: 4 bytes are wasted on average, and above 512
//! at most a sixteenth.
//!
//! Always true: `size(of(n)) >= n`, and no smaller class has room for `n`.

/// The number of a size class; 0 is none.
pub(crate) type Class = u8;

/// How many classes there are, the absent class 0 included.
pub(crate) const CLASSES: usize = 80;
/// The largest cell.
pub(crate) const CELL_SIZE_MAX: usize = 1024;
/// The smallest cell.
pub(crate) const CELL_SIZE_MIN: usize = 16;

/// The smallest class with room for `size` bytes, which are at most [`CELL_SIZE_MAX`].
#[inline]
pub(crate) fn of(size: usize) -> Class {
    debug_assert!(size <= CELL_SIZE_MAX);
    let class = match size {
        0..=16 => 1,
        17..=512 => size.div_ceil(8) - 1,
        _ => size.div_ceil(32) + 47,
    };
    class as Class
}

/// The bytes of a cell of that class.
#[inline]
pub(crate) fn size(class: Class) -> usize {
    SIZES[class as usize] as usize
}

const SIZES: [u16; CLASSES] = {
    let mut sizes = [0; CLASSES];
    let mut class = 1;
    while class < CLASSES {
        sizes[class] = match class {
            1..=63 => (class + 1) * 8,
            _ => (class - 47) * 32,
        } as u16;
        class += 1;
    }
    sizes
};

const _: () = assert!(SIZES[CLASSES - 1] as usize == CELL_SIZE_MAX);
const _: () = assert!(SIZES[1] as usize == CELL_SIZE_MIN);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_gets_the_smallest_class_that_holds_it() {
        for wanted in 0..=CELL_SIZE_MAX {
            let class = of(wanted);
            assert!(size(class) >= wanted, "{wanted}");
            assert!(class == 1 || size(class - 1) < wanted, "{wanted}");
            assert_eq!(size(class) % 8, 0);
        }
    }
}
