//! Lists: deques of byte strings that are also edited in the middle.
//!
//! ```text
//!  edit.rs    ListMut    packed or paged, and from the one to the other
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
mod limit;
mod middle;
mod page;
mod pages;
mod spine;
mod target;
mod view;

pub use edit::ListMut;
pub use page::End;
pub(crate) use pages::List;
pub use target::Target;
pub use view::{ListPart, ListRef};

use crate::db::Db;
use crate::value::{Kind, Touch, ValueRef, WrongType};

impl<'a> ValueRef<'a> {
    /// The value as a list.
    ///
    /// # Errors
    /// [`WrongType`] when it is not one.
    #[inline]
    pub fn list(&self) -> Result<ListRef<'a>, WrongType> {
        self.form(Kind::List).map(ListRef::new)
    }
}

impl Db<'_> {
    /// The list at a key, if there is one.
    ///
    /// # Errors
    /// [`WrongType`] when the key holds something else.
    pub fn list(&mut self, key: &[u8], touch: Touch) -> Result<Option<ListRef<'_>>, WrongType> {
        self.list_hashed(self.hash(key), key, touch)
    }

    /// [`Self::list`] with the hash of the key, as [`Self::prefetch`] returned it.
    ///
    /// # Errors
    /// [`WrongType`] when the key holds something else.
    #[inline]
    pub fn list_hashed(
        &mut self,
        hash: u64,
        key: &[u8],
        touch: Touch,
    ) -> Result<Option<ListRef<'_>>, WrongType> {
        let value = self.read_hashed(hash, key, touch);
        value.map(|value| value.list()).transpose()
    }

    /// The list at a key, to be changed; an absent key is an empty list.
    ///
    /// # Errors
    /// [`WrongType`] when the key holds something else.
    pub fn list_mut<'a>(&'a mut self, key: &'a [u8]) -> Result<ListMut<'a>, WrongType> {
        self.list_mut_hashed(self.hash(key), key)
    }

    /// [`Self::list_mut`] with the hash of the key, as [`Self::prefetch`] returned it.
    ///
    /// # Errors
    /// [`WrongType`] when the key holds something else.
    #[inline]
    pub fn list_mut_hashed<'a>(
        &'a mut self,
        hash: u64,
        key: &'a [u8],
    ) -> Result<ListMut<'a>, WrongType> {
        Ok(ListMut::new(self.held_hashed(hash, key, Kind::List)?))
    }
}
