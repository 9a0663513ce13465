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
mod index;
mod leaf;
mod leaves;
mod new;
mod packed;
mod paged;
mod span;
mod tree;
mod view;

pub use edit::{AddOrder, AddPresence, NotANumber, ZsetAdd, ZsetAdded, ZsetMut};
pub use new::NewZset;
pub(crate) use paged::{Ahead, Zset};
pub use span::{MemberBound, ScoreBound, Span};
pub use view::{Scored, ZsetRef, ZsetWalk};

use crate::db::Db;
use crate::value::{Kind, Touch, ValueRef, WrongType};

impl<'a> ValueRef<'a> {
    /// The value as a sorted set.
    ///
    /// # Errors
    /// [`WrongType`] when it is not one.
    #[inline]
    pub fn zset(&self) -> Result<ZsetRef<'a>, WrongType> {
        self.form(Kind::Zset).map(ZsetRef::new)
    }
}

impl Db<'_> {
    /// The sorted set at a key, if there is one.
    ///
    /// # Errors
    /// [`WrongType`] when the key holds something else.
    pub fn zset(&mut self, key: &[u8], touch: Touch) -> Result<Option<ZsetRef<'_>>, WrongType> {
        self.zset_hashed(self.hash(key), key, touch)
    }

    /// [`Self::zset`] with the hash of the key, as [`Self::prefetch`] returned it.
    ///
    /// # Errors
    /// [`WrongType`] when the key holds something else.
    #[inline]
    pub fn zset_hashed(
        &mut self,
        hash: u64,
        key: &[u8],
        touch: Touch,
    ) -> Result<Option<ZsetRef<'_>>, WrongType> {
        let value = self.read_hashed(hash, key, touch);
        value.map(|value| value.zset()).transpose()
    }

    /// Looks at a sorted set without any trace, as [`Self::peek`] does: several can be combined.
    ///
    /// # Errors
    /// [`WrongType`] when the key holds something else.
    pub fn peek_zset(&self, key: &[u8]) -> Result<Option<ZsetRef<'_>>, WrongType> {
        self.peek(key).map(|value| value.zset()).transpose()
    }

    /// The sorted set at a key, to be changed; an absent key is an empty one.
    ///
    /// # Errors
    /// [`WrongType`] when the key holds something else.
    pub fn zset_mut<'a>(&'a mut self, key: &'a [u8]) -> Result<ZsetMut<'a>, WrongType> {
        self.zset_mut_hashed(self.hash(key), key)
    }

    /// [`Self::zset_mut`] with the hash of the key, as [`Self::prefetch`] returned it.
    ///
    /// # Errors
    /// [`WrongType`] when the key holds something else.
    #[inline]
    pub fn zset_mut_hashed<'a>(
        &'a mut self,
        hash: u64,
        key: &'a [u8],
    ) -> Result<ZsetMut<'a>, WrongType> {
        Ok(ZsetMut::new(self.held_hashed(hash, key, Kind::Zset)?))
    }
}
