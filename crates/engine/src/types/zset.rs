//! Sorted sets: members with scores, in the order of scores and then of members.
//!
//! ```text
//!  edit.rs    ZsetMut   packed or paged, and from the one to the other
//!  new.rs     NewZset   one that no key holds yet
//!  view.rs    ZsetRef   reading either          span.rs   Span     which members are meant
//!  packed.rs  Pairs     member, score, member … of a listpack
//!  paged.rs   Zset      leaves of records, a tree over them, an index of members
//!    tree.rs  leaves.rs  leaf.rs  code.rs  index.rs
//! ```
//! Always true: no score is NaN; equal scores are in the order of their members' bytes.
//! Not here: commands — crate `russet-command`

mod code;
mod edit;
mod gate;
mod index;
mod leaf;
mod leaves;
mod new;
mod packed;
pub(crate) mod paged;
mod span;
mod tree;
mod view;

pub use edit::{AddOrder, AddPresence, NotANumber, ZsetAdd, ZsetAdded, ZsetMut};
pub use new::NewZset;
pub use span::{MemberBound, ScoreBound, Span};
pub use view::{Scored, ZsetRef, ZsetWalk};
