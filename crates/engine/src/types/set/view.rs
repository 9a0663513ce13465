//! Reading a set.
//!
//! Always true: integers of an intset come in ascending order, members of a listpack as they were
//! added; others in no particular order.

use russet_base::Rng;
use russet_pack::intset::Intset;
use russet_pack::listpack::{self, Listpack};

use super::Member;
use super::paged::Set;
use crate::db::Db;
use crate::key::Key;
use crate::types::form::{Collection, Form};
use crate::value::{Encoding, Kind, Touch, WrongType};
use crate::value_ref::ValueRef;

/// A set, borrowed.
#[derive(Debug, Clone, Copy)]
pub struct SetRef<'a> {
    encoding: Encoding,
    body: Body<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Body<'a> {
    Intset(Intset<'a>),
    Listpack(Listpack<'a>),
    Paged(&'a Set),
}

impl<'a> SetRef<'a> {
    /// A set as it lies.
    #[inline]
    pub(super) fn new(encoding: Encoding, form: Form<'a>) -> Self {
        let body = match form {
            Form::Packed(bytes) if encoding == Encoding::Intset => Body::Intset(Intset::new(bytes)),
            Form::Packed(bytes) => Body::Listpack(Listpack::new(bytes)),
            Form::Paged(Collection::Set(set)) => Body::Paged(set),
            Form::Paged(_) => unreachable!("the kind was looked at"),
        };
        Self { encoding, body }
    }

    /// How many members it has.
    pub fn len(&self) -> usize {
        match self.body {
            Body::Intset(set) => set.len(),
            Body::Listpack(list) => list.len(),
            Body::Paged(set) => set.len(),
        }
    }

    /// Whether it has none, as no set of a key space has.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How it is encoded.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Whether these bytes are a member.
    pub fn contains(&self, bytes: &[u8]) -> bool {
        self.has(Member::of(bytes))
    }

    /// Whether it has this member.
    pub fn has(&self, member: Member<'_>) -> bool {
        match (self.body, member) {
            (Body::Intset(set), Member::Int(number)) => set.contains(number),
            (Body::Intset(_), Member::Str(_)) => false,
            (Body::Listpack(list), member) => position(list, member).is_some(),
            (Body::Paged(set), member) => set.contains(set.hash(member), member),
        }
    }

    /// All members.
    ///
    /// # Examples
    /// ```
    /// use russet_engine::{Keyspace, Member, Options, Touch};
    ///
    /// let mut keyspace = Keyspace::new(Options::default());
    /// let mut db = keyspace.db(0);
    /// let mut set = db.set_mut(b"odd").unwrap();
    /// set.add(b"3");
    /// set.add(b"1");
    /// let set = db.read_set(b"odd", Touch::Yes).unwrap().expect("it was just created");
    /// assert!(set.iter().eq([Member::Int(1), Member::Int(3)]));
    /// ```
    pub fn iter(&self) -> Members<'a> {
        Members(match self.body {
            Body::Intset(set) => Iter::Intset(set, 0),
            Body::Listpack(list) => Iter::Listpack(list.iter()),
            Body::Paged(set) => Iter::Paged(Box::new(set.iter())),
        })
    }

    /// A member chosen uniformly at random; nothing of an empty set.
    pub fn random(&self, rng: &mut Rng) -> Option<Member<'a>> {
        match self.body {
            Body::Paged(set) => set.random(rng),
            _ if self.is_empty() => None,
            Body::Intset(set) => set.get(rng.index(set.len())).map(Member::Int),
            Body::Listpack(list) => {
                let at = i64::try_from(rng.index(list.len())).ok()?;
                list.get(list.seek(at)?)
            }
        }
    }

    /// Visits about `count` members from a cursor (0 starts) and returns the next cursor (0 ends).
    ///
    /// Every member that is there from the first call to the last is visited exactly once, unless
    /// the set becomes too large to be packed meanwhile. A packed set is visited at once. Cursors
    /// are below 2^53, and any number is safe to pass.
    pub fn scan(&self, cursor: u64, count: usize, visit: &mut dyn FnMut(Member<'_>)) -> u64 {
        match self.body {
            Body::Paged(set) => set.scan(cursor, count.max(1), visit),
            _ => {
                self.iter().for_each(visit);
                0
            }
        }
    }
}

/// The members of a set.
pub struct Members<'a>(Iter<'a>);

enum Iter<'a> {
    Intset(Intset<'a>, usize),
    Listpack(listpack::Iter<'a>),
    Paged(Box<dyn Iterator<Item = Member<'a>> + 'a>),
}

impl std::fmt::Debug for Members<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Members")
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = Member<'a>;

    #[inline]
    fn next(&mut self) -> Option<Member<'a>> {
        match &mut self.0 {
            Iter::Intset(set, at) => {
                *at += 1;
                set.get(*at - 1).map(Member::Int)
            }
            Iter::Listpack(entries) => entries.next(),
            Iter::Paged(members) => members.next(),
        }
    }
}

/// Where a member lies in a listpack.
pub(super) fn position(list: Listpack<'_>, member: Member<'_>) -> Option<usize> {
    let mut entries = list.iter();
    loop {
        let at = entries.at();
        if entries.next()? == member {
            return Some(at);
        }
    }
}

impl<'a> ValueRef<'a> {
    /// The value as a set.
    ///
    /// # Errors
    /// [`WrongType`] when it is not one.
    pub fn set(&self) -> Result<SetRef<'a>, WrongType> {
        Ok(SetRef::new(self.encoding, self.form(Kind::Set)?))
    }
}

impl Db<'_> {
    /// Looks a set up for reading.
    ///
    /// # Errors
    /// [`WrongType`] when the key holds something else.
    #[inline]
    pub fn read_set<'k>(
        &mut self,
        key: impl Into<Key<'k>>,
        touch: Touch,
    ) -> Result<Option<SetRef<'_>>, WrongType> {
        self.read(key, touch).map(|value| value.set()).transpose()
    }

    /// Looks at a set without any trace, as [`Self::peek`] does: sets can be compared.
    ///
    /// # Errors
    /// [`WrongType`] when the key holds something else.
    pub fn peek_set(&self, key: &[u8]) -> Result<Option<SetRef<'_>>, WrongType> {
        self.peek(key).map(|value| value.set()).transpose()
    }
}
