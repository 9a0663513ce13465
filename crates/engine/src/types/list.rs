//! Lists: deques of byte strings that are also edited in the middle.
//!
//! ```text
//!  edit.rs    ListMut    packed or paged, and from the one to the other
//!  new.rs     NewList    one that no key holds yet
//!  view.rs    ListRef    reading either
//!  pages.rs   List       a ring of pages: its ends, and reading it
//!  middle.rs             changes between the ends
//!  spine.rs   Spine      where the pages are
//!  page.rs    Page       entries with room at both ends
//!  entry.rs              an element as a listpack has it
//!  limit.rs   Limit      list-max-listpack-size
//!  target.rs  Target     an element that others are compared with
//! ```
//! Always true: the bytes of a page are entries of a listpack, so pages go to disk as they are.
//! Not here: commands — crate `russet-command`

mod edit;
mod entry;
mod gate;
mod limit;
mod middle;
mod new;
mod page;
pub(crate) mod pages;
mod spine;
mod target;
mod view;

pub use edit::ListMut;
pub use new::NewList;
pub use page::End;
pub use target::Target;
pub use view::{ListPart, ListRef};
