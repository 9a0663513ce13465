//! The forms that a command can take, from its syntax tree: the shortest, and every optional
//! argument and every choice in turn, alone and with one other.
//!
//! ```text
//!  key [NX | XX] [GET]      key        departs 0
//!                           key NX     departs 1     key NX GET   departs 2
//!                           key XX     departs 1     key XX GET   departs 2
//!                           key GET    departs 1
//! ```
//! Always true: every word of a form is valid, and counts say how many words follow them.
//! Not here: which words are valid — `valid.rs`.

use russet_command::syntax::{Argument, ArgumentKind};

use super::valid;
use crate::rows::{Command, is_known};

/// The number of choices in which a form may differ from the shortest form.
const DEPARTURES_MAX: usize = 2;

/// The content of a place of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A word that stays.
    Fixed,
    /// A key.
    Key,
    /// An integer.
    Integer,
    /// A number that need not be one.
    Double,
}

/// A place of a form.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    pub(crate) role: Role,
    /// The argument's name.
    pub(crate) name: String,
    pub(crate) word: Vec<u8>,
    /// In how many departures from the shortest form it lies.
    pub(crate) depth: usize,
    /// Which repetition of its argument it is.
    pub(crate) repetition: usize,
    /// How many repetitions begin here.
    repeats: Option<usize>,
}

/// One form of a command: what follows its name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form {
    pub(crate) slots: Vec<Slot>,
    /// How many choices differ from the shortest form.
    pub(crate) departures: usize,
}

impl Form {
    /// How many keys it names.
    pub(crate) fn keys(&self) -> usize {
        let keys = self.slots.iter().filter(|slot| slot.role == Role::Key);
        keys.count()
    }

    /// Whether an argument of this name is in it.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.slots.iter().any(|slot| slot.name == name)
    }

    fn then(mut self, next: &Self) -> Self {
        self.slots.extend(next.slots.iter().cloned());
        self.departures += next.departures;
        self
    }

    /// The same, as a departure.
    fn departed(mut self) -> Self {
        self.departures += 1;
        for slot in &mut self.slots {
            slot.depth += 1;
        }
        self
    }
}

/// All forms of a command whose repeated arguments are given `times` times.
pub(crate) fn forms(command: &Command, version: &str, times: usize) -> Vec<Form> {
    let expansion = Expansion {
        command,
        version,
        times,
    };
    let mut forms = expansion.all(&command.syntax, 0);
    for form in &mut forms {
        count(&mut form.slots);
        valid::adapt(command, &mut form.slots);
    }
    forms
}

/// Writes how many repetitions follow each count.
fn count(slots: &mut [Slot]) {
    for at in 0..slots.len() {
        if valid::is_count(&slots[at].name) {
            let repeats = slots[at..].iter().find_map(|slot| slot.repeats);
            slots[at].word = repeats.unwrap_or(1).to_string().into_bytes();
        }
    }
}

struct Expansion<'c> {
    command: &'c Command,
    version: &'c str,
    times: usize,
}

impl Expansion<'_> {
    /// The forms of arguments one after the other; the shortest comes first.
    fn all(&self, arguments: &[Argument<'_>], repetition: usize) -> Vec<Form> {
        let mut forms = vec![Form::default()];
        let known = arguments.iter().filter(|a| is_known(self.version, a));
        for choices in known.map(|argument| self.argument(argument, repetition)) {
            let joined = forms.iter().flat_map(|form| {
                let joined = choices.iter().map(|choice| form.clone().then(choice));
                joined.filter(|form| form.departures <= DEPARTURES_MAX)
            });
            forms = joined.collect();
        }
        forms
    }

    fn argument(&self, argument: &Argument<'_>, repetition: usize) -> Vec<Form> {
        let given = self.given(argument, repetition);
        if !argument.optional {
            return given;
        }
        // To take one of several that may be left out is one departure, whichever it is.
        let given = given.into_iter().map(|form| match form.departures {
            0 => form.departed(),
            _ => form,
        });
        std::iter::once(Form::default()).chain(given).collect()
    }

    /// The forms of an argument that is there.
    fn given(&self, argument: &Argument<'_>, repetition: usize) -> Vec<Form> {
        if !argument.multiple {
            return self.once(argument, repetition, true);
        }
        let mut forms = self.once(argument, 0, true);
        for form in &mut forms {
            if let Some(first) = form.slots.first_mut() {
                first.repeats = Some(self.times);
            }
        }
        for repetition in 1..self.times {
            let more = self.once(argument, repetition, argument.multiple_token);
            for (at, form) in forms.iter_mut().enumerate() {
                let more = more.get(at).cloned().unwrap_or_default();
                form.slots.extend(more.slots);
            }
        }
        forms
    }

    fn once(&self, argument: &Argument<'_>, repetition: usize, has_token: bool) -> Vec<Form> {
        let values = match argument.kind {
            ArgumentKind::PureToken => vec![Form::default()],
            ArgumentKind::Block => self.all(&argument.arguments, repetition),
            ArgumentKind::OneOf => self.choices(&argument.arguments, repetition),
            _ => vec![self.leaf(argument, repetition)],
        };
        let Some(token) = argument.token.as_deref().filter(|_| has_token) else {
            return values;
        };
        let token = Slot {
            role: Role::Fixed,
            name: token.to_owned(),
            word: token.as_bytes().to_vec(),
            depth: 0,
            repetition,
            repeats: None,
        };
        let token = Form {
            slots: vec![token],
            departures: 0,
        };
        values.iter().map(|form| token.clone().then(form)).collect()
    }

    fn choices(&self, choices: &[Argument<'_>], repetition: usize) -> Vec<Form> {
        let known = choices.iter().filter(|a| is_known(self.version, a));
        let forms = known.enumerate().flat_map(|(at, choice)| {
            let forms = self.given(choice, repetition).into_iter();
            forms.map(move |form| if at == 0 { form } else { form.departed() })
        });
        forms.collect()
    }

    fn leaf(&self, argument: &Argument<'_>, repetition: usize) -> Form {
        let slot = Slot {
            role: role(argument),
            name: argument.name.to_string(),
            word: valid::word(&self.command.name, argument, repetition),
            depth: 0,
            repetition,
            repeats: None,
        };
        Form {
            slots: vec![slot],
            departures: 0,
        }
    }
}

/// The place that stands for an argument.
fn role(argument: &Argument<'_>) -> Role {
    match argument.kind {
        ArgumentKind::Key => Role::Key,
        ArgumentKind::Integer | ArgumentKind::UnixTime => Role::Integer,
        ArgumentKind::Double => Role::Double,
        ArgumentKind::String => valid::role(&argument.name),
        _ => Role::Fixed,
    }
}
