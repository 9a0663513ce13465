//! Whether a user may run a request: its command, its keys, its channels, its databases.
//!
//! ```text
//!  for each selector: command ─► database ─► keys ─► channels ─► allowed
//!                        └───────── the first that is refused ─┘
//! ```
//! Of several selectors' refusals the one is reported that came furthest, and of equal ones the one
//! furthest back in the request.
//!
//! Always true: only the key and channel specs of the row say which arguments are meant.
//! Not here: the place in the order of checks — `gate.rs`; the log of refusals — `log.rs`.

use std::collections::BTreeSet;

use russet_command::keys::{Keys, has_keys, keys_told};
use russet_command::registry::Command;
use russet_command::row::KeyFlags;
use russet_command::{Channels, Flags, Spec};
use russet_resp::Args;

use super::databases::{Target, targets};
use super::selector::{Databases, Selector};
use super::user::User;

/// The reason for a refusal, in the order of importance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    /// The command.
    Command,
    /// A key.
    Key,
    /// Name and password.
    Auth,
    /// The names in a certificate.
    Certificate,
    /// A channel.
    Channel,
    /// A database.
    Database,
}

/// The refusal of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Denial {
    /// Why.
    pub reason: Reason,
    /// The argument that is to blame; 0 is the command.
    pub at: usize,
}

/// A request.
pub(crate) struct Asked<'a, H> {
    /// Its command.
    pub command: &'a Command<H>,
    /// All of its arguments.
    pub args: Args<'a>,
    /// The database that is selected.
    pub db: usize,
}

// Not derived: that would ask the same of `H`.
impl<H> Clone for Asked<'_, H> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<H> Copy for Asked<'_, H> {}

/// The keys of a request, found when they are first needed.
#[derive(Default)]
struct Found(Option<Keys>);

impl Found {
    fn keys(&mut self, spec: &Spec, args: Args<'_>) -> &Keys {
        // COMPAT: Redis checks no key if it cannot tell all, as of `PFMERGE key`.
        self.0.get_or_insert_with(|| keys_told(spec, args))
    }
}

impl User {
    /// Whether it may run a request.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn may_run<H>(&self, asked: Asked<'_, H>) -> Result<(), Denial> {
        let mut found = Found::default();
        let mut worst = Denial {
            reason: Reason::Command,
            at: 0,
        };
        for selector in self.selectors() {
            match refusal(selector, asked, &mut found) {
                None => return Ok(()),
                Some(denial) => worst = worst.max(denial),
            }
        }
        Err(worst)
    }

    /// Whether its first selector allows a request of one key: what nearly all requests need.
    ///
    /// False tells nothing: [`Self::may_run`] does.
    // PERF: without the keys of other specs, channels and reasons, a third of the instructions.
    #[inline(always)]
    pub(crate) fn may_surely_run<H>(&self, command: &Command<H>, args: &Args<'_>) -> bool {
        let (Some((at, flags)), Some(selector)) = (command.only_key, self.selectors().first())
        else {
            return false;
        };
        let key = args.get(usize::from(at));
        selector.allows_command_of(command.id)
            && key.is_some_and(|key| selector.allows_key(key, flags))
    }

    /// Whether it may run a request that reads keys which the request does not name.
    pub(crate) fn may_run_and_read_all_keys<H>(&self, asked: Asked<'_, H>) -> bool {
        let mut found = Found::default();
        let mut selectors = self.selectors().iter();
        selectors.any(|one| one.reads_all_keys() && refusal(one, asked, &mut found).is_none())
    }

    /// Whether it may read a key of a database, by whatever command.
    pub(crate) fn may_read(&self, db: usize, key: &[u8]) -> bool {
        let reads = KeyFlags::RO.with(KeyFlags::ACCESS);
        let mut selectors = self.selectors().iter();
        selectors.any(|one| one.databases().allow(db as u64) && one.allows_key(key, reads))
    }

    /// Whether it may use a channel, or subscribe to a pattern.
    pub(crate) fn may_channel(&self, channel: &[u8], is_pattern: bool) -> bool {
        let mut selectors = self.selectors().iter();
        selectors.any(|one| one.channels().allow(channel, is_pattern))
    }

    /// Whether it may use every channel that another could, by the rules as they are written. If
    /// not, who has become this user may be subscribed to more than it allows.
    pub(crate) fn may_channels_of(&self, other: &Self) -> bool {
        let all = |user: &Self| user.selectors().iter().any(|one| one.has_all_channels());
        if all(self) {
            return true;
        }
        let mine: BTreeSet<Vec<u8>> = self.channel_rules().collect();
        !all(other) && other.channel_rules().all(|rule| mine.contains(&rule))
    }

    fn channel_rules(&self) -> impl Iterator<Item = Vec<u8>> {
        self.selectors()
            .iter()
            .flat_map(|one| one.channels().words())
    }
}

/// The refusal of one selector.
#[inline]
fn refusal<H>(selector: &Selector, asked: Asked<'_, H>, found: &mut Found) -> Option<Denial> {
    let Asked { command, args, db } = asked;
    let spec = command.spec;
    if !selector.commands.allow(command, args.get(1)) {
        let reason = Reason::Command;
        return Some(Denial { reason, at: 0 });
    }
    if *selector.databases() != Databases::All
        && let Some(at) = refused_database(selector.databases(), spec, args, db)
    {
        let reason = Reason::Database;
        return Some(Denial { reason, at });
    }
    if !selector.has_all_keys() && has_keys(spec) {
        let mut keys = found.keys(spec, args).iter();
        let is_refused = |at: usize, flags| !selector.allows_key(&args[at], flags);
        if let Some(key) = keys.find(|key| is_refused(key.position, key.flags)) {
            let (reason, at) = (Reason::Key, key.position);
            return Some(Denial { reason, at });
        }
    }
    if spec.channels == Channels::None {
        return None;
    }
    let is_pattern = spec.channels.are_patterns();
    let mut channels = spec.channels.positions(args.len());
    let at = channels.find(|&at| !selector.channels().allow(&args[at], is_pattern))?;
    let reason = Reason::Channel;
    Some(Denial { reason, at })
}

/// The argument that names a database which is not allowed; 0 for the selected one.
#[cold]
fn refused_database(allowed: &Databases, spec: &Spec, args: Args<'_>, db: usize) -> Option<usize> {
    let touches = Flags::READONLY.0 | Flags::WRITE.0;
    let is_of_selected = spec.flags.0 & touches != 0 || has_keys(spec);
    if is_of_selected && !allowed.allow(db as u64) {
        return Some(0);
    }
    let mut targets = targets(spec, args).into_iter();
    targets.find_map(|target| match target {
        Target::All => Some(0),
        Target::One { at, db } => (!allowed.allow(db)).then_some(at),
    })
}
