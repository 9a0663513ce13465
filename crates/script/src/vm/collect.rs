//! The roots of a collection.
//!
//! Always true: a collection runs only where every live value is in a root.
//! Not here: marking and sweeping — `heap.rs`

use std::sync::Arc;

use super::state::{Names, Vm};
use crate::thread::Thread;
use crate::value::{TableRef, Value};

impl Vm {
    /// Collects if the heap has grown enough.
    #[inline]
    pub(crate) fn collect_if_due(&mut self) {
        if self.heap.wants_collection() {
            self.collect();
        }
    }

    /// Frees all that is unreachable. O(N) of the heap.
    pub(crate) fn collect(&mut self) {
        // A script that nobody holds is gone.
        let heap = &mut self.heap;
        self.protos.retain(|proto| {
            let is_held = Arc::strong_count(proto) > 1;
            if !is_held {
                heap.unpin(proto);
            }
            is_held
        });
        heap.begin_collection();
        heap.mark(Value::Table(self.globals));
        heap.mark(Value::Table(self.loading_globals));
        for values in [&self.prelude, &self.callbacks] {
            values.iter().for_each(|value| heap.mark(*value));
        }
        heap.mark(Value::Str(self.list_names.0));
        heap.mark(Value::Str(self.list_names.1));
        let registered = self.registered.iter().map(|function| function.callback);
        registered.for_each(|value| heap.mark(value));
        self.out.iter().for_each(|value| heap.mark(*value));
        self.names.each(|value| heap.mark(value));
        let mut mark = |thread: &Thread| thread.each_value(|value| heap.mark(value));
        mark(&self.thread);
        self.resumers
            .iter()
            .for_each(|resumer| mark(&resumer.thread));
        let waiting = self.resumers.iter().filter_map(|resumer| resumer.current);
        for id in waiting.chain(self.current) {
            self.heap.mark(Value::Thread(id));
        }
        if let Some(parked) = &self.parked {
            let mut mark = |thread: &Thread| thread.each_value(|value| self.heap.mark(value));
            mark(&parked.thread);
            parked
                .resumers
                .iter()
                .for_each(|resumer| mark(&resumer.thread));
            let waiting = parked.resumers.iter().filter_map(|resumer| resumer.current);
            for id in waiting.chain(parked.current) {
                self.heap.mark(Value::Thread(id));
            }
        }
        self.heap.end_collection();
    }
}

impl Names {
    fn each(&self, mut visit: impl FnMut(Value)) {
        let single = [
            self.index,
            self.newindex,
            self.call,
            self.eq,
            self.lt,
            self.le,
            self.concat,
            self.unm,
            self.tostring,
            self.metatable,
            self.n,
            self.err,
            self.ok,
            self.no_memory,
        ];
        for name in single.into_iter().chain(self.arith) {
            visit(Value::Str(name));
        }
        if let Some(TableRef(idx)) = self.string_meta {
            visit(Value::Table(TableRef(idx)));
        }
    }
}
