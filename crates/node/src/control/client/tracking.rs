//! CLIENT TRACKING, CACHING, GETREDIR, TRACKINGINFO.
//!
//! Always true: a request that is refused changes nothing.
//! Not here: who tracks — `tracking.rs`; messages — `invalidate.rs`.

use russet_base::num::parse_i64;
use russet_command::CommandError;
use russet_command::args::is_word;
use russet_io::ConnId;
use russet_resp::Args;

use crate::control::{ControlCtx, ControlFlow};
use crate::tracking::{Caching, Mode, Tracker, overlap};

/// Options of CLIENT TRACKING ON.
#[derive(Default)]
struct Options<'a> {
    redirect: Option<(u64, ConnId)>,
    is_broadcast: bool,
    is_opt_in: bool,
    is_opt_out: bool,
    no_loop: bool,
    prefixes: Vec<&'a [u8]>,
}

impl<'a> Options<'a> {
    fn parse(cx: &ControlCtx<'_>, args: &Args<'a>) -> Result<Self, CommandError> {
        let mut options = Self::default();
        let mut at = 3;
        while let Some(word) = args.get(at) {
            at += 1;
            if is_word(word, "REDIRECT") {
                let id = args.get(at).ok_or(CommandError::Syntax)?;
                at += 1;
                if options.redirect.is_some() {
                    return Err(CommandError::text(
                        "ERR A client can only redirect to a single other client",
                    ));
                }
                options.redirect = Some(find(cx, id)?);
            } else if is_word(word, "PREFIX") {
                options
                    .prefixes
                    .push(args.get(at).ok_or(CommandError::Syntax)?);
                at += 1;
            } else {
                let option = match () {
                    () if is_word(word, "BCAST") => &mut options.is_broadcast,
                    () if is_word(word, "OPTIN") => &mut options.is_opt_in,
                    () if is_word(word, "OPTOUT") => &mut options.is_opt_out,
                    () if is_word(word, "NOLOOP") => &mut options.no_loop,
                    () => return Err(CommandError::Syntax),
                };
                *option = true;
            }
        }
        Ok(options)
    }

    /// Whether the options fit each other, and the mode that the client has.
    fn check(&self, before: Option<&Tracker>) -> Result<(), CommandError> {
        let refusal = if !self.is_broadcast && !self.prefixes.is_empty() {
            "ERR PREFIX option requires BCAST mode to be enabled"
        } else if before.is_some_and(|b| (b.mode == Mode::Broadcast) != self.is_broadcast) {
            "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and \
             then re-enabling it with a different mode."
        } else if self.is_broadcast && (self.is_opt_in || self.is_opt_out) {
            "ERR OPTIN and OPTOUT are not compatible with BCAST"
        } else if self.is_opt_in && self.is_opt_out {
            "ERR You can't specify both OPTIN mode and OPTOUT mode"
        } else if before.is_some_and(|b| {
            (self.is_opt_in && b.mode == Mode::OptOut) || (self.is_opt_out && b.mode == Mode::OptIn)
        }) {
            "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and \
             then re-enabling it with a different mode."
        } else {
            return Ok(());
        };
        Err(CommandError::text(refusal))
    }

    /// Whether the prefixes overlap with each other, or with those that the client has.
    fn check_prefixes<'p>(
        &self,
        before: impl Iterator<Item = &'p [u8]>,
    ) -> Result<(), CommandError> {
        const END: &[u8] = b"'. Prefixes for a single client must not overlap.";
        let clash = |prefix: &[u8], other: &[u8], which: &[u8]| {
            CommandError::quoting(&[
                b"ERR Prefix '",
                prefix,
                b"' overlaps with ",
                which,
                other,
                END,
            ])
        };
        let before: Vec<&[u8]> = before.collect();
        for (at, prefix) in self.prefixes.iter().enumerate() {
            if let Some(other) = before.iter().find(|other| overlap(prefix, other)) {
                return Err(clash(prefix, other, b"an existing prefix '"));
            }
            let mut later = self.prefixes[at + 1..].iter();
            if let Some(other) = later.find(|other| overlap(prefix, other)) {
                return Err(clash(prefix, other, b"another provided prefix '"));
            }
        }
        Ok(())
    }

    fn mode(&self) -> Mode {
        match (self.is_broadcast, self.is_opt_in, self.is_opt_out) {
            (true, _, _) => Mode::Broadcast,
            (_, true, _) => Mode::OptIn,
            (_, _, true) => Mode::OptOut,
            _ => Mode::Default,
        }
    }
}

/// The client that messages are to be redirected to.
fn find(cx: &ControlCtx<'_>, word: &[u8]) -> Result<(u64, ConnId), CommandError> {
    let id = parse_i64(word).ok_or(CommandError::NotInteger)?;
    let all = cx.sessions.iter().chain([&*cx.session]);
    let mut found = all.filter(|session| i64::try_from(session.id) == Ok(id));
    let target = found.next().map(|session| (session.id, session.conn));
    target.ok_or(CommandError::text(
        "ERR The client ID you want redirect to does not exist",
    ))
}

/// `CLIENT TRACKING ON|OFF [option ...]`.
pub(super) fn tracking(
    cx: &mut ControlCtx<'_>,
    args: Args<'_>,
) -> Result<ControlFlow, CommandError> {
    let options = Options::parse(cx, &args)?;
    let conn = cx.session.conn;
    if is_word(&args[2], "OFF") {
        cx.core.end_tracking(cx.session);
        return cx.ok();
    }
    if !is_word(&args[2], "ON") {
        return Err(CommandError::Syntax);
    }
    let tracking = &mut cx.core.tracking;
    options.check(tracking.get(conn))?;
    options.check_prefixes(tracking.prefixes.of(conn))?;
    tracking.set(
        conn,
        Tracker {
            mode: options.mode(),
            no_loop: options.no_loop,
            redirect: options.redirect,
            user: cx.session.restricted_user(),
            ..Tracker::default()
        },
    );
    if options.is_broadcast && options.prefixes.is_empty() {
        tracking.prefixes.insert(b"", conn);
    }
    for prefix in options.prefixes {
        tracking.prefixes.insert(prefix, conn);
    }
    cx.core.follow_tracking();
    cx.ok()
}

/// `CLIENT CACHING YES|NO`.
pub(super) fn caching(
    cx: &mut ControlCtx<'_>,
    args: Args<'_>,
) -> Result<ControlFlow, CommandError> {
    let is_in_exec = !cx.may_block;
    let tracker = cx.core.tracking.get_mut(cx.session.conn);
    let tracker = tracker.ok_or(CommandError::text(
        "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or \
         OPTOUT mode enabled",
    ))?;
    let refusal = match (
        is_word(&args[2], "YES"),
        is_word(&args[2], "NO"),
        tracker.mode,
    ) {
        (true, _, Mode::OptIn) | (_, true, Mode::OptOut) => None,
        (true, ..) => {
            Some("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.")
        }
        (_, true, _) => {
            Some("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.")
        }
        _ => return Err(CommandError::Syntax),
    };
    if let Some(refusal) = refusal {
        return Err(CommandError::text(refusal));
    }
    tracker.caching = match is_in_exec {
        true => Caching::Transaction,
        false => Caching::Next,
    };
    cx.ok()
}

/// The number of the client that messages go to: 0 for the client itself, -1 without tracking.
pub(super) fn redirect_of(tracker: Option<&Tracker>) -> i64 {
    tracker.map_or(-1, |tracker| {
        let redirect = tracker.redirect;
        redirect.map_or(0, |(id, _)| i64::try_from(id).unwrap_or(i64::MAX))
    })
}

/// `CLIENT GETREDIR`.
pub(super) fn getredir(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    let redirect = redirect_of(cx.core.tracking.get(cx.session.conn));
    cx.reply().integer(redirect);
    Ok(ControlFlow::Done)
}

/// `CLIENT TRACKINGINFO`.
pub(super) fn trackinginfo(
    cx: &mut ControlCtx<'_>,
    _: Args<'_>,
) -> Result<ControlFlow, CommandError> {
    let conn = cx.session.conn;
    let tracker = cx.core.tracking.get(conn).cloned();
    let prefixes: Vec<Vec<u8>> = cx.core.tracking.prefixes.of(conn).map(Vec::from).collect();
    let redirect = redirect_of(tracker.as_ref());
    let flags = tracker.map_or_else(|| vec!["off"], |tracker| flags(&tracker));
    let mut reply = cx.reply();
    reply.map(3);
    reply.bulk(b"flags");
    reply.set(flags.len());
    flags.iter().for_each(|flag| reply.bulk(flag.as_bytes()));
    reply.bulk(b"redirect");
    reply.integer(redirect);
    reply.bulk(b"prefixes");
    reply.array(prefixes.len());
    prefixes.iter().for_each(|prefix| reply.bulk(prefix));
    Ok(ControlFlow::Done)
}

fn flags(tracker: &Tracker) -> Vec<&'static str> {
    let is_said = tracker.caching != Caching::Unsaid;
    let all = [
        (true, "on"),
        (tracker.mode == Mode::Broadcast, "bcast"),
        (tracker.mode == Mode::OptIn, "optin"),
        (tracker.mode == Mode::OptIn && is_said, "caching-yes"),
        (tracker.mode == Mode::OptOut, "optout"),
        (tracker.mode == Mode::OptOut && is_said, "caching-no"),
        (tracker.no_loop, "noloop"),
        (tracker.is_broken, "broken_redirect"),
    ];
    let set = all.into_iter().filter(|(is_set, _)| *is_set);
    set.map(|(_, flag)| flag).collect()
}
