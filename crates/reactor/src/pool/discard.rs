//! The thread that drops values which are costly to drop.
//!
//! It starts with the first value, so that a process which forks at its start has no thread yet.
//!
//! Always true: a value handed over is dropped exactly once, here if the thread cannot start.

use std::thread;

use crossbeam_channel::{Sender, unbounded};

/// A value to drop.
pub(crate) type Load = Box<dyn Send>;

/// The far side of the thread.
#[derive(Debug, Default)]
pub(crate) struct Discards {
    sender: Option<Sender<Load>>,
}

impl Discards {
    /// Hands a value to the thread.
    pub(crate) fn discard(&mut self, load: Load) {
        if self.sender.is_none() {
            self.sender = start();
        }
        // A load that cannot be sent comes back inside the error and is dropped here.
        if let Some(sender) = &self.sender
            && sender.send(load).is_err()
        {
            self.sender = None;
        }
    }
}

fn start() -> Option<Sender<Load>> {
    let (sender, receiver) = unbounded::<Load>();
    let thread = thread::Builder::new().name("russet-drop".to_owned());
    thread.spawn(move || receiver.iter().for_each(drop)).ok()?;
    Some(sender)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bell(Sender<thread::ThreadId>);

    impl Drop for Bell {
        fn drop(&mut self) {
            self.0.send(thread::current().id()).unwrap();
        }
    }

    #[test]
    fn values_are_dropped_on_one_other_thread() {
        let (ring, heard) = unbounded();
        let mut discards = Discards::default();
        discards.discard(Box::new(Bell(ring.clone())));
        discards.discard(Box::new(Bell(ring)));
        let (first, second) = (heard.recv().unwrap(), heard.recv().unwrap());
        assert_eq!(first, second);
        assert_ne!(first, thread::current().id());
    }
}
