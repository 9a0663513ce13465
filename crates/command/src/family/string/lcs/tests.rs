use super::{Run, check_size, length, runs};
use crate::error::CommandError;

/// The textbook: a table of lengths, and the way back that prefers the shorter second value.
fn textbook(a: &[u8], b: &[u8]) -> (usize, Vec<Run>) {
    let mut table = vec![vec![0usize; b.len() + 1]; a.len() + 1];
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            table[i][j] = match a[i - 1] == b[j - 1] {
                true => table[i - 1][j - 1] + 1,
                false => table[i - 1][j].max(table[i][j - 1]),
            };
        }
    }
    let mut pairs = Vec::new();
    let (mut i, mut j) = (a.len(), b.len());
    while i > 0 && j > 0 {
        if a[i - 1] == b[j - 1] {
            (i, j) = (i - 1, j - 1);
            pairs.push((i, j));
        } else if table[i - 1][j] > table[i][j - 1] {
            i -= 1;
        } else {
            j -= 1;
        }
    }
    let mut runs: Vec<Run> = Vec::new();
    for (i, j) in pairs {
        match runs.last_mut() {
            Some(run) if run.a == i + 1 && run.b == j + 1 => {
                *run = Run {
                    a: i,
                    b: j,
                    len: run.len + 1,
                };
            }
            _ => runs.push(Run { a: i, b: j, len: 1 }),
        }
    }
    (table[a.len()][b.len()], runs)
}

#[test]
fn bits_walk_the_same_way_as_the_table() {
    let mut rng = russet_base::Rng::new(7);
    for round in 0..600 {
        let letters = [2, 3, 4, 26, 256][round % 5];
        let mut text = |len_max: u64| -> Vec<u8> {
            let len = rng.below(len_max + 1);
            (0..len).map(|_| rng.below(letters) as u8).collect()
        };
        let (a, b) = (text(200), text(200));
        let (len, expected) = textbook(&a, &b);
        assert_eq!(length(&a, &b), len, "{a:?} {b:?}");
        assert_eq!(runs(&a, &b), expected, "{a:?} {b:?}");
    }
}

#[test]
fn lengths_around_a_word_are_whole() {
    for len in [0, 1, 7, 8, 9, 63, 64, 65, 127, 128, 129] {
        let (a, b) = (vec![b'x'; len], vec![b'x'; len + 1]);
        assert_eq!(length(&a, &b), len);
        assert_eq!(length(&b, &a), len);
        let expected = (len > 0).then_some(Run { a: 0, b: 1, len });
        assert_eq!(runs(&a, &b), Vec::from_iter(expected));
    }
}

#[test]
fn the_limit_is_that_of_a_table_of_lengths() {
    assert_eq!(check_size(1 << 20, 511, 511), Ok(()));
    assert_eq!(check_size(1 << 20, 512, 511), Err(CommandError::LcsMemory));
    assert_eq!(check_size(0, 0, 0), Err(CommandError::LcsMemory));
    let huge = u32::MAX as usize;
    assert_eq!(check_size(u64::MAX, huge, 1), Err(CommandError::LcsTooLong));
    assert_eq!(
        check_size(u64::MAX, huge - 2, huge - 2),
        Err(CommandError::LcsMemory)
    );
}
