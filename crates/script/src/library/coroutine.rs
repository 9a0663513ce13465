//! Coroutines.
//!
//! Always true: a coroutine that runs, waits for another or is dead is not resumed.
//! Not here: how threads are switched — `vm/call.rs`

use super::{Called, Entry, prelude};
use crate::thread::{Frame, Status, Thread};
use crate::value::{ThreadRef, Value};
use crate::vm::{Flow, Invoke, Raise};

/// The functions.
pub(crate) const ENTRIES: &[Entry] = &[
    ("create", create),
    ("resume", resume),
    ("running", running),
    ("status", status),
    ("wrap", wrap),
    ("yield", yield_values),
];

/// The function that wrapped coroutines call.
pub(crate) const HIDDEN: &[Entry] = &[("resume_wrapped", resume_wrapped)];

fn thread(call: &Invoke<'_>) -> Result<ThreadRef, Raise> {
    match call.arg(1) {
        Value::Thread(thread) => Ok(thread),
        _ => Err(Raise::argument(1, "coroutine expected")),
    }
}

fn create(call: &mut Invoke<'_>) -> Called {
    let func @ Value::Func(_) = call.arg(1) else {
        return Err(Raise::argument(1, "Lua function expected"));
    };
    let thread = call.vm.heap.thread(Thread::new(func))?;
    call.give(Value::Thread(thread))
}

/// Why a coroutine cannot be resumed.
fn refusal(call: &Invoke<'_>, thread: ThreadRef) -> Option<&'static str> {
    match call.vm.heap.coroutine(thread).status {
        Status::New | Status::Suspended => None,
        Status::Running => Some("cannot resume running coroutine"),
        Status::Normal => Some("cannot resume normal coroutine"),
        Status::Dead => Some("cannot resume dead coroutine"),
    }
}

fn push_args(call: &mut Invoke<'_>) {
    for idx in 2..=call.count() {
        call.push(call.arg(idx));
    }
}

fn resume(call: &mut Invoke<'_>) -> Called {
    let thread = thread(call)?;
    if let Some(text) = refusal(call, thread) {
        call.push(Value::Bool(false));
        return call.give_text(text.as_bytes());
    }
    push_args(call);
    Ok(Flow::Resume {
        thread,
        is_wrap: false,
    })
}

fn resume_wrapped(call: &mut Invoke<'_>) -> Called {
    let thread = thread(call)?;
    if let Some(text) = refusal(call, thread) {
        return Err(Raise::message(text));
    }
    push_args(call);
    Ok(Flow::Resume {
        thread,
        is_wrap: true,
    })
}

fn running(call: &mut Invoke<'_>) -> Called {
    let value = call.vm.current.map_or(Value::Nil, Value::Thread);
    call.give(value)
}

fn status(call: &mut Invoke<'_>) -> Called {
    let thread = thread(call)?;
    let text = match call.vm.heap.coroutine(thread).status {
        Status::New | Status::Suspended => "suspended",
        Status::Running => "running",
        Status::Normal => "normal",
        Status::Dead => "dead",
    };
    call.give_text(text.as_bytes())
}

fn wrap(call: &mut Invoke<'_>) -> Called {
    let func = call.arg(1);
    if !matches!(func, Value::Func(_)) {
        return Err(Raise::argument(1, "Lua function expected"));
    }
    call.call_prelude(prelude::WRAP, &[func])
}

fn yield_values(call: &mut Invoke<'_>) -> Called {
    // As in the reference, a call of Rust that waits cannot be left.
    let is_bound = |frame: &Frame| match frame {
        Frame::Lua(frame) => call.vm.heap.func(frame.func).proto.is_library,
        Frame::Protect(_) => true,
    };
    if call.vm.resumers.is_empty() || call.vm.thread.frames.iter().any(is_bound) {
        return Err(Raise::Plain(
            "attempt to yield across metamethod/C-call boundary".into(),
        ));
    }
    for idx in 1..=call.count() {
        call.push(call.arg(idx));
    }
    Ok(Flow::Yield)
}
