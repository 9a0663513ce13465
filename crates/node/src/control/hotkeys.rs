//! HOTKEYS: which keys take most processor time and most bytes.
//!
//! Always true: the reply is that of Redis 8.6; nothing is measured before START.
//! Not here: what is measured — `hotkeys.rs`, `notice.rs`.

use russet_base::num::parse_i64;
use russet_command::Arity::{AtLeast, Exactly};
use russet_command::args::is_word;
use russet_command::{CommandError, Family, Flags, Group, help};
use russet_resp::{Args, Reply};

use super::{ControlCtx, ControlFlow, ControlHandler};
use crate::core::Core;
use crate::hotkeys::{Plan, Tracking};

/// A row of this family; naming the type lets handlers be stored as pointers.
type Row = russet_command::Row<ControlHandler>;

const ADMIN: Flags = Flags::ADMIN.with(Flags::NOSCRIPT);

/// The family.
pub(crate) const FAMILY: Family<ControlHandler> = Family {
    group: Group::Server,
    rows: &[Row::container("HOTKEYS", SUBCOMMANDS)
        .since("8.6.0")
        .cost("Depends on subcommand.")
        .does("Finds the keys that cost most.")],
};
const _: () = FAMILY.check_but(&["START"]);

const SUBCOMMANDS: &[Row] = &[
    Row::control("GET", Exactly(2), get)
        .flags(ADMIN)
        .since("8.6.0")
        .cost("O(K) where K is the number of keys shown")
        .does("Shows the keys that cost most."),
    Row::control("HELP", Exactly(2), print_help)
        .flags(Flags::LOADING.with(Flags::STALE))
        .since("8.6.1")
        .cost("O(1)")
        .does("Lists the subcommands."),
    Row::control("RESET", Exactly(2), reset)
        .flags(ADMIN)
        .since("8.6.0")
        .cost("O(1)")
        .does("Forgets what was found."),
    Row::control("START", AtLeast(2), start)
        .takes(
            "METRICS (count:integer [CPU] [NET]) [COUNT k:integer] [DURATION seconds:integer] \
             [SAMPLE ratio:integer] [SLOTS (count:integer slot:integer [slot:integer ...])]",
        )
        .flags(ADMIN)
        .since("8.6.0")
        .cost("O(1)")
        .does("Starts to look for the keys that cost most."),
    Row::control("STOP", Exactly(2), stop)
        .flags(ADMIN)
        .since("8.6.0")
        .cost("O(1)")
        .does("Ends the search, and keeps what was found."),
];

/// How many keys are shown unless another number is given.
const COUNT: usize = 10;

/// The number of metrics.
const METRICS: i64 = 2;

fn start(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    if is_active(cx.core) {
        return Err(CommandError::text(
            "ERR hotkey tracking session already in progress",
        ));
    }
    let plan = plan(args)?;
    let usage = cx.core.environment.usage;
    let cpu_us = (usage.user_us, usage.system_us);
    let tracking = Tracking::start(plan, cx.core.now, cpu_us);
    cx.core.costs.hot = Some(Box::new(tracking));
    cx.core.derive_bars();
    cx.ok()
}

fn is_active(core: &Core) -> bool {
    let tracking = core.costs.hot.as_ref();
    tracking.is_some_and(|tracking| tracking.is_active(core.now))
}

fn plan(args: Args<'_>) -> Result<Plan, CommandError> {
    let (Some(word), Some(count)) = (args.get(2), args.get(3)) else {
        return Err(NO_METRICS);
    };
    if !is_word(word, "METRICS") {
        return Err(NO_METRICS);
    }
    let count = within(count, 1..=METRICS, "ERR METRICS count must be > 0 and <= 2")?;
    let count = usize::try_from(count).unwrap_or_default();
    let mut plan = Plan {
        by_cpu: false,
        by_net: false,
        count: COUNT,
        ratio: 1,
        duration_ms: None,
    };
    let metrics = args.slice(4..4 + count);
    for metric in metrics.iter() {
        add_metric(&mut plan, metric)?;
    }
    if metrics.len() < count {
        return Err(CommandError::text(
            "ERR METRICS count does not match number of metric types provided",
        ));
    }
    if !plan.by_cpu && !plan.by_net {
        return Err(CommandError::text(
            "ERR METRICS no valid metrics passed. Supported: CPU|NET",
        ));
    }
    let options = args.skip(4 + count);
    let mut at = 0;
    while let Some(word) = options.get(at) {
        add_option(&mut plan, word, options.get(at + 1))?;
        at += 2;
    }
    Ok(plan)
}

const NO_METRICS: CommandError = CommandError::text("ERR METRICS parameter is required");

/// A metric that is not known counts, but changes nothing: a later server may know it.
fn add_metric(plan: &mut Plan, metric: &[u8]) -> Result<(), CommandError> {
    let known = [("CPU", &mut plan.by_cpu), ("NET", &mut plan.by_net)];
    for (name, is_set) in known {
        if !is_word(metric, name) {
            continue;
        }
        if std::mem::replace(is_set, true) {
            let text = format!("ERR METRICS {name} defined more than once!");
            return Err(CommandError::Text(text.into()));
        }
    }
    Ok(())
}

fn add_option(plan: &mut Plan, word: &[u8], value: Option<&[u8]>) -> Result<(), CommandError> {
    let Some(value) = value else {
        return Err(CommandError::Syntax);
    };
    if is_word(word, "COUNT") {
        let count = within(value, 1..=64, "ERR COUNT must be between 1 and 64")?;
        plan.count = usize::try_from(count).unwrap_or(COUNT);
    } else if is_word(word, "DURATION") {
        let text = "ERR DURATION must be between 1 and 1000000";
        plan.duration_ms = Some(within(value, 1..=1_000_000, text)? * 1000);
    } else if is_word(word, "SAMPLE") {
        let text = "ERR SAMPLE ratio must be positive";
        plan.ratio = within(value, 1..=i64::from(i32::MAX), text)?;
    } else if is_word(word, "SLOTS") {
        return Err(CommandError::text(
            "ERR SLOTS parameter cannot be used in non-cluster mode",
        ));
    } else {
        return Err(CommandError::Syntax);
    }
    Ok(())
}

fn within(
    value: &[u8],
    bounds: std::ops::RangeInclusive<i64>,
    text: &'static str,
) -> Result<u64, CommandError> {
    let number = parse_i64(value).filter(|number| bounds.contains(number));
    let number = number.and_then(|number| u64::try_from(number).ok());
    number.ok_or(CommandError::text(text))
}

fn stop(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    if !is_active(cx.core) {
        cx.reply().null();
        return Ok(ControlFlow::Done);
    }
    let now = cx.core.now;
    if let Some(tracking) = &mut cx.core.costs.hot {
        tracking.stop(now);
    }
    cx.core.derive_bars();
    cx.ok()
}

fn reset(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    if is_active(cx.core) {
        return Err(CommandError::text(
            "ERR hotkey tracking session in progress, stop tracking first",
        ));
    }
    cx.core.costs.hot = None;
    cx.core.derive_bars();
    cx.ok()
}

fn get(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    let (conn, protocol, now) = (cx.session.conn, cx.session.protocol, cx.core.now);
    let mut reply = cx.core.outgoing.reply(conn, protocol);
    let Some(tracking) = &cx.core.costs.hot else {
        reply.null();
        return Ok(ControlFlow::Done);
    };
    let usage = &cx.core.environment.usage;
    let (user_us, system_us) = tracking.cpu_us_before;
    let Plan { by_cpu, by_net, .. } = tracking.plan;
    reply.array(1);
    reply.map(7 + 3 * usize::from(by_cpu) + 2 * usize::from(by_net));
    field(
        &mut reply,
        "tracking-active",
        tracking.is_active(now).into(),
    );
    field(&mut reply, "sample-ratio", tracking.plan.ratio);
    reply.bulk(b"selected-slots");
    reply.array(1);
    reply.array(2);
    reply.integer(0);
    reply.integer(LAST_SLOT);
    field(
        &mut reply,
        "all-commands-all-slots-us",
        tracking.took_ns / 1000,
    );
    field(
        &mut reply,
        "net-bytes-all-commands-all-slots",
        tracking.bytes,
    );
    let began_ms = u64::try_from(tracking.began.wall_ms()).unwrap_or_default();
    field(&mut reply, "collection-start-time-unix-ms", began_ms);
    field(&mut reply, "collection-duration-ms", tracking.took_ms(now));
    if by_cpu {
        let spent_ms = |now_us: u64, before_us: u64| now_us.saturating_sub(before_us) / 1000;
        field(
            &mut reply,
            "total-cpu-time-user-ms",
            spent_ms(usage.user_us, user_us),
        );
        field(
            &mut reply,
            "total-cpu-time-sys-ms",
            spent_ms(usage.system_us, system_us),
        );
    }
    if by_net {
        field(&mut reply, "total-net-bytes", tracking.bytes);
    }
    if by_cpu {
        list(&mut reply, "by-cpu-time-us", &tracking.by_cpu());
    }
    if by_net {
        list(&mut reply, "by-net-bytes", &tracking.by_net());
    }
    Ok(ControlFlow::Done)
}

/// The last slot of a cluster: without one, keys of all slots are looked at.
const LAST_SLOT: i64 = 16_383;

fn field(reply: &mut Reply<'_>, name: &str, value: u64) {
    reply.bulk(name.as_bytes());
    reply.integer(i64::try_from(value).unwrap_or(i64::MAX));
}

fn list(reply: &mut Reply<'_>, name: &str, keys: &[(&[u8], u64)]) {
    reply.bulk(name.as_bytes());
    reply.array(2 * keys.len());
    for (key, weight) in keys {
        reply.bulk(key);
        reply.integer(i64::try_from(*weight).unwrap_or(i64::MAX));
    }
}

fn print_help(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    help::write(&mut cx.reply(), "HOTKEYS", HELP);
    Ok(ControlFlow::Done)
}

const HELP: &[&str] = &[
    "START METRICS <count> [CPU] [NET] [COUNT <k>] [DURATION <seconds>] [SAMPLE <ratio>]",
    "    Start to look for the <k> keys (10) that cost most processor time, bytes, or both,",
    "    for this time or until STOP, at one command out of <ratio>.",
    "STOP",
    "    End the search, and keep what was found.",
    "GET",
    "    Show what was found, also during the search.",
    "RESET",
    "    Forget what was found, after STOP.",
];
