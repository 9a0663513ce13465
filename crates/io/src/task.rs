//! Work on another thread, in steps: what takes long and needs no data but its own.
//!
//! A task owns all it needs (a snapshot of the data, say) and reaches files through the
//! [`Disk`] that each step is given. A loop runs the steps on a thread of its pool; a simulator
//! runs them between turns, where its seed decides.
//!
//! Always true: a task that was canceled or failed makes no further step.

use core::any::Any;

use crate::failure::Failure;
use crate::file::Disk;

/// The state of a task after a step.
pub enum Step {
    /// There is more to do.
    More,
    /// There is more to do, after this many microseconds.
    Pause(u64),
    /// It is finished; the value goes to the service as [`Outcome::Finished`](crate::Outcome).
    Finished(Box<dyn Any + Send>),
    /// It cannot be finished.
    Failed(Failure),
}

/// A piece of work that runs on another thread.
///
/// # Examples
/// ```
/// use russet_io::{Disk, Step, Task};
///
/// /// Sums numbers, a thousand a step.
/// struct Sum(Vec<u64>, u64);
///
/// impl Task for Sum {
///     fn step(&mut self, _disk: &mut dyn Disk) -> Step {
///         let rest = self.0.len().saturating_sub(1_000);
///         self.1 += self.0.drain(rest..).sum::<u64>();
///         if self.0.is_empty() {
///             return Step::Finished(Box::new(self.1));
///         }
///         Step::More
///     }
/// }
/// ```
pub trait Task: Send {
    /// Does a bounded part of the work: some milliseconds at most, so that it can be canceled.
    fn step(&mut self, disk: &mut dyn Disk) -> Step;

    /// Cleans up after a cancellation: called instead of the next step, if there was a first one.
    fn cancel(&mut self, disk: &mut dyn Disk) {
        let _ = disk;
    }
}
