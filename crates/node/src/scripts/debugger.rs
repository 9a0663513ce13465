//! The debugger of scripts: breakpoints, the source, and the lines that a client is sent.
//!
//! ```text
//!  EVAL ─► stops before line 1 ─► a command of the client ─► lines ─► … ─► step, continue
//!               ▲                                                               │
//!               └─────────── the next line, or the next breakpoint ◄────────────┤
//!                                                 <endsession>, the reply ◄─────┘ the end
//! ```
//! Always true: each command is answered by one array of lines, none of which holds a line end.
//! Not here: running the script — `debugging.rs`; its lines and variables — crate `russet-script`

use std::collections::BTreeSet;

use russet_base::quote::quote_into;
use russet_resp::{Args, wire};
use russet_script::Level;

/// A script that is watched.
#[derive(Debug)]
pub(crate) struct Debugger {
    /// The lines of the source.
    source: Vec<Vec<u8>>,
    breakpoints: BTreeSet<u32>,
    /// The line where it has stopped.
    pub line: u32,
    /// Whether it stops before the next line, wherever that is.
    pub steps: bool,
    /// Whether it has stopped, and waits for a command.
    pub waits: bool,
    /// Whether it stops since it took long.
    pub is_late: bool,
    /// The length at which values are cut; 0 is nowhere.
    cut: usize,
    is_cut_told: bool,
    /// Lines that were not sent yet.
    pub lines: Vec<Vec<u8>>,
}

/// The most breakpoints.
const BREAKPOINTS_MAX: usize = 64;

/// The length at which values are cut unless it is set, and the least that can be set.
const CUT: usize = 256;
const CUT_MIN: usize = 60;

/// How many lines are shown around one.
const CONTEXT: u32 = 5;

/// The reply to what is no command.
pub(super) const UNKNOWN: &str =
    "<error> Unknown Redis Lua debugger command or wrong number of arguments.";

impl Debugger {
    /// Watches a script of this text from its first line on.
    pub(crate) fn new(text: &[u8]) -> Self {
        Self {
            source: text
                .split(|byte| *byte == b'\n')
                .map(<[u8]>::to_vec)
                .collect(),
            breakpoints: BTreeSet::new(),
            line: 0,
            steps: true,
            waits: false,
            is_late: false,
            cut: CUT,
            is_cut_told: false,
            lines: Vec::new(),
        }
    }

    /// Adds a line for the client.
    pub(super) fn say(&mut self, line: impl AsRef<[u8]>) {
        let clean = |byte: &u8| match byte {
            b'\r' | b'\n' => b' ',
            other => *other,
        };
        self.lines.push(line.as_ref().iter().map(clean).collect());
    }

    /// Adds a line that ends with a value, which may be cut.
    pub(super) fn say_value(&mut self, before: &[u8], value: &[u8]) {
        let mut line = [before, value].concat();
        let is_cut = self.cut > 0 && line.len() > self.cut;
        if is_cut {
            line.truncate(self.cut - 4);
            line.extend_from_slice(b" ...");
        }
        self.say(line);
        if is_cut && !std::mem::replace(&mut self.is_cut_told, true) {
            self.say("<hint> The above reply was trimmed. Use 'maxlen 0' to disable trimming.");
        }
    }

    /// The script is before this line: whether it stops there, and says so.
    pub(super) fn reaches(&mut self, line: u32, breaks: bool) -> bool {
        let is_breakpoint = self.breakpoints.contains(&line);
        if !(self.steps || breaks || is_breakpoint) {
            return false;
        }
        let reason = match (breaks, is_breakpoint, self.is_late) {
            (true, ..) => "redis.breakpoint() called",
            (_, true, _) => "break point",
            (_, _, true) => "timeout reached, infinite loop?",
            _ => "step over",
        };
        self.line = line;
        self.say(format!("* Stopped at {line}, stop reason = {reason}"));
        self.say_source(line);
        (self.steps, self.is_late, self.waits) = (false, false, true);
        true
    }

    /// The script goes on.
    pub(super) fn resume(&mut self, steps: bool) {
        (self.steps, self.waits) = (steps, false);
    }

    fn say_source(&mut self, line: u32) {
        let Some(text) = self.source.get((line as usize).wrapping_sub(1)) else {
            return;
        };
        let mark = match (line == self.line, self.breakpoints.contains(&line)) {
            (true, true) => "->#",
            (true, false) => "-> ",
            (false, true) => "  #",
            (false, false) => "   ",
        };
        let line = [format!("{mark}{line:<3} ").as_bytes(), text].concat();
        self.say(line);
    }

    /// Shows lines: those around one, or around where it has stopped for 0.
    fn list(&mut self, around: u32, context: u32) {
        let around = if around == 0 { self.line } else { around };
        let first = around.saturating_sub(context).max(1);
        let last = around.saturating_add(context).min(self.source.len() as u32);
        (first..=last).for_each(|line| self.say_source(line));
    }

    /// `list [line] [context]`.
    pub(super) fn list_asked(&mut self, args: Args<'_>) {
        let number = |at: usize| args.get(at).map(leading_number);
        self.list(number(1).unwrap_or(0), number(2).unwrap_or(CONTEXT));
    }

    /// `whole`.
    pub(super) fn list_all(&mut self) {
        self.list(1, u32::MAX);
    }

    /// `break`, with lines to add or, negative, to remove; 0 removes all.
    pub(super) fn change_breakpoints(&mut self, args: Args<'_>) {
        if args.len() == 1 {
            return self.show_breakpoints();
        }
        for arg in args.skip(1).iter() {
            match russet_base::num::parse_i64(arg) {
                None => self.say([b"Invalid argument:'", arg, b"'"].concat()),
                Some(0) => {
                    self.breakpoints.clear();
                    self.say("All breakpoints removed.");
                }
                Some(line @ 1..) => self.add_breakpoint(u32::try_from(line).unwrap_or(0)),
                Some(line) => {
                    let line = u32::try_from(line.unsigned_abs()).unwrap_or(0);
                    match self.breakpoints.remove(&line) {
                        true => self.say("Breakpoint removed."),
                        false => self.say("No breakpoint in the specified line."),
                    }
                }
            }
        }
    }

    fn add_breakpoint(&mut self, line: u32) {
        if self.breakpoints.len() >= BREAKPOINTS_MAX {
            return self.say("Too many breakpoints set.");
        }
        let is_there = (1..=self.source.len()).contains(&(line as usize));
        if !is_there || !self.breakpoints.insert(line) {
            return self.say("Wrong line number.");
        }
        self.list(line, 1);
    }

    fn show_breakpoints(&mut self) {
        if self.breakpoints.is_empty() {
            return self.say("No breakpoints set. Use 'b <line>' to add one.");
        }
        self.say(format!("{} breakpoints set:", self.breakpoints.len()));
        let lines: Vec<u32> = self.breakpoints.iter().copied().collect();
        lines.into_iter().for_each(|line| self.say_source(line));
    }

    /// `trace`: the functions that run, the innermost first.
    pub(super) fn show_trace(&mut self, levels: &[Level]) {
        if levels.is_empty() {
            self.say("<error> Can't retrieve Lua stack.");
        }
        for (at, level) in levels.iter().enumerate() {
            let word = if at == 0 { "In" } else { "From" };
            let name = level.name.as_deref().unwrap_or(b"top level");
            self.say([word.as_bytes(), b" ", name, b":"].concat());
            self.say_source(level.line);
        }
    }

    /// `maxlen [length]`.
    pub(super) fn change_cut(&mut self, args: Args<'_>) {
        if let Some(length) = args.get(1) {
            self.cut = match leading_number(length) {
                0 => 0,
                length => CUT_MIN.max(length as usize),
            };
            self.is_cut_told = true;
        }
        match self.cut {
            0 => self.say("<value> replies are unlimited."),
            cut => self.say(format!("<value> replies are truncated at {cut} bytes.")),
        }
    }

    /// A command of the script runs.
    pub(super) fn say_call(&mut self, args: Args<'_>) {
        let words: Vec<&[u8]> = args.iter().collect();
        self.say([b"<redis> ", &words.join(&b' ')[..]].concat());
    }

    /// The reply to a command of the script; `is_refused` if it has not run.
    pub(super) fn say_reply(&mut self, reply: &[u8], is_refused: bool) {
        if let Some(text) = reply.strip_prefix(&[wire::ERROR]) {
            let text = text.strip_suffix(wire::CRLF).unwrap_or(text);
            match is_refused {
                true => {
                    let text = text.strip_prefix(b"ERR ").unwrap_or(text);
                    return self.say([b"<error> ", text].concat());
                }
                false => self.say([b"<error> -", text].concat()),
            }
        }
        let mut shown = Vec::new();
        show_value(&mut &reply[..], &mut shown, 0);
        self.say_value(b"<reply> ", &shown);
    }

    /// `help`.
    pub(super) fn show_help(&mut self) {
        HELP.iter().for_each(|line| self.say(line));
    }
}

/// The number that a word begins with, as C's `atoi` reads it; 0 without one, or below it.
fn leading_number(word: &[u8]) -> u32 {
    let digits = word.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0_u32, |number, byte| {
        number
            .saturating_mul(10)
            .saturating_add(u32::from(byte - b'0'))
    })
}

/// Shows a value of the protocol as people read it.
fn show_value(bytes: &mut &[u8], out: &mut Vec<u8>, depth: u32) {
    let Some((&kind, rest)) = bytes.split_first() else {
        return;
    };
    let end = rest.iter().position(|byte| *byte == b'\r');
    let end = end.unwrap_or(rest.len());
    let line = &rest[..end];
    *bytes = rest.get(end + 2..).unwrap_or_default();
    let len = russet_base::num::parse_i64(line).and_then(|len| usize::try_from(len).ok());
    match kind {
        wire::INTEGER => out.extend_from_slice(line),
        wire::SIMPLE | wire::ERROR => quote_into(&[&[kind], line].concat(), out),
        wire::NULL => out.extend_from_slice(b"NULL"),
        wire::BOOLEAN => out.extend_from_slice(if line == b"t" { b"#true" } else { b"#false" }),
        wire::DOUBLE => out.extend_from_slice(&[b"(double) ", line].concat()),
        wire::ARRAY | wire::SET | wire::MAP | wire::PUSH if depth < DEPTH_MAX => {
            let Some(len) = len else {
                return out.extend_from_slice(b"NULL");
            };
            let (open, close, per) = match kind {
                wire::MAP => (b'{', b'}', 2),
                wire::SET => (b'(', b')', 1),
                _ => (b'[', b']', 1),
            };
            out.push(open);
            for at in 0..len.saturating_mul(per) {
                if bytes.is_empty() {
                    break;
                }
                match at % per {
                    1 => out.extend_from_slice(b" => "),
                    _ if at > 0 => out.push(b','),
                    _ => {}
                }
                show_value(bytes, out, depth + 1);
            }
            out.push(close);
        }
        _ => {
            let Some(text) = len.and_then(|len| bytes.get(..len)) else {
                return out.extend_from_slice(b"NULL");
            };
            quote_into(text, out);
            *bytes = bytes.get(text.len() + 2..).unwrap_or_default();
        }
    }
}

/// How deep replies are shown.
const DEPTH_MAX: u32 = 64;

const HELP: &[&str] = &[
    "Commands of the debugger, by their first letter or in full:",
    "[h]elp               Lists the commands.",
    "[s]tep, [n]ext       Runs this line, and stops before the next.",
    "[c]ontinue           Runs to the next breakpoint.",
    "[l]ist [line] [ctx]  Shows the source around a line, 5 lines each side.",
    "[w]hole              Shows all of the source.",
    "[p]rint [var]        Shows a local variable, KEYS or ARGV, or all local variables.",
    "[b]reak [line ...]   Shows breakpoints, or adds some; -line removes one, 0 all.",
    "[t]race              Shows the functions that run.",
    "[e]val code          Runs code beside the script.",
    "[r]edis cmd [arg ..] Runs a command.",
    "[m]axlen [len]       Shows or sets the length at which values are cut; 0 is nowhere.",
    "[a]bort              Ends the script; what it has written in this mode stays.",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_shown_as_people_read_them() {
        let shown = |reply: &[u8]| {
            let mut out = Vec::new();
            show_value(&mut &reply[..], &mut out, 0);
            String::from_utf8_lossy(&out).into_owned()
        };
        assert_eq!(shown(b":12\r\n"), "12");
        assert_eq!(shown(b"+OK\r\n"), "\"+OK\"");
        assert_eq!(shown(b"$-1\r\n"), "NULL");
        assert_eq!(shown(b"*3\r\n$1\r\na\r\n$-1\r\n:1\r\n"), "[\"a\",NULL,1]");
        assert_eq!(shown(b"%1\r\n+k\r\n#t\r\n"), "{\"+k\" => #true}");
        for cut in 0..20 {
            let reply = &b"*3\r\n$1\r\na\r\n$-1\r\n:1\r\n"[..cut];
            shown(reply);
        }
    }
}
