//! Size classes of cells: how much room a cell of a given size gets.
//!
//! Steps of 8 bytes up to 512 and of 32 up to 1024, where 4 bytes are wasted on average and above
//! 512 at most a sixteenth; then sizes of which a whole number fills a page, a sixteenth apart at
//! first and an eighth at the end.
//!
//! Always true: `size(of(n)) >= n`, and no smaller class has room for `n`.

use super::memory::PAGE_SIZE;

/// The number of a size class; 0 is none.
pub(crate) type Class = u8;

/// How many classes there are, the absent class 0 included.
pub(crate) const CLASSES: usize = STEPPED + COUNTS.len();
/// The largest cell.
pub(crate) const CELL_SIZE_MAX: usize = 8192;
/// The smallest cell.
pub(crate) const CELL_SIZE_MIN: usize = 16;

/// The classes whose sizes rise in steps, the absent class 0 included.
const STEPPED: usize = 80;
const STEPPED_SIZE_MAX: usize = 1024;
/// How many cells of each larger class a page holds.
const COUNTS: [u8; 32] = [
    60, 56, 53, 50, 47, 44, 41, 39, 37, 35, 33, 31, 29, 27, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16,
    15, 14, 13, 12, 11, 10, 9, 8,
];

/// The smallest class with room for `size` bytes, which are at most [`CELL_SIZE_MAX`].
#[inline]
pub(crate) fn of(size: usize) -> Class {
    debug_assert!(size <= CELL_SIZE_MAX);
    let class = match size {
        0..=16 => 1,
        17..=512 => size.div_ceil(8) - 1,
        513..=STEPPED_SIZE_MAX => size.div_ceil(32) + 47,
        _ => return of_large(size),
    };
    class as Class
}

#[inline(never)]
fn of_large(size: usize) -> Class {
    BY_COUNT[PAGE_SIZE / size.next_multiple_of(8)]
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
            64..STEPPED => (class - 47) * 32,
            _ => PAGE_SIZE / COUNTS[class - STEPPED] as usize / 8 * 8,
        } as u16;
        class += 1;
    }
    sizes
};

/// The class of a size by how often it fits into a page.
const BY_COUNT: [Class; PAGE_SIZE / STEPPED_SIZE_MAX] = {
    let mut classes = [0; PAGE_SIZE / STEPPED_SIZE_MAX];
    let mut class = CLASSES - 1;
    while class >= STEPPED {
        let mut count = COUNTS[class - STEPPED] as usize;
        while count < classes.len() {
            classes[count] = class as Class;
            count += 1;
        }
        class -= 1;
    }
    classes
};

const _: () = assert!(SIZES[CLASSES - 1] as usize == CELL_SIZE_MAX);
const _: () = assert!(SIZES[STEPPED - 1] as usize == STEPPED_SIZE_MAX);
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
            assert!(
                wanted <= 512 || size(class) - wanted <= wanted / 7,
                "{wanted}"
            );
        }
    }
}
