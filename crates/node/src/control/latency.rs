//! LATENCY: what took long, and how long commands take.
//!
//! Always true: showing changes nothing.
//! Not here: samples — `latency.rs`; distributions — `stats/histogram.rs`.

mod doctor;
mod graph;

use russet_command::Arity::{AtLeast, Exactly};
use russet_command::registry::CommandId;
use russet_command::{CommandError, Family, Flags, Group, help};
use russet_resp::Args;

use super::{ControlCtx, ControlFlow, ControlHandler};
use crate::core::Core;
use crate::stats::Histogram;

/// A row of this family; naming the type lets handlers be stored as pointers.
type Row = russet_command::Row<ControlHandler>;

const ANYWHERE: Flags = Flags::LOADING.with(Flags::STALE);
const ADMIN: Flags = ANYWHERE.with(Flags::ADMIN).with(Flags::NOSCRIPT);
const OF_REPORTS: &[&str] = &[
    "nondeterministic_output",
    "request_policy:all_nodes",
    "response_policy:special",
];

/// The family.
pub(crate) const FAMILY: Family<ControlHandler> = Family {
    group: Group::Server,
    rows: &[Row::container("LATENCY", SUBCOMMANDS)
        .since("2.8.13")
        .cost("Depends on subcommand.")
        .does("Tells what took long.")],
};
const _: () = FAMILY.check();

const SUBCOMMANDS: &[Row] = &[
    Row::control("DOCTOR", Exactly(2), doctor)
        .flags(ADMIN)
        .since("2.8.13")
        .cost("O(1)")
        .does("Explains the events that were recorded.")
        .tips(OF_REPORTS),
    Row::control("GRAPH", Exactly(3), graph)
        .takes("event")
        .flags(ADMIN)
        .since("2.8.13")
        .cost("O(1)")
        .does("Draws the samples of an event.")
        .tips(OF_REPORTS),
    Row::control("HELP", Exactly(2), print_help)
        .flags(ANYWHERE)
        .since("2.8.13")
        .cost("O(1)")
        .does("Lists the subcommands."),
    Row::control("HISTOGRAM", AtLeast(2), histogram)
        .takes("[command [command ...]]")
        .flags(ADMIN)
        .since("7.0.0")
        .cost("O(N) where N is the number of commands shown")
        .does("Shows how long commands take, as distributions.")
        .tips(OF_REPORTS),
    Row::control("HISTORY", Exactly(3), history)
        .takes("event")
        .flags(ADMIN)
        .since("2.8.13")
        .cost("O(1)")
        .does("Shows the samples of an event.")
        .tips(OF_REPORTS),
    Row::control("LATEST", Exactly(2), latest)
        .flags(ADMIN)
        .since("2.8.13")
        .cost("O(1)")
        .does("Shows the last sample of every event.")
        .tips(OF_REPORTS),
    Row::control("RESET", AtLeast(2), reset)
        .takes("[event [event ...]]")
        .flags(ADMIN)
        .since("2.8.13")
        .cost("O(1)")
        .does("Removes the samples of events.")
        .tips(&["request_policy:all_nodes", "response_policy:agg_sum"]),
];

/// A duration as clients read it.
fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn doctor(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    let report = doctor::report(cx.core);
    cx.reply().verbatim("txt", report.as_bytes());
    Ok(ControlFlow::Done)
}

fn graph(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let Some(series) = cx.core.costs.latency.find(&args[2]) else {
        return Err(CommandError::quoting(&[
            b"ERR No samples available for event '",
            &args[2],
            b"'",
        ]));
    };
    let now_s = cx.core.now.wall_ms().div_euclid(1000);
    let graph = graph::draw(series, now_s);
    cx.reply().verbatim("txt", graph.as_bytes());
    Ok(ControlFlow::Done)
}

fn history(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let (conn, protocol) = (cx.session.conn, cx.session.protocol);
    let mut reply = cx.core.outgoing.reply(conn, protocol);
    let Some(series) = cx.core.costs.latency.find(&args[2]) else {
        reply.empty_array();
        return Ok(ControlFlow::Done);
    };
    let samples = series.samples();
    reply.array(samples.len());
    for sample in samples {
        reply.array(2);
        reply.integer(sample.at_s);
        reply.integer(number(sample.took_ms));
    }
    Ok(ControlFlow::Done)
}

fn latest(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    let (conn, protocol) = (cx.session.conn, cx.session.protocol);
    let mut reply = cx.core.outgoing.reply(conn, protocol);
    let all = cx.core.costs.latency.series();
    reply.array(all.len());
    for series in all {
        let last = series.last();
        reply.array(4);
        reply.bulk(series.event.name().as_bytes());
        reply.integer(last.at_s);
        reply.integer(number(last.took_ms));
        reply.integer(number(series.longest_ms));
    }
    Ok(ControlFlow::Done)
}

fn reset(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let latency = &mut cx.core.costs.latency;
    let removed = match args.len() {
        2 => latency.reset(None),
        _ => args
            .skip(2)
            .iter()
            .map(|name| latency.reset(Some(name)))
            .sum(),
    };
    cx.reply().count(removed);
    Ok(ControlFlow::Done)
}

fn histogram(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let (conn, protocol) = (cx.session.conn, cx.session.protocol);
    let shown = shown(cx.core, args.skip(2));
    let mut reply = cx.core.outgoing.reply(conn, protocol);
    reply.map(shown.len());
    for id in shown {
        let Some(histogram) = histogram_of(&cx.core.stats, id) else {
            continue;
        };
        reply.bulk(cx.core.commands.get(id).full_name.as_bytes());
        reply.map(2);
        reply.bulk(b"calls");
        reply.integer(number(histogram.total()));
        reply.bulk(b"histogram_usec");
        let doubles = histogram.digest(&[]).doubles;
        reply.map(doubles.len());
        for (nanoseconds, count) in doubles {
            reply.integer(number(nanoseconds / 1000));
            reply.integer(number(count));
        }
    }
    Ok(ControlFlow::Done)
}

fn histogram_of(stats: &crate::stats::Stats, id: CommandId) -> Option<&Histogram> {
    stats.commands().get(id.index())?.latency.as_deref()
}

/// The commands with a distribution: those named, with their subcommands, or all.
fn shown(core: &Core, names: Args<'_>) -> Vec<CommandId> {
    let mut ids = Vec::new();
    if names.is_empty() {
        ids.extend(core.commands.iter().map(|command| command.id));
    }
    for id in names
        .iter()
        .filter_map(|name| core.commands.find_full(name))
    {
        ids.push(id);
        ids.extend_from_slice(&core.commands.get(id).subcommands);
    }
    ids.retain(|&id| histogram_of(&core.stats, id).is_some());
    ids
}

fn print_help(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    help::write(&mut cx.reply(), "LATENCY", HELP);
    Ok(ControlFlow::Done)
}

const HELP: &[&str] = &[
    "DOCTOR",
    "    Explain the events that were recorded, with advice.",
    "GRAPH <event>",
    "    Draw the samples of the <event>.",
    "HISTORY <event>",
    "    Show time and duration of the samples of the <event>.",
    "LATEST",
    "    Show the last sample of every event, and its longest duration.",
    "RESET [<event> ...]",
    "    Remove the samples of these events, or of all.",
    "HISTOGRAM [<command> ...]",
    "    Show how often these commands, or all, took how many microseconds at most.",
];
