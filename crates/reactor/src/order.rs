//! The order of appends, syncs and operations on each open file, while the pool works on it.
//!
//! A sync must cover the appends before it, an operation must see them, and no output may leave
//! before the appends of its turn are written. As long as nothing of a file is under way, the loop
//! appends by itself; then it stands behind what is.
//!
//! ```text
//!               waiting, first come first served        under way
//!  append ─►  ┌──────────────────────────────┐   ┌─ one append or operation
//!  sync ───►  │ append  sync  append  close  │ ─►┤
//!  op ─────►  └──────────────────────────────┘   └─ one sync, beside it
//! ```
//! | first of those waiting | starts when                          |
//! |------------------------|--------------------------------------|
//! | append, operation      | no append or operation is under way  |
//! | sync, closing          | nothing of the file is under way     |
//!
//! A write goes on beside a sync, because a sync may take longer than clients should wait.
//!
//! Always true: after a failed append, the appends and syncs behind it fail unstarted: a file gets
//! no hole, and no sync vouches for bytes that are not there.
//! Not here: the work itself — `pool.rs`; output that waits for appends — `reactor/act.rs`.

use std::collections::{BTreeMap, VecDeque};
use std::mem;

use russet_io::{Append, FileId, FileOp, JobId};

/// Work on an open file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Errand {
    /// Bytes of `Ready::append`.
    Append(Append),
    /// A file of `Ready::sync`, or the job that is the same.
    Sync(JobId),
    /// Another job.
    Op(JobId, FileOp),
}

/// The two places of a file that hold what is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// An append or an operation.
    Main,
    /// A sync.
    Sync,
}

/// All files that the pool works on.
#[derive(Debug, Default)]
pub(crate) struct Order {
    queues: BTreeMap<FileId, Queue>,
    /// Appends that wait or are under way, of all files.
    appends: usize,
}

/// The work that is under way on one file, and the work that waits.
#[derive(Debug, Default)]
struct Queue {
    main: Option<Errand>,
    sync: Option<Errand>,
    waiting: VecDeque<Errand>,
}

impl Order {
    /// Whether nothing of a file is under way.
    #[inline]
    pub(crate) fn is_free(&self, file: FileId) -> bool {
        !self.queues.contains_key(&file)
    }

    /// Whether appends wait or are under way: no output may leave.
    #[inline]
    pub(crate) fn has_appends(&self) -> bool {
        self.appends > 0
    }

    /// Takes an errand to its place behind the others of its file.
    pub(crate) fn enter(&mut self, file: FileId, errand: Errand) {
        self.appends += usize::from(matches!(errand, Errand::Append(_)));
        self.queues
            .entry(file)
            .or_default()
            .waiting
            .push_back(errand);
    }

    /// The next errand that is to be started, which is under way from now on.
    pub(crate) fn start(&mut self, file: FileId) -> Option<(Side, Errand)> {
        let queue = self.queues.get_mut(&file)?;
        let is_syncing = queue.sync.is_some();
        let side = match queue.waiting.front()? {
            _ if queue.main.is_some() => return None,
            Errand::Sync(_) | Errand::Op(_, FileOp::Close(_)) if is_syncing => return None,
            Errand::Sync(_) => Side::Sync,
            Errand::Append(_) | Errand::Op(..) => Side::Main,
        };
        let errand = queue.waiting.pop_front()?;
        *queue.place(side) = Some(errand.clone());
        Some((side, errand))
    }

    /// The errand that was under way on a side, which has ended.
    pub(crate) fn end(&mut self, file: FileId, side: Side) -> Option<Errand> {
        let queue = self.queues.get_mut(&file)?;
        let errand = queue.place(side).take();
        self.forget_if_free(file);
        self.appends -= usize::from(matches!(errand, Some(Errand::Append(_))));
        errand
    }

    /// The appends and syncs that wait behind a failed append, in order. Operations stay.
    pub(crate) fn fail(&mut self, file: FileId) -> Vec<Errand> {
        let Some(queue) = self.queues.get_mut(&file) else {
            return Vec::new();
        };
        let is_op = |errand: &Errand| matches!(errand, Errand::Op(..));
        let (ops, failed) = mem::take(&mut queue.waiting).into_iter().partition(is_op);
        queue.waiting = ops;
        let failed: VecDeque<Errand> = failed;
        let appends = failed.iter().filter(|e| matches!(e, Errand::Append(_)));
        self.appends -= appends.count();
        self.forget_if_free(file);
        failed.into()
    }

    fn forget_if_free(&mut self, file: FileId) {
        let is_free = |q: &Queue| q.main.is_none() && q.sync.is_none() && q.waiting.is_empty();
        if self.queues.get(&file).is_some_and(is_free) {
            self.queues.remove(&file);
        }
    }
}

impl Queue {
    fn place(&mut self, side: Side) -> &mut Option<Errand> {
        match side {
            Side::Main => &mut self.main,
            Side::Sync => &mut self.sync,
        }
    }
}

/// The open file that an operation is about; none for those that name a path, and for opening.
pub(crate) fn file_of(op: &FileOp) -> Option<FileId> {
    match op {
        FileOp::Write { file, .. }
        | FileOp::Read { file, .. }
        | FileOp::SetLen { file, .. }
        | FileOp::Sync(file)
        | FileOp::Lock(file)
        | FileOp::Close(file) => Some(*file),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: FileId = FileId(1);

    fn append(offset: u64) -> Errand {
        Errand::Append(Append {
            file: FILE,
            offset,
            bytes: b"x".as_slice().into(),
        })
    }

    fn close() -> Errand {
        Errand::Op(JobId(9), FileOp::Close(FILE))
    }

    fn sync(job: u64) -> Errand {
        Errand::Sync(JobId(job))
    }

    fn enter(order: &mut Order, errands: impl IntoIterator<Item = Errand>) {
        errands
            .into_iter()
            .for_each(|errand| order.enter(FILE, errand));
    }

    #[test]
    fn an_append_goes_on_beside_a_sync_and_the_next_sync_waits_for_both() {
        let mut order = Order::default();
        enter(&mut order, [sync(1), append(0), sync(2)]);
        assert_eq!(order.start(FILE), Some((Side::Sync, sync(1))));
        assert_eq!(order.start(FILE), Some((Side::Main, append(0))));
        assert_eq!(order.start(FILE), None);
        assert_eq!(order.end(FILE, Side::Sync), Some(sync(1)));
        assert_eq!(order.start(FILE), None);
        assert!(order.has_appends());
        assert_eq!(order.end(FILE, Side::Main), Some(append(0)));
        assert!(!order.has_appends());
        assert_eq!(order.start(FILE), Some((Side::Sync, sync(2))));
        assert!(!order.is_free(FILE));
        assert_eq!(order.end(FILE, Side::Sync), Some(sync(2)));
        assert!(order.is_free(FILE));
    }

    #[test]
    fn appends_and_operations_are_one_after_the_other() {
        let mut order = Order::default();
        enter(&mut order, [append(0), append(1), close()]);
        for expect in [append(0), append(1), close()] {
            assert_eq!(order.start(FILE), Some((Side::Main, expect.clone())));
            assert_eq!(order.start(FILE), None);
            assert_eq!(order.end(FILE, Side::Main), Some(expect));
        }
        assert!(order.is_free(FILE));
    }

    #[test]
    fn a_file_is_not_closed_beside_a_sync() {
        let mut order = Order::default();
        enter(&mut order, [sync(1), close()]);
        order.start(FILE);
        assert_eq!(order.start(FILE), None);
        order.end(FILE, Side::Sync);
        assert_eq!(order.start(FILE), Some((Side::Main, close())));
    }

    #[test]
    fn what_waits_behind_a_failed_append_fails_but_for_operations() {
        let mut order = Order::default();
        enter(&mut order, [append(0), append(1), sync(1), close()]);
        order.start(FILE);
        assert_eq!(order.fail(FILE), [append(1), sync(1)]);
        assert!(order.has_appends());
        order.end(FILE, Side::Main);
        assert!(!order.has_appends());
        assert_eq!(order.start(FILE), Some((Side::Main, close())));
    }

    #[test]
    fn a_file_is_free_again_when_all_behind_a_failed_append_have_failed() {
        let mut order = Order::default();
        enter(&mut order, [append(0), append(1), sync(1)]);
        order.start(FILE);
        order.end(FILE, Side::Main);
        assert!(!order.is_free(FILE));
        assert_eq!(order.fail(FILE), [append(1), sync(1)]);
        assert!(order.is_free(FILE) && !order.has_appends());
        assert_eq!(order.fail(FILE), []);
    }

    #[test]
    fn files_do_not_wait_for_each_other() {
        let (mut order, other) = (Order::default(), FileId(2));
        enter(&mut order, [sync(1)]);
        order.start(FILE);
        assert!(order.is_free(other));
        order.enter(other, sync(2));
        assert_eq!(order.start(other), Some((Side::Sync, sync(2))));
    }
}
