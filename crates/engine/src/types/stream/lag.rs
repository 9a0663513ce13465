//! How many entries were added before one, and how far behind a group is.
//!
//! Neither is counted: both follow from the counters of the stream where no deletion lies between.
//!
//! Always true: what is not known for certain is `None`.
//! Not here: the counters — `stream.rs`

use super::Stream;
use super::group::StreamGroup;
use super::id::StreamId;

impl Stream {
    /// How many entries were ever added up to this one, if that is known.
    pub fn entries_up_to(&self, id: StreamId) -> Option<u64> {
        if self.entries_added == 0 {
            return Some(0);
        }
        if self.is_empty() && id <= self.last_id {
            return Some(self.entries_added);
        }
        if !id.is_zero() && id < self.max_deleted_id {
            return None;
        }
        if id >= self.last_id {
            return (id == self.last_id).then_some(self.entries_added);
        }
        let has_gaps = !self.max_deleted_id.is_zero() && self.max_deleted_id >= self.first_id;
        if has_gaps || id > self.first_id {
            return None;
        }
        let before = self.entries_added.checked_sub(self.len())?;
        before.checked_add(u64::from(id == self.first_id))
    }

    /// Whether an entry from `id` on may have been deleted.
    pub fn may_have_gaps_from(&self, id: StreamId) -> bool {
        !self.is_empty() && !self.max_deleted_id.is_zero() && id <= self.max_deleted_id
    }

    /// How many entries were not delivered to a group yet, if that is known.
    pub fn lag(&self, group: &StreamGroup) -> Option<i64> {
        let behind = |read: u64| (self.entries_added as i64).wrapping_sub(read as i64);
        if self.entries_added == 0 || self.is_empty() {
            return Some(0);
        }
        if group.last_id < self.first_id && self.max_deleted_id < self.first_id {
            return i64::try_from(self.len()).ok();
        }
        match group.entries_read {
            Some(read) if !self.may_have_gaps_from(group.last_id) => Some(behind(read)),
            _ => self.entries_up_to(group.last_id).map(behind),
        }
    }

    /// How many entries a group has read once it is given the entry `id`, having read `read` up to
    /// `last_id`.
    pub fn entries_read_after(
        &self,
        (last_id, read): (StreamId, Option<u64>),
        id: StreamId,
    ) -> Option<u64> {
        let is_inside = last_id >= self.first_id;
        match read {
            Some(read) if is_inside && !self.may_have_gaps_from(last_id) => read.checked_add(1),
            read if self.entries_added == 0 => read,
            _ => self.entries_up_to(id),
        }
    }
}
