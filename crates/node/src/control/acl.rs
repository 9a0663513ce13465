//! ACL: users and roles are made, changed, shown, removed; refusals are shown.
//!
//! ```text
//!  SETUSER · DELUSER ─► users ─► sessions                (permissions.rs)
//!  LOAD ─► a task reads the file ─► users ─► sessions    (machines.rs, complete.rs)
//!  SAVE ─► the file is replaced in one step
//! ```
//! Always true: what is wrong changes nothing, neither a rule among good ones nor a line of a file.
//! Not here: rules and users — `acl/`; AUTH and HELLO — `connection.rs`.

mod roles;
mod show;

use std::sync::Arc;

use russet_base::num::parse_i64;
use russet_command::Arity::{AtLeast, Exactly};
use russet_command::args::is_word;
use russet_command::{Categories, CommandError, Family, Flags, Group, help};
use russet_io::{FileOp, Job, LogLevel, Outcome};
use russet_resp::Args;

use super::{ControlCtx, ControlFlow, ControlHandler};
use crate::acl::digest::random_hex;
use crate::acl::permission::{Asked, Denial, Reason};
use crate::acl::rule::has_spaces;
use crate::acl::store::{Loaded, ReadUsers};
use crate::acl::users::DEFAULT;
use crate::acl::{User, file};
use crate::core::{Command, Core};
use crate::machines::{AclJob, Machine};
use crate::permissions;
use crate::session::{For, Sessions};

const ANYWHERE: Flags = Flags::LOADING.with(Flags::STALE);
const OPEN: Flags = ANYWHERE.with(Flags::NOSCRIPT);
const ADMIN: Flags = OPEN.with(Flags::ADMIN);
const EVERY_NODE: &[&str] = &["request_policy:all_nodes", "response_policy:all_succeeded"];

/// A row of this family; naming the type lets handlers be stored as pointers.
type Row = russet_command::Row<ControlHandler>;

/// The family.
pub(crate) const FAMILY: Family<ControlHandler> = Family {
    group: Group::Server,
    rows: &[Row::container("ACL", SUBCOMMANDS)
        .since("6.0.0")
        .cost("Depends on subcommand.")
        .does("Holds the commands about users and their rights.")],
};
const _: () = FAMILY.check();

const SUBCOMMANDS: &[Row] = &[
    Row::control("CAT", AtLeast(2), cat)
        .takes("[category]")
        .flags(OPEN)
        .since("6.0.0")
        .cost("O(1) since the categories and commands are a fixed set.")
        .does("Lists the categories, or the commands of one."),
    Row::control("DELROLE", AtLeast(3), roles::delrole)
        .takes("rolename [rolename ...]")
        .flags(ADMIN)
        .since("9.2.0")
        .cost("O(N). Where N is the number of roles to delete.")
        .does("Removes roles that no user holds.")
        .tips(EVERY_NODE),
    Row::control("DELUSER", AtLeast(3), deluser)
        .takes("username [username ...]")
        .flags(ADMIN)
        .since("6.0.0")
        .cost("O(1) amortized time considering the typical user.")
        .does("Removes users, and closes their connections.")
        .tips(EVERY_NODE),
    Row::control("DRYRUN", AtLeast(4), dryrun)
        .takes("username command [arg [arg ...]]")
        .flags(ADMIN)
        .since("7.0.0")
        .cost("O(1).")
        .does("Tells whether a user may run a command, and does not run it."),
    Row::control("GENPASS", AtLeast(2), genpass)
        .takes("[bits:integer]")
        .flags(OPEN)
        .since("6.0.0")
        .cost("O(1)")
        .does("Draws a password that nobody can guess."),
    Row::control("GETROLE", Exactly(3), roles::getrole)
        .takes("rolename")
        .flags(ADMIN)
        .since("9.2.0")
        .cost("O(N). Where N is the number of rules defined for the role.")
        .does("Shows the rules of a role, and the users that hold it."),
    Row::control("GETUSER", Exactly(3), show::getuser)
        .takes("username")
        .flags(ADMIN)
        .since("6.0.0")
        .cost(
            "O(N). Where N is the number of password, command and pattern rules that the user has.",
        )
        .does("Shows the rules of a user.")
        .history(&[
            ("6.2.0", "Patterns of channels are shown."),
            (
                "7.0.0",
                "Selectors are shown; keys and channels are shown as rules.",
            ),
        ]),
    Row::control("HELP", Exactly(2), print_help)
        .flags(ANYWHERE)
        .since("6.0.0")
        .cost("O(1)")
        .does("Lists the subcommands."),
    Row::control("LIST", Exactly(2), show::list)
        .flags(ADMIN)
        .since("6.0.0")
        .cost("O(N). Where N is the number of configured users.")
        .does("Shows all users as lines of a file."),
    Row::control("LOAD", Exactly(2), load)
        .flags(ADMIN)
        .since("6.0.0")
        .cost("O(N). Where N is the number of configured users.")
        .does("Reads the users from their file.")
        .tips(EVERY_NODE),
    Row::control("LOG", AtLeast(2), log)
        .takes("[<count:integer | RESET>:operation]")
        .flags(ADMIN)
        .since("6.0.0")
        .cost("O(N) with N being the number of entries shown.")
        .does("Shows what was refused last.")
        .history(&[(
            "7.2.0",
            "An entry has an identifier, and the times of its creation and of its last update.",
        )]),
    Row::control("ROLES", Exactly(2), roles::roles)
        .flags(ADMIN)
        .since("9.2.0")
        .cost("O(N). Where N is the number of configured roles.")
        .does("Lists the names of all roles."),
    Row::control("SAVE", Exactly(2), save)
        .flags(ADMIN)
        .since("6.0.0")
        .cost("O(N). Where N is the number of configured users.")
        .does("Writes the users to their file.")
        .tips(EVERY_NODE),
    Row::control("SETROLE", AtLeast(3), roles::setrole)
        .takes("rolename [rule [rule ...]]")
        .flags(ADMIN)
        .since("9.2.0")
        .cost(
            "O(N+M*C). Where N is the number of rules provided, M the number of users in the role \
             and C the number of connected clients.",
        )
        .does("Changes a role, or makes one.")
        .tips(EVERY_NODE),
    Row::control("SETUSER", AtLeast(3), setuser)
        .takes("username [rule [rule ...]]")
        .flags(ADMIN)
        .since("6.0.0")
        .cost("O(N). Where N is the number of rules provided.")
        .does("Changes a user, or makes one.")
        .history(&[
            ("6.2.0", "Patterns of channels may be given."),
            (
                "7.0.0",
                "Selectors and rights to read or to write keys may be given.",
            ),
        ])
        .tips(EVERY_NODE),
    Row::control("USERS", Exactly(2), show::users)
        .flags(ADMIN)
        .since("6.0.0")
        .cost("O(N). Where N is the number of configured users.")
        .does("Lists the names of all users."),
    Row::control("WHOAMI", Exactly(2), whoami)
        .flags(OPEN)
        .since("6.0.0")
        .cost("O(1)")
        .does("Tells the user of the connection."),
];

const HELP: &[&str] = &[
    "CAT [<category>]",
    "    List the categories, or the commands of <category>.",
    "DELROLE <rolename> [<rolename> ...]",
    "    Remove roles that no user holds.",
    "DELUSER <username> [<username> ...]",
    "    Remove users, and close their connections.",
    "DRYRUN <username> <command> [<arg> ...]",
    "    Tell whether the user may run the command, without running it.",
    "GETROLE <rolename>",
    "    Show the rules of a role, and the users that hold it.",
    "GETUSER <username>",
    "    Show the rules of a user.",
    "GENPASS [<bits>]",
    "    Draw a password of 256 bits, or of as many as <bits> says.",
    "LIST",
    "    Show all roles and users as lines of a file.",
    "LOAD",
    "    Read the roles and users from their file.",
    "LOG [<count> | RESET]",
    "    Show what was refused last, or forget it.",
    "ROLES",
    "    List the names of all roles.",
    "SAVE",
    "    Write the roles and users to their file.",
    "SETROLE <rolename> <rule> [<rule> ...]",
    "    Change a role, or make one.",
    "SETUSER <username> <rule> [<rule> ...]",
    "    Change a user, or make one.",
    "USERS",
    "    List the names of all users.",
    "WHOAMI",
    "    Tell the user of the connection.",
];

/// The error of a subcommand with too many arguments.
pub(super) fn too_many(args: &Args<'_>) -> CommandError {
    CommandError::quoting(&[
        b"ERR unknown subcommand or wrong number of arguments for '",
        &args[1],
        b"'. Try ACL HELP.",
    ])
}

fn cat(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let commands = Arc::clone(&cx.core.commands);
    let names: Vec<&str> = match (args.len(), args.get(2)) {
        (2, _) => Categories::NAMES.iter().map(|(_, name)| *name).collect(),
        (3, Some(name)) => {
            let Some(category) = Categories::by_name(name) else {
                let shown = &name[..name.len().min(128)];
                return Err(CommandError::quoting(&[
                    b"ERR Unknown category '",
                    shown,
                    b"'",
                ]));
            };
            let inside = commands.iter().filter(|one| one.categories.has(category));
            inside.map(|one| &*one.full_name).collect()
        }
        _ => return Err(too_many(&args)),
    };
    let mut reply = cx.reply();
    reply.array(names.len());
    for name in names {
        reply.bulk(name.as_bytes());
    }
    Ok(ControlFlow::Done)
}

fn setuser(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let name = &args[2];
    if has_spaces(name) {
        return Err(CommandError::text(
            "ERR Usernames can't contain spaces or null characters",
        ));
    }
    let mut users = std::mem::take(&mut cx.core.acl.users);
    let changed = users.set(name, args.skip(3).iter(), &cx.core.rulebook());
    cx.core.acl.users = users;
    permissions::hand_over(cx.core, cx.sessions, Some(cx.session), &changed?);
    cx.ok()
}

fn deluser(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    if args.skip(2).iter().any(|name| name == DEFAULT) {
        return Err(CommandError::text(
            "ERR The 'default' user cannot be removed",
        ));
    }
    let mut removed: Vec<Arc<User>> = Vec::new();
    for name in args.skip(2).iter() {
        removed.extend(cx.core.acl.users.remove(name));
    }
    for user in &removed {
        permissions::expel(cx.core, cx.sessions, Some(cx.session), user);
    }
    cx.reply().count(removed.len());
    Ok(ControlFlow::Done)
}

fn whoami(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    let user = cx.session.user().cloned();
    match user {
        Some(user) => cx.reply().bulk(&user.name),
        None => cx.reply().null(),
    }
    Ok(ControlFlow::Done)
}

fn genpass(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let bits = match (args.len(), args.get(2)) {
        (2, _) => 256,
        (3, Some(bits)) => parse_i64(bits).ok_or(CommandError::NotInteger)?,
        _ => return Err(too_many(&args)),
    };
    let bits = usize::try_from(bits).unwrap_or_default();
    if !(1..=4096).contains(&bits) {
        return Err(CommandError::text(
            "ERR ACL GENPASS argument must be the number of bits for the output password, a \
             positive number up to 4096",
        ));
    }
    let secret = cx.core.environment.secret;
    let password = random_hex(&secret, &mut cx.core.acl.drawn, bits.div_ceil(4));
    cx.reply().bulk(password.as_bytes());
    Ok(ControlFlow::Done)
}

fn log(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let count = match (args.len(), args.get(2)) {
        (2, _) => 10,
        (3, Some(word)) if is_word(word, "RESET") => {
            cx.core.acl.log.clear();
            return cx.ok();
        }
        (3, Some(count)) => parse_i64(count).ok_or(CommandError::NotInteger)?,
        _ => return Err(too_many(&args)),
    };
    show::log(cx, usize::try_from(count).unwrap_or_default());
    Ok(ControlFlow::Done)
}

fn dryrun(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let Some(user) = cx.core.acl.users.find(&args[2]) else {
        return Err(CommandError::quoting(&[
            b"ERR User '",
            &args[2],
            b"' not found",
        ]));
    };
    let request = args.skip(3);
    let Some(id) = cx.core.commands.resolve(request) else {
        let name = &request[0];
        return Err(CommandError::quoting(&[
            b"ERR Command '",
            name,
            b"' not found",
        ]));
    };
    let command = cx.core.commands.get(id);
    if !command.spec.arity.admits(request.len()) {
        let name = command.full_name.to_string();
        return Err(CommandError::WrongArity(name.into()));
    }
    let asked = Asked {
        command,
        args: request,
        db: cx.session.db,
    };
    match user.may_run(asked) {
        Ok(()) => cx.ok(),
        Err(denial) => {
            let text = explain(user, command, &request, denial);
            cx.reply().bulk(&text);
            Ok(ControlFlow::Done)
        }
    }
}

/// The reason for a refusal, with what it is about.
fn explain(user: &User, command: &Command, request: &Args<'_>, denial: Denial) -> Vec<u8> {
    let object = &request[denial.at];
    let name = command.full_name.as_bytes();
    let (head, object, tail): (&[u8], &[u8], &[u8]) = match denial.reason {
        Reason::Key => (b"access the '", object, b"' key"),
        Reason::Channel => (b"access the '", object, b"' channel"),
        Reason::Database => (b"access database ", object, b""),
        Reason::Command | Reason::Auth | Reason::Certificate => (b"run the '", name, b"' command"),
    };
    let parts = [
        b"User ",
        &*user.name,
        b" has no permissions to ",
        head,
        object,
        tail,
    ];
    parts.concat()
}

fn print_help(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    help::write(&mut cx.reply(), "ACL", HELP);
    Ok(ControlFlow::Done)
}

/// The path of the file of users.
fn path(core: &Core) -> Result<String, CommandError> {
    match core.config.aclfile.as_str() {
        "" => Err(CommandError::text(
            "ERR This Redis instance is not configured to use an ACL file. You may want to specify \
             users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a \
             Redis configuration file set) in order to store users in the Redis configuration.",
        )),
        path => Ok(path.to_owned()),
    }
}

fn load(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    let task = ReadUsers {
        path: path(cx.core)?,
        file: cx.core.outbox.file(),
        table: Arc::clone(&cx.core.commands),
        channels: cx.core.rulebook().channels,
    };
    let (job, machine) = (Job::Task(Box::new(task)), Machine::Acl(AclJob::Load));
    let id = cx.core.outbox.start_for(cx.session.conn, job, machine);
    Ok(ControlFlow::Waits(For::Job(id)))
}

fn save(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    let job = Job::File(FileOp::Replace {
        path: path(cx.core)?,
        contents: file::write(&cx.core.acl.users),
    });
    let machine = Machine::Acl(AclJob::Save);
    let id = cx.core.outbox.start_for(cx.session.conn, job, machine);
    Ok(ControlFlow::Waits(For::Job(id)))
}

/// The file was read or written, or not.
pub(crate) fn finish(
    core: &mut Core,
    sessions: &mut Sessions,
    job: AclJob,
    outcome: Outcome,
) -> Result<(), CommandError> {
    match job {
        AclJob::Load => match loaded(outcome) {
            Some(Ok(users)) => {
                permissions::replace(core, sessions, users);
                Ok(())
            }
            Some(Err(errors)) => Err(CommandError::quoting(&[b"ERR ", &errors])),
            None => Err(CommandError::text("ERR The ACL file was not read")),
        },
        AclJob::Save => match outcome.failure() {
            None => Ok(()),
            Some(failure) => {
                let line = format!("Writing ACL file for ACL SAVE: {}", failure.text);
                core.outbox.log(LogLevel::Warning, line);
                Err(CommandError::text(
                    "ERR There was an error trying to save the ACLs. Please check the server logs \
                     for more information",
                ))
            }
        },
    }
}

/// The result of the task that reads a file; `None` if it did not come to an end.
fn loaded(outcome: Outcome) -> Option<Loaded> {
    match outcome {
        Outcome::Finished(loaded) => loaded.downcast::<Loaded>().ok().map(|loaded| *loaded),
        _ => None,
    }
}
