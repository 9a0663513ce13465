//! The notation of a syntax, parsed into a tree of arguments.
//!
//! A recursive descent over the text; brackets bound the recursion. Names of choices and blocks
//! are asked for where nothing else names them, so the tree never invents one.
//!
//! Always true: linear in the text but for repetitions, which are read once more to be compared.

use std::borrow::Cow;

use super::types;
use super::{Argument, ArgumentKind};

/// An error in a notation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SyntaxError {
    /// A bracket or a quote that does not close, or closes nothing.
    #[error("unmatched bracket or quote at byte {0}")]
    Unmatched(usize),
    /// A choice or a block without a name, or an empty one.
    #[error("a group without a name or without content at byte {0}")]
    Nameless(usize),
    /// A repetition that does not repeat what stands before it.
    #[error("a repetition of something else at byte {0}")]
    Repetition(usize),
    /// A suffix that means nothing here.
    #[error("an unknown suffix at byte {0}")]
    Suffix(usize),
}

/// Parses a syntax whose command has `key_specs` key specs.
///
/// # Errors
/// When the notation is malformed.
///
/// # Examples
/// ```
/// use russet_command::syntax::{ArgumentKind, parse};
///
/// let arguments = parse("key [NX | XX]:condition", 1)?;
/// assert_eq!(arguments[1].kind, ArgumentKind::OneOf);
/// assert_eq!(arguments[1].arguments[0].name, "nx");
/// # Ok::<(), russet_command::syntax::SyntaxError>(())
/// ```
pub fn parse(syntax: &str, key_specs: usize) -> Result<Vec<Argument<'_>>, SyntaxError> {
    let mut parser = Parser {
        text: syntax,
        at: 0,
    };
    let mut arguments = parser.sequence()?.items;
    if parser.at < syntax.len() {
        return Err(SyntaxError::Unmatched(parser.at));
    }
    let mut next = 0;
    number_keys(&mut arguments, key_specs, &mut next);
    Ok(arguments)
}

/// Gives each key without an explicit key spec the next one; the last spec serves all that follow.
fn number_keys(arguments: &mut [Argument<'_>], key_specs: usize, next: &mut usize) {
    for argument in arguments {
        if argument.kind == ArgumentKind::Key && argument.key_spec.is_none() && key_specs > 0 {
            argument.key_spec = u8::try_from((*next).min(key_specs - 1)).ok();
        }
        if argument.key_spec.is_some() {
            *next += 1;
        }
        number_keys(&mut argument.arguments, key_specs, next);
    }
}

struct Parser<'s> {
    text: &'s str,
    at: usize,
}

/// A run of items, and whether `...` ended it.
struct Sequence<'s> {
    items: Vec<Argument<'s>>,
    repeats: bool,
}

/// The marks right behind an item.
#[derive(Default)]
struct Suffix<'s> {
    name: Option<&'s str>,
    rename: Option<&'s str>,
    key_spec: Option<u8>,
    since: Option<&'s str>,
    deprecated_since: Option<&'s str>,
}

impl<'s> Parser<'s> {
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at) == Some(&b' ') {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    fn close(&mut self, closer: u8) -> Result<(), SyntaxError> {
        if self.peek() != Some(closer) {
            return Err(SyntaxError::Unmatched(self.at));
        }
        self.at += 1;
        Ok(())
    }

    fn sequence(&mut self) -> Result<Sequence<'s>, SyntaxError> {
        let mut items: Vec<Argument<'s>> = Vec::new();
        loop {
            match self.peek() {
                None | Some(b'|' | b']' | b'>' | b')') => {
                    return Ok(Sequence {
                        items,
                        repeats: false,
                    });
                }
                Some(b'.') => {
                    self.at = self.word_end();
                    return Ok(Sequence {
                        items,
                        repeats: true,
                    });
                }
                Some(b'[') => self.bracket(&mut items)?,
                Some(_) => {
                    let item = self.item()?;
                    items.push(item);
                }
            }
        }
    }

    /// `[ … ]`: something optional, or a repetition of the items before it.
    fn bracket(&mut self, before: &mut Vec<Argument<'s>>) -> Result<(), SyntaxError> {
        let start = self.at;
        self.at += 1;
        let first = self.sequence()?;
        if first.repeats {
            self.close(b']')?;
            let suffix = self.suffix()?;
            return repeat(before, &first.items, &suffix, start);
        }
        let mut item = self.group(first, b']', None, start)?;
        item.optional = true;
        before.push(item);
        Ok(())
    }

    /// The rest of a group whose first sequence was read, with its closing bracket and suffix.
    fn group(
        &mut self,
        first: Sequence<'s>,
        closer: u8,
        token: Option<Cow<'s, str>>,
        start: usize,
    ) -> Result<Argument<'s>, SyntaxError> {
        let mut choices = vec![first.items];
        let mut repeats = false;
        while self.peek() == Some(b'|') {
            self.at += 1;
            let next = self.sequence()?;
            repeats = next.repeats;
            choices.push(next.items);
        }
        self.close(closer)?;
        let suffix = self.suffix()?;
        if choices.len() > 1 {
            let single = |mut items: Vec<Argument<'s>>| match items.len() {
                1 => items.pop().ok_or(SyntaxError::Nameless(start)),
                _ => Err(SyntaxError::Nameless(start)),
            };
            let items = choices.into_iter().map(single).collect::<Result<_, _>>()?;
            let mut choice = suffix.group(ArgumentKind::OneOf, items, token, start)?;
            choice.multiple = repeats;
            return Ok(choice);
        }
        let mut items = choices.pop().unwrap_or_default();
        match items.pop() {
            Some(only) if items.is_empty() && token.is_none() && suffix.name.is_none() => {
                Ok(suffix.onto(only))
            }
            Some(last) => {
                items.push(last);
                suffix.group(ArgumentKind::Block, items, token, start)
            }
            None => Err(SyntaxError::Nameless(start)),
        }
    }

    /// A parameter, a token, a token with what it introduces, a choice or a block.
    fn item(&mut self) -> Result<Argument<'s>, SyntaxError> {
        let token = if self.at_token() {
            Some(self.token()?)
        } else {
            None
        };
        let Some(token) = token else {
            return self.core(None);
        };
        let suffixed = matches!(self.text.as_bytes().get(self.at), Some(b':' | b'{'));
        let alone = suffixed
            || matches!(
                self.peek(),
                None | Some(b'|' | b']' | b'>' | b')' | b'[' | b'.')
            )
            || self.at_token();
        if !alone {
            return self.core(Some(token));
        }
        let suffix = self.suffix()?;
        let name = match suffix.name {
            Some(name) => Cow::Borrowed(name),
            None => Cow::Owned(token.to_ascii_lowercase()),
        };
        Ok(suffix.onto(Argument::new(name, ArgumentKind::PureToken, Some(token))))
    }

    /// Parses what a token may introduce: a parameter, a choice or a block.
    fn core(&mut self, token: Option<Cow<'s, str>>) -> Result<Argument<'s>, SyntaxError> {
        let start = self.at;
        let closer = match self.peek() {
            Some(b'<') => b'>',
            Some(b'(') => b')',
            _ => return self.parameter(token),
        };
        self.at += 1;
        let first = self.sequence()?;
        if first.repeats {
            return Err(SyntaxError::Repetition(start));
        }
        self.group(first, closer, token, start)
    }

    fn parameter(&mut self, token: Option<Cow<'s, str>>) -> Result<Argument<'s>, SyntaxError> {
        let start = self.at;
        self.at = self.display_end();
        let display = &self.text[start..self.at];
        if display.is_empty() {
            return Err(SyntaxError::Unmatched(start));
        }
        let suffix = self.suffix()?;
        let name = suffix.rename.unwrap_or(display);
        let kind = match suffix.name {
            None => types::of_name(name),
            Some(kind) => types::of_suffix(kind).ok_or(SyntaxError::Suffix(start))?,
        };
        let mut argument = suffix.onto(Argument::new(Cow::Borrowed(name), kind, token));
        argument.display = Cow::Borrowed(display);
        Ok(argument)
    }

    /// Whether a token stands here: a quote, or a word without lower-case letters that no type
    /// makes a parameter.
    fn at_token(&self) -> bool {
        let end = self.name_end();
        let word = &self.text.as_bytes()[self.at..end];
        let typed = || {
            let suffix = self.text[end..self.word_end()].strip_prefix(':');
            suffix.is_some_and(|suffix| types::of_suffix(suffix).is_some())
        };
        match word.first() {
            Some(b'"') => true,
            Some(first) => {
                let upper = first.is_ascii_uppercase() && !word.iter().any(u8::is_ascii_lowercase);
                upper && !typed()
            }
            None => false,
        }
    }

    fn token(&mut self) -> Result<Cow<'s, str>, SyntaxError> {
        let start = self.at;
        if !self.text[start..].starts_with('"') {
            self.at = self.name_end();
            return Ok(Cow::Borrowed(&self.text[start..self.at]));
        }
        let rest = &self.text[start + 1..];
        let len = rest.find('"').ok_or(SyntaxError::Unmatched(start))?;
        self.at = start + len + 2;
        Ok(Cow::Borrowed(&rest[..len]))
    }

    fn suffix(&mut self) -> Result<Suffix<'s>, SyntaxError> {
        let mut suffix = Suffix::default();
        loop {
            let start = self.at;
            let Some(mark) = self.text.as_bytes().get(start) else {
                return Ok(suffix);
            };
            if !matches!(mark, b':' | b'=' | b'@' | b'{') {
                return Ok(suffix);
            }
            self.at += 1;
            let end = self.name_end();
            let word = &self.text[start + 1..end];
            self.at = end;
            match mark {
                b':' => suffix.name = Some(word),
                b'=' => suffix.rename = Some(word),
                b'@' => {
                    suffix.key_spec = Some(word.parse().map_err(|_| SyntaxError::Suffix(start))?);
                }
                _ => {
                    self.close(b'}')?;
                    match word.strip_prefix('-') {
                        Some(version) => suffix.deprecated_since = Some(version),
                        None => suffix.since = Some(word),
                    }
                }
            }
        }
    }

    /// The end of the word here, its suffix with it.
    fn word_end(&self) -> usize {
        self.end_at(|byte| matches!(byte, b' ' | b'|' | b'[' | b']' | b'<' | b'>' | b'(' | b')'))
    }

    /// The end of the word here without its suffix.
    fn name_end(&self) -> usize {
        self.end_at(|byte| {
            let bracket = matches!(byte, b' ' | b'|' | b'[' | b']' | b'<' | b'>' | b'(' | b')');
            bracket || matches!(byte, b':' | b'=' | b'@' | b'{' | b'}')
        })
    }

    /// The end of what a parameter shows: up to `=` when it is named otherwise.
    fn display_end(&self) -> usize {
        let renamed = self.text[self.at..self.word_end()].find('=');
        renamed.map_or_else(|| self.name_end(), |len| self.at + len)
    }

    fn end_at(&self, stops: impl Fn(u8) -> bool) -> usize {
        let rest = &self.text.as_bytes()[self.at..];
        rest.iter()
            .position(|&byte| stops(byte))
            .map_or(self.text.len(), |len| self.at + len)
    }
}

/// Marks the items before a repetition as multiple, joining several into a block.
fn repeat<'s>(
    before: &mut Vec<Argument<'s>>,
    repeated: &[Argument<'s>],
    suffix: &Suffix<'s>,
    start: usize,
) -> Result<(), SyntaxError> {
    let [.., last] = before.as_slice() else {
        return Err(SyntaxError::Repetition(start));
    };
    let Some(first) = repeated.first() else {
        return Err(SyntaxError::Repetition(start));
    };
    let same = |a: &Argument<'_>, b: &Argument<'_>| a.name == b.name;
    if repeated.len() == 1 && same(last, first) {
        let item = before.last_mut().ok_or(SyntaxError::Repetition(start))?;
        item.multiple = true;
        item.multiple_token = first.token.is_some() && !first.kind.eq(&ArgumentKind::PureToken);
        return Ok(());
    }
    let from = before
        .len()
        .checked_sub(repeated.len())
        .ok_or(SyntaxError::Repetition(start))?;
    if !before[from..].iter().zip(repeated).all(|(a, b)| same(a, b)) {
        return Err(SyntaxError::Repetition(start));
    }
    let items = before.split_off(from);
    let mut block = suffix.group(ArgumentKind::Block, items, None, start)?;
    block.multiple = true;
    before.push(block);
    Ok(())
}

impl<'s> Suffix<'s> {
    /// Applies versions and key spec to an argument that exists.
    fn onto(&self, mut argument: Argument<'s>) -> Argument<'s> {
        argument.key_spec = self.key_spec.or(argument.key_spec);
        argument.since = self.since.or(argument.since);
        argument.deprecated_since = self.deprecated_since.or(argument.deprecated_since);
        argument
    }

    /// Makes a group of these items.
    fn group(
        &self,
        kind: ArgumentKind,
        items: Vec<Argument<'s>>,
        token: Option<Cow<'s, str>>,
        start: usize,
    ) -> Result<Argument<'s>, SyntaxError> {
        let name = match (self.name, &token) {
            (Some(name), _) => Cow::Borrowed(name),
            (None, Some(token)) => Cow::Owned(token.to_ascii_lowercase()),
            (None, None) => return Err(SyntaxError::Nameless(start)),
        };
        let mut group = self.onto(Argument::new(name, kind, token));
        group.arguments = items;
        Ok(group)
    }
}

impl<'s> Argument<'s> {
    fn new(name: Cow<'s, str>, kind: ArgumentKind, token: Option<Cow<'s, str>>) -> Self {
        Self {
            display: name.clone(),
            name,
            kind,
            token,
            key_spec: None,
            since: None,
            deprecated_since: None,
            optional: false,
            multiple: false,
            multiple_token: false,
            arguments: Vec::new(),
        }
    }
}
