//! The shape of the radix tree that other servers would keep the blocks of a stream in.
//!
//! ```text
//!  a run of bytes without a choice   one node
//!  a choice                          one node
//!  the end of a key                  one node
//! ```
//! XINFO STREAM tells it. Nothing here is such a tree, but what it would be like follows from the
//! keys alone: the identifiers of blocks, most significant byte first.
//!
//! Not here: where blocks really are — `stream.rs`

use super::Stream;
use super::id::StreamId;

const KEY_LEN: usize = 16;

impl Stream {
    /// How many nodes a radix tree of the blocks would have.
    pub fn tree_nodes(&self) -> usize {
        let keys: Vec<_> = self.slots.iter().map(|slot| key(slot.first)).collect();
        nodes(&keys, 0)
    }
}

fn key(id: StreamId) -> [u8; KEY_LEN] {
    (u128::from(id.ms) << 64 | u128::from(id.seq)).to_be_bytes()
}

/// The nodes of a tree of keys that agree in their first `depth` bytes.
fn nodes(keys: &[[u8; KEY_LEN]], depth: usize) -> usize {
    let ([first, .., last] | [first @ last]) = keys else {
        return 1;
    };
    let differ = (depth..KEY_LEN).find(|at| first[*at] != last[*at]);
    let Some(differ) = differ else {
        return 1 + usize::from(depth < KEY_LEN);
    };
    let children = keys.chunk_by(|a, b| a[differ] == b[differ]);
    let below: usize = children.map(|child| nodes(child, differ + 1)).sum();
    usize::from(differ > depth) + 1 + below
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_runs_choices_and_ends() {
        let count = |ids: &[(u64, u64)]| {
            let keys: Vec<_> = ids
                .iter()
                .map(|(ms, seq)| key(StreamId::new(*ms, *seq)))
                .collect();
            nodes(&keys, 0)
        };
        assert_eq!(count(&[]), 1);
        assert_eq!(count(&[(1, 1)]), 2);
        assert_eq!(count(&[(1, 1), (1, 2)]), 4);
        assert_eq!(count(&[(1, 1), (2, 1)]), 6);
        assert_eq!(count(&[(1, 1), (1, 2), (2, 1)]), 8);
    }
}
