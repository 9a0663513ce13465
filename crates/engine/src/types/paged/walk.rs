//! Walking a table: all records, a scan by position, the n-th record.
//!
//! A position is the high 48 bits of a hash. A scan shows all records of a range of positions,
//! and its cursor is where the next range begins. So a record that is there throughout is shown
//! exactly once, whatever is added and removed, and however pages split and merge meanwhile.
//!
//! Always true: cursors rise; 0 is both the first and the end.

use smallvec::SmallVec;

use super::node::Node;
use super::page::Page;
use super::record::Record;
use super::table::Table;

/// Beyond the last position.
const END: u64 = 1 << 48;

impl<const PAIRS: bool> Table<PAIRS> {
    /// All records, page by page in the order of hashes.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Record<'_>> + Clone {
        self.pages().flat_map(page_records::<PAIRS>)
    }

    /// Shows about `count` records from a cursor on, in the order of positions; returns the next
    /// cursor, or 0 at the end.
    pub(crate) fn scan(&self, cursor: u64, count: usize, visit: &mut dyn FnMut(Record<'_>)) -> u64 {
        let (mut position, mut left) = (cursor, count.max(1));
        while position < END {
            let node = &self.nodes[self.node_of(position << 16)];
            let page = node.page(node.page_of(position << 16));
            let width = 1 << (48 - node.depth - page.depth);
            let next = (position & !(width - 1)) + width;
            let mut found: SmallVec<[(u64, u16); 128]> = (0..page.len())
                .map(|slot| {
                    let hash = self.hash(page.at::<PAIRS>(slot).field);
                    (hash >> 16, slot as u16)
                })
                .filter(|&(at, _)| at >= position)
                .collect();
            found.sort_unstable();
            // Records of one position are shown together.
            let end = found.get(left - 1).map_or(next, |&(last, _)| last + 1);
            let shown = found.iter().take_while(|&&(at, _)| at < end);
            let shown = shown.map(|&(_, slot)| visit(page.at::<PAIRS>(usize::from(slot))));
            left = left.saturating_sub(shown.count());
            position = end;
            if left == 0 {
                break;
            }
        }
        if position >= END { 0 } else { position }
    }

    /// The record with that number, in the order of [`Self::iter`].
    pub(crate) fn nth(&self, number: usize) -> Option<Record<'_>> {
        let mut left = number;
        for node in self.nodes_in_order() {
            if left >= node.len() {
                left -= node.len();
                continue;
            }
            for page in node.pages() {
                if left < page.len() {
                    return Some(page.at::<PAIRS>(left));
                }
                left -= page.len();
            }
        }
        None
    }

    fn pages(&self) -> impl Iterator<Item = &Page> + Clone {
        self.nodes_in_order().flat_map(|node| node.pages())
    }

    fn nodes_in_order(&self) -> impl Iterator<Item = &Node> + Clone {
        let mut position = 0;
        std::iter::from_fn(move || {
            if position >= END {
                return None;
            }
            let node = &self.nodes[self.node_of(position << 16)];
            position += 1 << (48 - node.depth);
            Some(&**node)
        })
    }
}

fn page_records<const PAIRS: bool>(page: &Page) -> impl Iterator<Item = Record<'_>> + Clone {
    (0..page.len()).map(|slot| page.at::<PAIRS>(slot))
}
