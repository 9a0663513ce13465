//! XADD.
//!
//! ```text
//!  XADD key [options] <id | *> field value …
//!  recorded with the identifier that the entry got, and with what trimming left
//! ```
//! Always true: XADD without options looks its key up once and allocates nothing but the block.
//! Not here: options of trimming — `trim.rs`; entries that are added again — `producer.rs`

use russet_engine::{Stream, StreamId, Trim};
use russet_resp::{ArgBuf, Args};

use super::id::{self, IdText, NewId};
use super::producer::{self, Numbered};
use super::text;
use super::trim::{Kept, TrimOptions};
use crate::args::is_word;
use crate::ctx::{Ctx, Flow};
use crate::effects::{Effects, NotifyClass};
use crate::error::CommandError;

/// The largest entry, in bytes of its names and values.
const ENTRY_SIZE_MAX: usize = 1 << 30;

/// The options between the key and the fields.
#[derive(Debug)]
struct Options<'a> {
    id: NewId,
    /// Where the identifier stands.
    id_at: usize,
    is_new_refused: bool,
    trim: Option<Trim>,
    trim_options: TrimOptions,
    numbered: Option<Numbered<'a>>,
}

/// `XADD key [options] <id | *> field value [field value ...]`.
pub(super) fn xadd(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let options = match args.get(2) {
        // PERF: no option begins with these, and most requests have none.
        Some([b'*' | b'0'..=b'9', ..]) => Options::none(id::parse_new(&args[2])?),
        _ => Options::read(cx, args)?,
    };
    let fields = args.skip(options.id_at + 1);
    if fields.len() < 2 || fields.len() % 2 == 1 {
        return Err(CommandError::WrongArity("xadd".into()));
    }
    if options.id == NewId::Exactly(StreamId::MIN) {
        return Err(text::ID_ZERO);
    }
    add(cx, args, &options)
}

fn add(cx: &mut Ctx<'_>, args: Args<'_>, options: &Options<'_>) -> Result<Flow, CommandError> {
    let key = &args[1];
    let fields = args.skip(options.id_at + 1);
    let (hash, now) = (cx.hash_of_first(key), cx.now());
    let mut db = cx.keyspace.db(cx.db);
    let mut target = db.stream_mut((hash, key))?;
    let is_new = target.get().is_none();
    if is_new && options.is_new_refused {
        cx.reply.null();
        return Ok(Flow::Done);
    }
    if let (Some(numbered), Some(stream)) = (&options.numbered, target.get())
        && let Some(known) = numbered.find(stream, now)
    {
        target.edit_quietly(|stream| stream.producers_mut().duplicates += 1);
        id::reply(&mut cx.reply, known);
        return Ok(Flow::Done);
    }
    let last = target.get().map_or(StreamId::MIN, Stream::last_id);
    let id = new_id(options.id, last, now)?;
    if fields.size() > ENTRY_SIZE_MAX {
        return Err(text::ELEMENTS_TOO_LARGE);
    }
    let packing = target.packing();
    let removed = target.edit(|stream| {
        stream.append(id, fields.iter(), &packing);
        if let Some(numbered) = &options.numbered {
            numbered.remember(stream, id, now);
        }
        match &options.trim {
            Some(trim) => stream.trim(trim, options.trim_options.refs()),
            None => 0,
        }
    });
    let id_text = IdText::new(id);
    cx.reply.bulk(id_text.as_bytes());
    if cx.effects.recording {
        let kept = target
            .get()
            .and_then(|stream| options.trim_options.kept(stream));
        record_add(cx.effects, args, options, (id_text, kept));
    }
    if is_new {
        cx.notify(NotifyClass::NEW, "new", key);
    }
    cx.notify(NotifyClass::STREAM, "xadd", key);
    if removed > 0 {
        cx.notify(NotifyClass::STREAM, "xtrim", key);
    }
    cx.dirty(1);
    Ok(Flow::Done)
}

/// The identifier of the new entry.
fn new_id(wanted: NewId, last: StreamId, now: i64) -> Result<StreamId, CommandError> {
    if last == StreamId::MAX {
        return Err(text::ID_EXHAUSTED);
    }
    let now = u64::try_from(now).unwrap_or(0);
    let id = match wanted {
        NewId::Auto if now > last.ms => Some(StreamId::new(now, 0)),
        NewId::Auto => last.next(),
        NewId::AutoSeq(ms) if ms == last.ms => {
            last.seq.checked_add(1).map(|seq| StreamId::new(ms, seq))
        }
        NewId::AutoSeq(ms) => Some(StreamId::new(ms, 0)),
        NewId::Exactly(id) => Some(id),
    };
    id.filter(|id| *id > last).ok_or(text::ID_NOT_ABOVE)
}

/// Records the request with the identifier that was given, and without what depends on the moment.
fn record_add(
    effects: &mut Effects,
    args: Args<'_>,
    options: &Options<'_>,
    (id, kept): (IdText, Option<Kept>),
) {
    let is_exact = matches!(options.id, NewId::Exactly(_));
    if is_exact && kept.is_none() && options.numbered.is_none() {
        return;
    }
    let numbered = options.numbered.as_ref().map_or(0..0, Numbered::range);
    let mut request = ArgBuf::new();
    for (at, arg) in args.iter().enumerate() {
        match (&kept, args.shared(at)) {
            _ if at == options.id_at => request.push(id.as_bytes()),
            _ if numbered.contains(&at) => {}
            (_, Some(bytes)) if at > options.id_at => request.push_shared(bytes.clone()),
            (Some(kept), _) if at < options.id_at => {
                if let Some(word) = kept.replace(at, arg) {
                    request.push(word);
                }
            }
            _ => request.push(arg),
        }
    }
    effects.propagate_as(request.args());
    if let Some(numbered) = &options.numbered {
        effects.propagate_as(numbered.record(&args[1], id).args());
    }
}

impl<'a> Options<'a> {
    /// No options at all: the identifier stands behind the key.
    fn none(id: NewId) -> Self {
        Self {
            id,
            id_at: 2,
            is_new_refused: false,
            trim: None,
            trim_options: TrimOptions::default(),
            numbered: None,
        }
    }

    fn read(cx: &Ctx<'_>, args: Args<'a>) -> Result<Self, CommandError> {
        let mut options = Self::none(NewId::Auto);
        let mut at = 2;
        while let Some(word) = args.get(at) {
            if word == b"*" {
                break;
            }
            if let Some(next) = options.trim_options.read(args, at)? {
                at = next;
            } else if is_word(word, "NOMKSTREAM") {
                options.is_new_refused = true;
                at += 1;
            } else if let Some(numbered) = producer::read(args, at)? {
                if options.numbered.is_some() {
                    return Err(producer::TWICE);
                }
                at = numbered.range().end;
                options.numbered = Some(numbered);
            } else {
                options.id = id::parse_new(word)?;
                break;
            }
        }
        options.id_at = at;
        options.trim = options.trim_options.finish(&cx.keyspace.packing())?;
        if let Some(numbered) = &mut options.numbered {
            numbered.check(options.id)?;
            numbered.name(args.skip(at + 1));
        }
        Ok(options)
    }
}
