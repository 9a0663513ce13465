//! All commands by name, with what is derived from their rows.
//!
//! Rows of families with different handler types meet here: whoever builds the registry says how a
//! family's handler becomes its own `H`. Commands stand in table order, every container directly
//! followed by its subcommands; an id is such a place and means nothing outside the process.
//!
//! ```text
//!  name ─ first 8 bytes as one word ─┐
//!  length, container ────────────────┴─► slot of an open table ─► CommandId
//! ```
//! Always true: looking up allocates nothing and admits any bytes; a name is found in any case.
//! Not here: replies made of it — `views.rs`; what handlers do — the families.

use std::borrow::Cow;

use russet_resp::Args;

use crate::category::{Categories, categories};
use crate::row::{Begin, Channels, Family, Find, Flags, Group, KeyFlags, Row, Spec};

/// A command of one registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommandId(u16);

impl CommandId {
    /// Its place in table order, for tables that go along with the registry.
    #[inline]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The legacy description of key positions: first, last and step; zeros without keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LegacyKeys {
    /// The first key's position.
    pub first: i64,
    /// The last key's, from the end when negative.
    pub last: i64,
    /// The distance of keys.
    pub step: i64,
}

/// A command or subcommand, with what its row implies.
#[derive(Debug)]
pub struct Command<H> {
    /// Its place.
    pub id: CommandId,
    /// Its group.
    pub group: Group,
    /// The contents of its row.
    pub spec: &'static Spec,
    /// The handler; `None` for a container whose subcommands run.
    pub run: Option<H>,
    /// The name that clients use, in upper case: the row's name unless it was renamed, empty when
    /// it was removed.
    pub call_name: Cow<'static, [u8]>,
    /// Its name in lower case, `container|subcommand` for a subcommand.
    pub full_name: Box<str>,
    /// Its container, for a subcommand.
    pub parent: Option<CommandId>,
    /// Its subcommands, for a container.
    pub subcommands: Vec<CommandId>,
    /// Its ACL categories.
    pub categories: Categories,
    /// Its legacy key positions.
    pub legacy: LegacyKeys,
    /// Whether the legacy positions do not tell all keys.
    pub movable_keys: bool,
    /// Whether it takes so little time that a clock of its own would cost much of it: constant or
    /// logarithmic time, or one string that is written.
    pub is_brief: bool,
    /// The only argument that rights are asked about, if that is one key at the same place in every
    /// request, and the access to it.
    pub only_key: Option<(u8, KeyFlags)>,
}

impl<H> Command<H> {
    /// Whether it is a container of subcommands (which may run by itself, too).
    pub fn is_container(&self) -> bool {
        !self.subcommands.is_empty()
    }
}

/// Memory that can be fetched before a request's command runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ahead {
    /// The position of the first key, if that is the same in every request; 0 if not.
    pub key: u8,
    /// Where a member or field stands.
    pub member: MemberAt,
}

/// Where a request names a member of a collection, or a field, as a rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MemberAt {
    /// It names none.
    #[default]
    Nowhere,
    /// Behind the key: sets and hashes.
    BehindKey,
    /// Behind the key, if nothing follows: sorted sets.
    Alone,
    /// Behind the key or one score, if nothing follows: sorted sets, in requests that write.
    AloneOrScored,
}

impl Ahead {
    /// The position of the member in a request of `args` arguments.
    #[inline]
    pub fn member(self, args: usize) -> Option<usize> {
        let key = usize::from(self.key);
        let behind = args.saturating_sub(key);
        let is_there = match self.member {
            MemberAt::Nowhere => return None,
            MemberAt::BehindKey => return (behind > 1).then_some(key + 1),
            MemberAt::Alone => behind == 2,
            MemberAt::AloneOrScored => behind == 2 || behind == 3,
        };
        is_there.then_some(args.saturating_sub(1))
    }
}

/// Why a command could not be renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RenameError {
    /// There is no such command.
    #[error("No such command in rename-command")]
    Unknown,
    /// Another command has the new name.
    #[error("Target command name already exists")]
    Taken,
}

/// One place of the name table: a name and its command.
#[derive(Debug, Clone, Copy)]
struct Slot {
    /// The first 8 bytes, letters in upper case.
    word: u64,
    /// The bits of those bytes that are compared: all but the case of letters.
    mask: u64,
    /// The length and the container, see [`tag`]; in a free slot what no name has.
    tag: u64,
    /// The command.
    id: u16,
}

const FREE: Slot = Slot {
    word: 0,
    mask: 0,
    tag: u64::MAX,
    id: 0,
};

/// The command that was found last, for [`Registry::resolve_like`] of the same registry.
#[derive(Debug, Clone, Copy)]
pub struct Recent {
    /// The first 8 bytes of its name, as they were sent.
    word: u64,
    /// The length of its name, which is 8 at most; before the first what no name has.
    len: usize,
    id: CommandId,
}

impl Default for Recent {
    fn default() -> Self {
        Self {
            word: 0,
            len: usize::MAX,
            id: CommandId(0),
        }
    }
}

/// The container of commands that are no subcommands.
const TOP: u16 = u16::MAX;

/// Commands by name.
#[derive(Debug)]
pub struct Registry<H> {
    commands: Vec<Command<H>>,
    /// Of each command, by its place.
    // PERF: asked for every request; a row of its own is long.
    ahead: Vec<Ahead>,
    slots: Box<[Slot]>,
    /// The number of slots, a power of two, less one.
    mask: usize,
    /// Commands that were renamed or taken away.
    renamed: Vec<CommandId>,
}

impl<H> Default for Registry<H> {
    fn default() -> Self {
        Self {
            commands: Vec::new(),
            ahead: Vec::new(),
            slots: Box::new([FREE]),
            mask: 0,
            renamed: Vec::new(),
        }
    }
}

impl<H> Registry<H> {
    /// A registry without commands.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the commands of some families, whose handlers `wrap` turns into this registry's.
    ///
    /// # Panics
    /// When a name is there already, or with more than 65,534 commands.
    #[must_use]
    pub fn with<T: Copy>(mut self, families: &'static [Family<T>], wrap: impl Fn(T) -> H) -> Self {
        for family in families {
            for row in family.rows {
                let container = self.push(family.group, row, None, &wrap);
                for sub in row.subcommands {
                    let id = self.push(family.group, sub, Some(container), &wrap);
                    self.commands[container.index()].subcommands.push(id);
                }
            }
        }
        self.index_names();
        self
    }

    fn push<T: Copy>(
        &mut self,
        group: Group,
        row: &'static Row<T>,
        parent: Option<CommandId>,
        wrap: &impl Fn(T) -> H,
    ) -> CommandId {
        let spec = &row.spec;
        let place = u16::try_from(self.commands.len())
            .ok()
            .filter(|&place| place < TOP);
        let id = CommandId(place.expect("a registry holds fewer than 65,535 commands"));
        let mut full_name = spec.name.to_ascii_lowercase();
        if let Some(parent) = parent {
            full_name = format!("{}|{full_name}", self.get(parent).full_name);
        }
        let first_key = first_key(spec);
        self.ahead.push(Ahead {
            key: first_key.unwrap_or_default(),
            member: member_at(group, spec),
        });
        self.commands.push(Command {
            id,
            group,
            spec,
            run: row.run.map(wrap),
            call_name: Cow::Borrowed(spec.name.as_bytes()),
            full_name: full_name.into_boxed_str(),
            parent,
            subcommands: Vec::new(),
            categories: categories(group, spec, row.run.is_none()),
            legacy: legacy_keys(spec),
            movable_keys: movable_keys(spec),
            is_brief: is_brief(group, spec),
            only_key: only_key(spec),
        });
        id
    }

    /// Builds the name table anew, at most a quarter full.
    fn index_names(&mut self) {
        let count = (self.commands.len() * 4).next_power_of_two().max(16);
        self.slots = vec![FREE; count].into_boxed_slice();
        self.mask = count - 1;
        for at in 0..self.commands.len() {
            let command = &self.commands[at];
            let name = &*command.call_name;
            if name.is_empty() {
                continue;
            }
            let parent = command.parent.map_or(TOP, |parent| parent.0);
            assert!(
                self.search(name, parent).is_none(),
                "{} is there twice",
                command.full_name
            );
            let (word, tag) = (first_bytes(name), tag(name, parent));
            let mut at = hash(word, tag) & self.mask;
            while self.slots[at].tag != FREE.tag {
                at = (at + 1) & self.mask;
            }
            self.slots[at] = Slot {
                word,
                mask: compared(word),
                tag,
                id: command.id.0,
            };
        }
    }

    /// Renames a command, or removes it when the new name is empty. Statistics and COMMAND keep its
    /// own name.
    ///
    /// # Errors
    /// When there is no such command, or the new name is taken.
    pub fn rename(&mut self, from: &[u8], to: &[u8]) -> Result<(), RenameError> {
        let id = self.find(from).ok_or(RenameError::Unknown)?;
        if self.find(to).is_some_and(|other| other != id) {
            return Err(RenameError::Taken);
        }
        self.commands[id.index()].call_name = Cow::Owned(to.to_ascii_uppercase());
        self.index_names();
        if !self.renamed.contains(&id) {
            self.renamed.push(id);
        }
        Ok(())
    }

    /// Whether some command was renamed or taken away.
    #[inline]
    pub fn has_renames(&self) -> bool {
        !self.renamed.is_empty()
    }

    /// The command that a recorded request names: by its own name, or as clients call it. Records
    /// outlive the names that clients use.
    pub fn resolve_recorded(&self, args: Args<'_>) -> Option<CommandId> {
        let name = args.get(0)?;
        let mut renamed = self.renamed.iter();
        let is_own = |id: &&CommandId| {
            let own = self.commands[id.index()].spec.name.as_bytes();
            own.eq_ignore_ascii_case(name)
        };
        match renamed.find(is_own) {
            Some(&id) => self.resolve_within(id, args),
            None => self.resolve(args),
        }
    }

    /// The command with this name.
    #[inline]
    pub fn find(&self, name: &[u8]) -> Option<CommandId> {
        self.search(name, TOP)
    }

    /// The subcommand with this name.
    #[inline]
    pub fn find_sub(&self, container: CommandId, name: &[u8]) -> Option<CommandId> {
        self.search(name, container.0)
    }

    /// The command or subcommand with this full name, as in `config|get`.
    pub fn find_full(&self, name: &[u8]) -> Option<CommandId> {
        match name.iter().position(|&byte| byte == b'|') {
            None => self.find(name),
            Some(bar) => self.find_sub(self.find(&name[..bar])?, &name[bar + 1..]),
        }
    }

    /// The command that a request names, its subcommand when it has some. A container that runs by
    /// itself is found when no subcommand is named; one that does not, too, but nothing is found
    /// when an unknown subcommand is named.
    #[inline]
    pub fn resolve(&self, args: Args<'_>) -> Option<CommandId> {
        self.resolve_within(self.find(args.get(0)?)?, args)
    }

    #[inline(always)]
    fn resolve_within(&self, id: CommandId, args: Args<'_>) -> Option<CommandId> {
        if self.commands[id.index()].subcommands.is_empty() {
            return Some(id);
        }
        match args.get(1) {
            None => Some(id),
            Some(name) => self.find_sub(id, name),
        }
    }

    /// [`Self::resolve`] for requests many of which name the command that the one before did.
    #[inline]
    pub fn resolve_like(&self, args: Args<'_>, recent: &mut Recent) -> Option<CommandId> {
        let name = args.get(0)?;
        let word = first_bytes(name);
        if word == recent.word && name.len() == recent.len {
            return Some(recent.id);
        }
        let id = self.resolve(args)?;
        let command = &self.commands[id.index()];
        if name.len() <= 8 && command.parent.is_none() && !command.is_container() {
            let len = name.len();
            *recent = Recent { word, len, id };
        }
        Some(id)
    }

    /// The command at this place.
    ///
    /// # Panics
    /// When the id is of another registry and there is no such place here.
    #[inline]
    pub fn get(&self, id: CommandId) -> &Command<H> {
        &self.commands[id.index()]
    }

    /// Memory that can be fetched before a request of this command runs.
    #[inline]
    pub fn ahead(&self, id: CommandId) -> Ahead {
        self.ahead.get(id.index()).copied().unwrap_or_default()
    }

    /// Every command in table order, each container followed by its subcommands, those taken away
    /// among them.
    pub fn iter(&self) -> impl Iterator<Item = &Command<H>> {
        self.commands.iter()
    }

    /// Every command that can be called, in table order.
    pub fn available(&self) -> impl Iterator<Item = &Command<H>> {
        let is_there = |id: CommandId| !self.get(id).call_name.is_empty();
        self.commands
            .iter()
            .filter(move |command| is_there(command.parent.unwrap_or(command.id)))
    }

    /// Every command that can be called and is no subcommand, in table order.
    pub fn top_level(&self) -> impl Iterator<Item = &Command<H>> {
        self.available().filter(|command| command.parent.is_none())
    }

    /// How many commands there are, subcommands among them.
    pub fn len(&self) -> usize {
        self.commands.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }

    #[inline]
    fn search(&self, name: &[u8], parent: u16) -> Option<CommandId> {
        let (word, tag) = (first_bytes(name), tag(name, parent));
        let mut at = hash(word, tag);
        loop {
            let slot = self.slots.get(at & self.mask)?;
            if word & slot.mask == slot.word
                && tag == slot.tag
                && (name.len() <= 8 || self.ends_alike(slot.id, name))
            {
                return Some(CommandId(slot.id));
            }
            if slot.tag == FREE.tag {
                return None;
            }
            at = at.wrapping_add(1);
        }
    }

    /// Compares what does not fit into a word.
    fn ends_alike(&self, id: u16, name: &[u8]) -> bool {
        let known = self.commands.get(usize::from(id));
        let known = known.and_then(|known| known.call_name.get(8..));
        known.is_some_and(|end| {
            name.get(8..)
                .is_some_and(|rest| rest.eq_ignore_ascii_case(end))
        })
    }
}

/// The length of a name and its container, as one word.
#[inline]
const fn tag(name: &[u8], parent: u16) -> u64 {
    name.len() as u64 ^ (parent as u64) << 48
}

/// Where the search for a name begins, before it is cut to the size of the table.
#[inline]
const fn hash(word: u64, tag: u64) -> usize {
    // The case of letters must not matter; that other bytes lose a bit, too, does no harm here.
    // Any odd multiplier carries the low bytes upwards, where the result is taken from.
    let mixed = (word & 0xdfdf_dfdf_dfdf_dfdf) ^ tag;
    (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize
}

/// Up to 8 bytes as one word, the first the lowest.
#[inline]
fn first_bytes(name: &[u8]) -> u64 {
    // Where two reads overlap, they agree.
    let shift = |back: u32| 8 * (name.len() as u32).wrapping_sub(back);
    if let Some(first) = name.first_chunk() {
        return u64::from_le_bytes(*first);
    }
    if let (Some(first), Some(last)) = (name.first_chunk(), name.last_chunk()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return u64::from(first) | u64::from(last).wrapping_shl(shift(4));
    }
    if let (Some(first), Some(last)) = (name.first_chunk(), name.last_chunk()) {
        let (first, last) = (u16::from_le_bytes(*first), u16::from_le_bytes(*last));
        return u64::from(first) | u64::from(last).wrapping_shl(shift(2));
    }
    name.first().map_or(0, |only| u64::from(*only))
}

/// The bits of an upper-case name's first bytes that are compared: all but the case of letters.
fn compared(word: u64) -> u64 {
    let of_byte = |byte: u8| {
        if byte.is_ascii_uppercase() {
            0xdf
        } else {
            0xff
        }
    };
    u64::from_le_bytes(word.to_le_bytes().map(of_byte))
}

/// Whether a command is done in constant or logarithmic time, and waits for nothing.
fn is_brief(group: Group, spec: &Spec) -> bool {
    // COMPAT: Redis does not call SET fast, since it may need memory.
    let writes_one =
        group == Group::String && spec.flags.has(Flags::WRITE) && spec.complexity == "O(1)";
    !spec.flags.has(Flags::BLOCKING) && (spec.flags.has(Flags::FAST) || writes_one)
}

/// The key of a command that has one, and neither channels nor keys that its request does not name.
fn only_key(spec: &Spec) -> Option<(u8, KeyFlags)> {
    let [key] = spec.keys else {
        return None;
    };
    let vague = [
        KeyFlags::NOT_KEY,
        KeyFlags::INCOMPLETE,
        KeyFlags::VARIABLE_FLAGS,
    ];
    let is_vague = vague.into_iter().any(|flag| key.flags.has(flag));
    let is_alone = spec.channels == Channels::None && !spec.flags.has(Flags::READS_OTHERS);
    match (key.begin, key.find) {
        (Begin::Index(at), Find::Range { last: 0, .. }) if is_alone && !is_vague => {
            Some((at, key.flags))
        }
        _ => None,
    }
}

/// First, last and step as clients of old expect them: the specs that are plain ranges, as far as
/// they follow one another.
fn legacy_keys(spec: &Spec) -> LegacyKeys {
    let mut ranges = spec
        .keys
        .iter()
        .filter_map(|key| match (key.begin, key.find) {
            (Begin::Index(first), Find::Range { last, step, .. }) => {
                let (first, last) = (i64::from(first), i64::from(last));
                let last = if last < 0 { last } else { first + last };
                Some(LegacyKeys {
                    first,
                    last,
                    step: i64::from(step),
                })
            }
            _ => None,
        });
    let Some(mut legacy) = ranges.next() else {
        return LegacyKeys::default();
    };
    for next in ranges {
        if next.step == 1 && legacy.step == 1 && next.first == legacy.last + 1 {
            legacy.last = next.last;
        }
    }
    legacy
}

/// Whether a spec is more than a plain range.
fn movable_keys(spec: &Spec) -> bool {
    spec.flags.has(Flags::MOVABLE_KEYS)
        || spec.keys.iter().any(|key| {
            let plain = matches!((key.begin, key.find), (Begin::Index(_), Find::Range { .. }));
            !plain || key.flags.has(KeyFlags::INCOMPLETE)
        })
}

fn member_at(group: Group, spec: &Spec) -> MemberAt {
    match group {
        Group::Set | Group::Hash => MemberAt::BehindKey,
        Group::SortedSet if spec.flags.has(Flags::WRITE) => MemberAt::AloneOrScored,
        Group::SortedSet => MemberAt::Alone,
        _ => MemberAt::Nowhere,
    }
}

fn first_key(spec: &Spec) -> Option<u8> {
    let key = spec.keys.first()?;
    match (key.begin, key.find) {
        (Begin::Index(first), Find::Range { .. }) if !key.flags.has(KeyFlags::NOT_KEY) => {
            Some(first)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
