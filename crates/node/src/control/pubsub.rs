//! SUBSCRIBE, PSUBSCRIBE, SSUBSCRIBE and what ends them; PUBLISH, SPUBLISH; PUBSUB.
//!
//! Always true: each name of a request is confirmed by a message of its own, also to a client that
//! wants no replies.
//! Not here: who has subscribed — `pubsub.rs`; messages — `publish.rs`.

use bytes::Bytes;
use russet_base::glob;
use russet_command::Arity::{AtLeast, Exactly};
use russet_command::row::KeyFlags;
use russet_command::{Channels, CommandError, Family, Flags, Group, KeySpec};
use russet_resp::{Args, Output, Reply};

use super::{ControlCtx, ControlFlow, ControlHandler};
use crate::pubsub::{Kind, Name, Receiver};

const PUBSUB: Flags = Flags::PUBSUB.with(Flags::LOADING).with(Flags::STALE);
const SUBSCRIBES: Flags = PUBSUB.with(Flags::NOSCRIPT);
const PUBLISHES: Flags = PUBSUB.with(Flags::FAST).with(Flags::MAY_REPLICATE);

const SHARDS: &[KeySpec] = &[KeySpec::range(1, -1, 1, KeyFlags::NOT_KEY)];

/// A row of this family; naming the type lets handlers be stored as pointers.
type Row = russet_command::Row<ControlHandler>;

/// The family.
pub(crate) const FAMILY: Family<ControlHandler> = Family {
    group: Group::PubSub,
    rows: &[
        Row::control("PSUBSCRIBE", AtLeast(2), |cx, args| {
            subscribe(cx, args, Kind::Pattern)
        })
        .takes("pattern [pattern ...]")
        .channels(Channels::Patterns(1))
        .flags(SUBSCRIBES)
        .since("2.0.0")
        .cost("O(N) where N is the number of patterns to subscribe to.")
        .does("Receives the messages of all channels whose names match patterns."),
        Row::control("PUBLISH", Exactly(3), publish)
            .takes("channel message")
            .channels(Channels::One(1))
            .flags(PUBLISHES)
            .since("2.0.0")
            .cost(
                "O(N+M) where N is the number of clients subscribed to the receiving channel and \
                 M is the number of patterns that may match it.",
            )
            .does("Sends a message to a channel."),
        Row::container(
            "PUBSUB",
            &[
                Row::control("CHANNELS", AtLeast(2), |cx, args| {
                    names(cx, args, Kind::Channel)
                })
                .takes("[pattern]")
                .flags(PUBSUB)
                .since("2.8.0")
                .cost("O(N) where N is the number of channels that somebody has subscribed to")
                .does("Lists the channels that somebody has subscribed to."),
                Row::control("HELP", Exactly(2), help)
                    .flags(Flags::LOADING.with(Flags::STALE))
                    .since("6.2.0")
                    .cost("O(1)")
                    .does("Lists the subcommands."),
                Row::control("NUMPAT", Exactly(2), count_patterns)
                    .flags(PUBSUB)
                    .since("2.8.0")
                    .cost("O(1)")
                    .does("Counts the patterns that somebody has subscribed to."),
                Row::control("NUMSUB", AtLeast(2), |cx, args| {
                    counts(cx, args, Kind::Channel)
                })
                .takes("[channel [channel ...]]")
                .flags(PUBSUB)
                .since("2.8.0")
                .cost("O(N) where N is the number of requested channels")
                .does("Counts the subscribers of channels."),
                Row::control("SHARDCHANNELS", AtLeast(2), |cx, args| {
                    names(cx, args, Kind::Shard)
                })
                .takes("[pattern]")
                .flags(PUBSUB)
                .since("7.0.0")
                .cost("O(N) where N is the number of shard channels with a subscriber")
                .does("Lists the shard channels that somebody has subscribed to."),
                Row::control("SHARDNUMSUB", AtLeast(2), |cx, args| {
                    counts(cx, args, Kind::Shard)
                })
                .takes("[shardchannel [shardchannel ...]]")
                .flags(PUBSUB)
                .since("7.0.0")
                .cost("O(N) where N is the number of requested shard channels")
                .does("Counts the subscribers of shard channels."),
            ],
        )
        .since("2.8.0")
        .cost("Depends on subcommand.")
        .does("Holds the commands that tell of subscriptions."),
        Row::control("PUNSUBSCRIBE", AtLeast(1), |cx, args| {
            unsubscribe(cx, args, Kind::Pattern)
        })
        .takes("[pattern [pattern ...]]")
        .flags(SUBSCRIBES)
        .since("2.0.0")
        .cost("O(N) where N is the number of patterns to unsubscribe.")
        .does("Ends subscriptions to patterns, or to all of them."),
        Row::control("SPUBLISH", Exactly(3), spublish)
            .takes("shardchannel message")
            .channels(Channels::One(1))
            .keys(&[KeySpec::one(1, KeyFlags::NOT_KEY)])
            .flags(PUBLISHES)
            .since("7.0.0")
            .cost("O(N) where N is the number of clients subscribed to the shard channel.")
            .does("Sends a message to a shard channel."),
        Row::control("SSUBSCRIBE", AtLeast(2), |cx, args| {
            subscribe(cx, args, Kind::Shard)
        })
        .takes("shardchannel [shardchannel ...]")
        .channels(Channels::From(1))
        .keys(SHARDS)
        .flags(SUBSCRIBES)
        .since("7.0.0")
        .cost("O(N) where N is the number of shard channels to subscribe to.")
        .does("Receives the messages of shard channels."),
        Row::control("SUBSCRIBE", AtLeast(2), |cx, args| {
            subscribe(cx, args, Kind::Channel)
        })
        .takes("channel [channel ...]")
        .channels(Channels::From(1))
        .flags(SUBSCRIBES)
        .since("2.0.0")
        .cost("O(N) where N is the number of channels to subscribe to.")
        .does("Receives the messages of channels."),
        Row::control("SUNSUBSCRIBE", AtLeast(1), |cx, args| {
            unsubscribe(cx, args, Kind::Shard)
        })
        .takes("[shardchannel [shardchannel ...]]")
        .keys(SHARDS)
        .flags(SUBSCRIBES)
        .since("7.0.0")
        .cost("O(N) where N is the number of shard channels to unsubscribe.")
        .does("Ends subscriptions to shard channels, or to all of them."),
        Row::control("UNSUBSCRIBE", AtLeast(1), |cx, args| {
            unsubscribe(cx, args, Kind::Channel)
        })
        .takes("[channel [channel ...]]")
        .flags(SUBSCRIBES)
        .since("2.0.0")
        .cost("O(N) where N is the number of channels to unsubscribe.")
        .does("Ends subscriptions to channels, or to all of them."),
    ],
};
const _: () = FAMILY.check();

/// The kind of a confirmation.
fn word(kind: Kind, is_end: bool) -> &'static str {
    match (kind, is_end) {
        (Kind::Channel, false) => "subscribe",
        (Kind::Channel, true) => "unsubscribe",
        (Kind::Pattern, false) => "psubscribe",
        (Kind::Pattern, true) => "punsubscribe",
        (Kind::Shard, false) => "ssubscribe",
        (Kind::Shard, true) => "sunsubscribe",
    }
}

fn subscribe(
    cx: &mut ControlCtx<'_>,
    args: Args<'_>,
    kind: Kind,
) -> Result<ControlFlow, CommandError> {
    if kind == Kind::Shard && !cx.may_block {
        return Err(CommandError::text(
            "ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client",
        ));
    }
    cx.core.deliver_gathered();
    let receiver = Receiver {
        conn: cx.session.conn,
        protocol: cx.session.protocol,
    };
    let mut confirmations = Confirmations::new(cx, word(kind, false), kind);
    for name in args.skip(1).iter() {
        cx.core.pubsub.subscribe(kind, receiver, name);
        confirmations.add(cx, Some(name));
    }
    confirmations.send(cx);
    cx.core.follow_subscriptions(cx.session);
    Ok(ControlFlow::Done)
}

fn unsubscribe(
    cx: &mut ControlCtx<'_>,
    args: Args<'_>,
    kind: Kind,
) -> Result<ControlFlow, CommandError> {
    cx.core.deliver_gathered();
    let conn = cx.session.conn;
    let names: Vec<Name> = match args.len() {
        1 => cx.core.pubsub.names_of(kind, conn),
        _ => args.skip(1).iter().map(Name::from).collect(),
    };
    let mut confirmations = Confirmations::new(cx, word(kind, true), kind);
    for name in &names {
        cx.core.pubsub.unsubscribe(kind, conn, name);
        confirmations.add(cx, Some(name));
    }
    if names.is_empty() {
        confirmations.add(cx, None);
    }
    confirmations.send(cx);
    cx.core.follow_subscriptions(cx.session);
    Ok(ControlFlow::Done)
}

/// Confirmations that subscriptions have begun or ended, one for each name.
struct Confirmations {
    word: &'static str,
    kind: Kind,
    /// Where they are gathered for a client that wants no replies: what is written as a reply is
    /// dropped then.
    aside: Option<Output>,
}

impl Confirmations {
    fn new(cx: &ControlCtx<'_>, word: &'static str, kind: Kind) -> Self {
        let is_aside = cx.session.replies.are_dropped();
        let aside = is_aside.then(Output::new);
        Self { word, kind, aside }
    }

    /// Adds one, with the number of subscriptions that there are now.
    fn add(&mut self, cx: &mut ControlCtx<'_>, name: Option<&[u8]>) {
        let (conn, protocol) = (cx.session.conn, cx.session.protocol);
        let count_of = |kind| cx.core.pubsub.count_of(kind, conn);
        let count = match self.kind {
            Kind::Shard => count_of(Kind::Shard),
            _ => count_of(Kind::Channel) + count_of(Kind::Pattern),
        };
        let mut reply = match &mut self.aside {
            Some(output) => Reply::new(output, protocol),
            None => cx.reply(),
        };
        reply.push(3);
        reply.bulk(self.word.as_bytes());
        match name {
            Some(name) => reply.bulk(name),
            None => reply.null(),
        }
        reply.count(count);
    }

    fn send(self, cx: &mut ControlCtx<'_>) {
        if let Some(output) = self.aside {
            let message = Bytes::from(output.to_vec());
            cx.core.outgoing.deliver(cx.session.conn, &message);
        }
    }
}

fn publish(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let count = cx.core.publish(&args[1], &args[2]);
    cx.reply().count(count);
    Ok(ControlFlow::Done)
}

fn spublish(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let count = cx.core.publish_to_shard(&args[1], &args[2]);
    cx.reply().count(count);
    Ok(ControlFlow::Done)
}

fn names(cx: &mut ControlCtx<'_>, args: Args<'_>, kind: Kind) -> Result<ControlFlow, CommandError> {
    if args.len() > 3 {
        let parts: [&[u8]; 3] = [
            b"ERR unknown subcommand or wrong number of arguments for '",
            &args[1],
            b"'. Try PUBSUB HELP.",
        ];
        return Err(CommandError::quoting(&parts));
    }
    let pattern = args.get(2);
    let is_asked = |name: &&Name| pattern.is_none_or(|pattern| glob::matches(pattern, name));
    let names: Vec<Name> = cx
        .core
        .pubsub
        .names(kind)
        .filter(is_asked)
        .cloned()
        .collect();
    let mut reply = cx.reply();
    reply.array(names.len());
    for name in names {
        reply.bulk(&name);
    }
    Ok(ControlFlow::Done)
}

fn counts(
    cx: &mut ControlCtx<'_>,
    args: Args<'_>,
    kind: Kind,
) -> Result<ControlFlow, CommandError> {
    let channels = args.skip(2);
    cx.reply().array(2 * channels.len());
    for channel in channels.iter() {
        let count = cx.core.pubsub.receivers(kind, channel).len();
        let mut reply = cx.reply();
        reply.bulk(channel);
        reply.count(count);
    }
    Ok(ControlFlow::Done)
}

fn count_patterns(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    let count = cx.core.pubsub.count(Kind::Pattern);
    cx.reply().count(count);
    Ok(ControlFlow::Done)
}

fn help(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    russet_command::help::write(&mut cx.reply(), "PUBSUB", HELP);
    Ok(ControlFlow::Done)
}

const HELP: &[&str] = &[
    "CHANNELS [<pattern>]",
    "    Return the currently active channels matching a <pattern> (default: '*').",
    "NUMPAT",
    "    Return number of subscriptions to patterns.",
    "NUMSUB [<channel> ...]",
    "    Return the number of subscribers for the specified channels, excluding",
    "    pattern subscriptions(default: no channels).",
    "SHARDCHANNELS [<pattern>]",
    "    Return the currently active shard level channels matching a <pattern> (default: '*').",
    "SHARDNUMSUB [<shardchannel> ...]",
    "    Return the number of subscribers for the specified shard level channel(s)",
];
