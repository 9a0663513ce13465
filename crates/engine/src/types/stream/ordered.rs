//! Things in the order of the identifiers they carry, in pages that snapshots share.
//!
//! Acknowledged entries leave at the front and new ones come at the end, nearly always; anything
//! else moves at most the things of one page.
//!
//! Always true: no page is empty; identifiers rise without repeating.
//! Not here: what the things are — `group.rs`

use std::collections::VecDeque;

use super::id::StreamId;
use crate::part::Part;

/// A value with an identifier.
pub(super) trait Identified: Copy {
    /// Its identifier.
    fn id(&self) -> StreamId;
}

impl Identified for StreamId {
    fn id(&self) -> StreamId {
        *self
    }
}

/// Things in the order of their identifiers.
#[derive(Debug, Clone)]
pub(super) struct Ordered<T> {
    pages: VecDeque<Part<Vec<T>>>,
    len: usize,
}

/// How many things a page holds at most.
const PAGE_LEN_MAX: usize = 128;

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Self {
            pages: VecDeque::new(),
            len: 0,
        }
    }
}

impl<T: Identified> Ordered<T> {
    /// Adds a thing, or replaces the one with its identifier; says whether it was added.
    pub(super) fn insert(&mut self, thing: T) -> bool {
        let id = thing.id();
        let page = self.page_of(id).min(self.pages.len().saturating_sub(1));
        let is_last = page + 1 == self.pages.len();
        let Some(things) = self.pages.get_mut(page) else {
            self.push_page(thing);
            return true;
        };
        match things.binary_search_by_key(&id, Identified::id) {
            Ok(at) => {
                things.make_mut()[at] = thing;
                return false;
            }
            Err(at) if is_last && at == PAGE_LEN_MAX => {
                // Things that come in order fill their pages.
                things.make_mut().shrink_to_fit();
                self.push_page(thing);
                return true;
            }
            Err(at) if things.len() < PAGE_LEN_MAX => things.make_mut().insert(at, thing),
            Err(at) => {
                let low = things.make_mut();
                let mut high = low.split_off(PAGE_LEN_MAX / 2);
                match at.checked_sub(low.len()) {
                    Some(at) => high.insert(at, thing),
                    None => low.insert(at, thing),
                }
                self.pages.insert(page + 1, Part::new(high));
            }
        }
        self.len += 1;
        true
    }

    fn push_page(&mut self, thing: T) {
        self.pages.push_back(Part::new(vec![thing]));
        self.len += 1;
    }

    /// Removes a thing.
    pub(super) fn remove(&mut self, id: StreamId) -> Option<T> {
        let (page, at) = self.find(id)?;
        let things = &mut self.pages[page];
        let thing = things[at];
        if things.len() == 1 {
            self.pages.remove(page);
        } else {
            let things = things.make_mut();
            things.remove(at);
            if things.capacity() > 16 && things.len() * 4 < things.capacity() {
                things.shrink_to(things.len() * 2);
            }
        }
        self.len -= 1;
        Some(thing)
    }

    /// A thing.
    pub(super) fn get(&self, id: StreamId) -> Option<&T> {
        let (page, at) = self.find(id)?;
        Some(&self.pages[page][at])
    }

    /// How many things there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The one with the lowest identifier.
    pub(super) fn first(&self) -> Option<&T> {
        self.pages.front()?.first()
    }

    /// The one with the highest identifier.
    pub(super) fn last(&self) -> Option<&T> {
        self.pages.back()?.last()
    }

    /// Items from an identifier on.
    pub(super) fn from(&self, id: StreamId) -> impl Iterator<Item = &T> {
        let page = self.page_of(id);
        let at = match self.pages.get(page) {
            Some(things) => things.partition_point(|thing| thing.id() < id),
            None => 0,
        };
        let rest = self.pages.range(page.min(self.pages.len())..);
        rest.flat_map(|things| things.iter()).skip(at)
    }

    /// Bytes that it occupies beside itself.
    pub(super) fn weight(&self) -> usize {
        let page = size_of::<Part<Vec<T>>>() + size_of::<Vec<T>>() + 32;
        self.pages.capacity() * size_of::<Part<Vec<T>>>()
            + self.pages.len() * page
            + self.len * size_of::<T>()
    }

    /// The page where an identifier is, or would be: the first that does not end before it.
    fn page_of(&self, id: StreamId) -> usize {
        let ends_before = |things: &Part<Vec<T>>| things.last().is_some_and(|t| t.id() < id);
        // PERF: nearly everything happens at the two ends.
        match (self.pages.front(), self.pages.back()) {
            (Some(front), _) if !ends_before(front) => 0,
            (_, Some(back)) if ends_before(back) => self.pages.len(),
            _ => self.pages.partition_point(ends_before),
        }
    }

    fn find(&self, id: StreamId) -> Option<(usize, usize)> {
        let page = self.page_of(id);
        let things = self.pages.get(page)?;
        let at = things.binary_search_by_key(&id, Identified::id).ok()?;
        Some((page, at))
    }
}
