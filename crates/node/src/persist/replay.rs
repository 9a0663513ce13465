//! Replaying: the commands of an append-only file run as they did before.
//!
//! Always true: nothing of what is replayed is recorded, blocked, or refused for want of rights.
//! Always true: no deadline passes meanwhile; the journal has the removal of what had expired.
//! Not here: units in bytes — crate `russet-aof`; where the bytes come from — `loading.rs`

use russet_aof::{Next, Reader};
use russet_command::Flags;
use russet_engine::ExpiryMode;
use russet_io::{Address, ConnId, LogLevel, Origin};
use russet_rdb::Input;
use russet_resp::Args;

use super::restore::{Fault, Reached, Restore, Rules};
use crate::core::Core;
use crate::gate::{self, Source, Verdict};
use crate::invoke::{Call, invoke};
use crate::session::{Session, Sessions};

/// Why a file is not loaded to its end.
pub(super) enum Stopped {
    /// The dump is refused.
    Dump(Fault),
    /// The units are invalid behind this offset, or end there.
    Units(russet_aof::Error, u64),
    /// A command of this name is not known.
    Unknown(String),
    /// A command of this name has too few or too many arguments.
    Arity(String),
}

/// A connection that there is not: what is written to it is dropped.
const NOWHERE: ConnId = ConnId {
    index: u32::MAX - 1,
    generation: 0,
};

/// Loads what was fed to the reader.
pub(super) fn load(
    core: &mut Core,
    runner: (&mut Sessions, &mut Option<Box<Session>>),
    source: (&mut Reader, &mut Restore),
    rules: Rules,
) -> Result<Reached, Stopped> {
    core.keyspace.set_expiry_mode(ExpiryMode::Ignore);
    let loaded = replay(core, runner, source, rules);
    core.derive_expiry_mode();
    loaded
}

fn replay(
    core: &mut Core,
    (sessions, session): (&mut Sessions, &mut Option<Box<Session>>),
    (reader, restore): (&mut Reader, &mut Restore),
    rules: Rules,
) -> Result<Reached, Stopped> {
    let now = core.now;
    let session = session.get_or_insert_with(|| {
        let path = String::new();
        let origin = Origin::client(Address::Unix { path });
        let mut session = Session::new(NOWHERE, 0, origin, now);
        session.trust();
        Box::new(session)
    });
    core.effects.recording = false;
    loop {
        let next = match reader.next() {
            Ok(next) => next,
            Err(error) => return Err(Stopped::Units(error, reader.whole())),
        };
        match next {
            Next::Unit(unit) => {
                for args in unit.commands() {
                    run(core, sessions, session, &args)?;
                }
            }
            Next::Annotation(_) => {}
            Next::Preamble => {
                // A dump that ends early gets no more bytes, and is refused.
                let input = match reader.has_ended() {
                    true => Input::whole(reader.preamble()),
                    false => Input::partial(reader.preamble()),
                };
                let loaded = restore.load_input(input, &mut core.keyspace, rules);
                let taken = core.take_besides(restore, rules);
                let (count, reached) = loaded.map_err(Stopped::Dump)?;
                taken.map_err(Stopped::Dump)?;
                reader.read_preamble(count);
                match reached {
                    Reached::End => reader.end_preamble(),
                    Reached::More => return Ok(Reached::More),
                }
            }
            Next::More => return Ok(Reached::More),
            Next::End => return Ok(Reached::End),
        }
    }
}

fn run(
    core: &mut Core,
    sessions: &mut Sessions,
    session: &mut Session,
    args: &Args<'_>,
) -> Result<(), Stopped> {
    let Some(id) = core.commands.resolve_recorded(*args) else {
        let name = String::from_utf8_lossy(&args[0]).into_owned();
        return Err(Stopped::Unknown(name));
    };
    let command = core.commands.get(id);
    if !command.spec.arity.admits(args.len()) {
        return Err(Stopped::Arity(command.full_name.to_string()));
    }
    // COMPAT: there is no connection that could subscribe to anything, nor a reason to end.
    let flags = command.spec.flags;
    let subscribes = flags.has(Flags::PUBSUB) && flags.has(Flags::NOSCRIPT);
    if subscribes || flags.has(Flags::NO_MULTI) {
        let name = command.full_name.to_string();
        let line = format!("A command of the append only file was passed over: {name}");
        core.outbox.log(LogLevel::Warning, line);
        return Ok(());
    }
    let before = core.outgoing.begin(session.conn);
    let result = match gate::admit(core, session, id, args, Source::Replayed) {
        Verdict::Runs(permit) => {
            let call = Call {
                permit: &permit,
                hint: None,
                args,
            };
            invoke(core, sessions, session, call).map(drop)
        }
        Verdict::Refused(error) => Err(error),
        // Whoever repeats has no user.
        Verdict::Queues | Verdict::Postpones | Verdict::NeedsRoom | Verdict::Denied(_) => Ok(()),
    };
    core.outgoing.end(before);
    core.effects.reset();
    if let Err(error) = result {
        // What follows would change another database.
        if core.commands.get(id).spec.name == "SELECT" {
            let databases = core.config.databases as usize;
            return Err(Stopped::Dump(Fault::Databases(databases)));
        }
        let text = String::from_utf8_lossy(&error.to_bytes()).into_owned();
        let line = format!("A command of the append only file failed: {text}");
        core.outbox.log(LogLevel::Warning, line);
    }
    Ok(())
}
