//! A list that is made before a key holds it.
//!
//! Always true: it gets the encoding that pushing the same elements to a key would give it.
//! Not here: lists that keys hold — `edit.rs`

use russet_pack::listpack::{self, HEADER_LEN, header};

use super::entry;
use super::limit::{FRAME, Limit};
use super::page::End;
use super::pages::List;
use crate::db::Db;
use crate::detached::Detached;
use crate::types::form::Collection;
use crate::value::{Encoding, Kind};

/// A list that no key holds yet. See [`Detached`] for an example.
#[derive(Debug)]
pub struct NewList {
    body: Body,
    limit: Limit,
    compress_depth: usize,
}

#[derive(Debug)]
enum Body {
    /// Room for a header, then entries, and how many they are.
    Packed(Vec<u8>, usize),
    Paged(Box<List>),
}

impl Db<'_> {
    /// An empty list for no key yet.
    pub fn new_list(&self) -> NewList {
        let packing = &self.shared.packing;
        NewList {
            body: Body::Packed(listpack::EMPTY[..HEADER_LEN].to_vec(), 0),
            limit: Limit::of(packing.list_size),
            compress_depth: packing.list_compress_depth,
        }
    }
}

impl NewList {
    /// Adds an element at the end.
    pub fn push(&mut self, element: &[u8]) {
        if let Body::Packed(bytes, count) = &mut self.body {
            let size = FRAME + bytes.len() - HEADER_LEN + element.len();
            if self.limit.admits(size, *count + 1) {
                entry::encode(element, bytes);
                *count += 1;
                return;
            }
            let list = List::of_entries(&bytes[HEADER_LEN..], *count);
            self.body = Body::Paged(Box::new(list));
        }
        if let Body::Paged(list) = &mut self.body {
            list.push(End::Back, element, self.limit);
            if self.compress_depth > 0 {
                list.settle(self.compress_depth, None);
            }
        }
    }

    /// Returns the value, unless it is empty.
    pub fn finish(self) -> Option<Detached> {
        match self.body {
            Body::Packed(_, 0) => None,
            Body::Packed(mut bytes, count) => {
                bytes.push(listpack::END);
                let header = header(bytes.len(), count);
                bytes[..HEADER_LEN].copy_from_slice(&header);
                Some(Detached::packed(Kind::List, Encoding::Listpack, bytes))
            }
            Body::Paged(list) => {
                let list = Collection::List(list);
                Some(Detached::paged(Encoding::Quicklist, list))
            }
        }
    }
}
