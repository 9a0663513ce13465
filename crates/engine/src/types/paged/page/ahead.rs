//! Fetching what a look-up of a record will read, while other look-ups are prepared.
//!
//! Always true: hints change nothing but the time that the look-up takes.
//! Not here: for whom and when — `Keyspace::prefetch_members`

use super::{Page, offset_place};
use crate::prefetch;

/// Size of the lines in which memory is fetched.
const CACHE_LINE: usize = 64;

/// A record that is being fetched, stage by stage: each needs what the one before has fetched.
///
/// ```text
///  page ─► tags ─► offset of the slot with the tag ─► record
///                └ if there is none: where one will be added
/// ```
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ahead<'a> {
    page: &'a Page,
    tag: u8,
    stage: Stage,
}

#[derive(Debug, Clone, Copy)]
enum Stage {
    Tags,
    Offset,
    Record(u16),
}

impl Page {
    /// Begins to fetch what looking for a tag, or adding it, will read; see [`Ahead`].
    #[inline]
    pub(in crate::types::paged) fn ahead(&self, tag: u8) -> Ahead<'_> {
        prefetch::line(self);
        Ahead {
            page: self,
            tag,
            stage: Stage::Tags,
        }
    }

    #[inline]
    fn prefetch(&self, at: usize) {
        prefetch::line(self.body.as_ptr().wrapping_add(at));
    }
}

impl Ahead<'_> {
    /// Fetches what comes next; says whether something comes after that.
    #[inline]
    pub(crate) fn step(&mut self) -> bool {
        let page = self.page;
        match self.stage {
            Stage::Tags => {
                for at in (0..page.len()).step_by(CACHE_LINE) {
                    page.prefetch(at);
                }
                self.stage = Stage::Offset;
                true
            }
            Stage::Offset => match page.tagged(self.tag).next() {
                Some(slot) => {
                    page.prefetch(offset_place(slot, usize::from(page.slots)));
                    self.stage = Stage::Record(slot as u16);
                    true
                }
                None => {
                    page.prefetch(offset_place(page.len(), usize::from(page.slots)));
                    page.prefetch(usize::from(page.end));
                    false
                }
            },
            Stage::Record(slot) => {
                let offset = page.offset(usize::from(slot));
                page.prefetch(offset);
                page.prefetch(offset + CACHE_LINE / 2);
                false
            }
        }
    }
}
