//! Reads the notation of `pattern.rs`.
//!
//! Always true: errors quote what could not be read.

use bytes::Bytes;
use russet_base::quote::split_words;
use russet_resp::Value;

use crate::pattern::{Kind, Pattern};

/// Reads all patterns of an expectation.
///
/// # Errors
/// Text that could not be read, and why.
pub fn values(text: &str) -> Result<Vec<Pattern>, String> {
    let mut reader = Reader { rest: text };
    let mut values = Vec::new();
    while reader.skip_blanks() {
        values.push(reader.top()?);
    }
    Ok(values)
}

struct Reader<'t> {
    rest: &'t str,
}

impl<'t> Reader<'t> {
    /// Moves to the next token; whether there is one.
    fn skip_blanks(&mut self) -> bool {
        self.rest = self.rest.trim_start();
        !self.rest.is_empty()
    }

    fn eat(&mut self, token: &str) -> bool {
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn bad<T>(&self) -> Result<T, String> {
        let line = self.rest.lines().next().unwrap_or("the end");
        Err(format!("no reply is written {line}"))
    }

    /// A value that stands alone: bare texts go to the end of the line.
    fn top(&mut self) -> Result<Pattern, String> {
        let is_bare = |prefix: char| {
            let text = self.rest.strip_prefix(prefix);
            text.is_some_and(|text| !text.starts_with(['"', '~']))
        };
        let kind = match () {
            () if is_bare('+') => Value::Simple,
            () if is_bare('-') => Value::Error,
            () => return self.value(),
        };
        let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        self.rest = rest;
        Ok(Pattern::Is(kind(Bytes::copy_from_slice(
            line[1..].trim_end().as_bytes(),
        ))))
    }

    fn value(&mut self) -> Result<Pattern, String> {
        for (open, kind) in [
            ("[", Kind::Array),
            ("*[", Kind::Unordered),
            ("~[", Kind::Set),
            (">[", Kind::Push),
        ] {
            if self.eat(open) {
                let (items, is_open) = self.elements()?;
                return Ok(Pattern::Elements {
                    kind,
                    items,
                    is_open,
                });
            }
        }
        if self.eat("{") {
            let (pairs, is_open) = self.pairs()?;
            return Ok(Pattern::Map { pairs, is_open });
        }
        if self.eat("|{") {
            let (pairs, _) = self.pairs()?;
            self.skip_blanks();
            let value = Box::new(self.value()?);
            return Ok(Pattern::Attribute { pairs, value });
        }
        self.text()
    }

    /// A value that holds quoted text, or a word.
    fn text(&mut self) -> Result<Pattern, String> {
        if let Some(text) = self.quoted_after("")? {
            return Ok(Pattern::Is(Value::Bulk(text)));
        }
        if let Some(text) = self.quoted_after("+")? {
            return Ok(Pattern::Is(Value::Simple(text)));
        }
        if let Some(text) = self.quoted_after("-")? {
            return Ok(Pattern::Is(Value::Error(text)));
        }
        if let Some(text) = self.quoted_after("!")? {
            return Ok(Pattern::Is(Value::BulkError(text)));
        }
        if let Some(text) = self.quoted_after("~")? {
            return Ok(Pattern::Like(text.to_vec()));
        }
        if let Some(text) = self.quoted_after("-~")? {
            return Ok(Pattern::ErrorLike(text.to_vec()));
        }
        for format in [*b"txt", *b"mkd"] {
            let prefix = format!("={}", String::from_utf8_lossy(&format));
            if let Some(text) = self.quoted_after(&prefix)? {
                return Ok(Pattern::Is(Value::Verbatim { format, text }));
            }
        }
        self.word()
    }

    /// A text in double quotes after a prefix, if that is what comes next.
    fn quoted_after(&mut self, prefix: &str) -> Result<Option<Bytes>, String> {
        let Some(text) = self
            .rest
            .strip_prefix(prefix)
            .filter(|rest| rest.starts_with('"'))
        else {
            return Ok(None);
        };
        let mut is_escaped = false;
        let end = text[1..].find(|c| {
            let is_end = c == '"' && !is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            is_end
        });
        let Some(end) = end else { return self.bad() };
        let (quoted, rest) = text.split_at(end + 2);
        let words = split_words(quoted.as_bytes());
        let Ok([word]) = words.as_deref() else {
            return self.bad();
        };
        self.rest = rest;
        Ok(Some(Bytes::copy_from_slice(word)))
    }

    fn word(&mut self) -> Result<Pattern, String> {
        let end = self
            .rest
            .find(char::is_whitespace)
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        let Some(pattern) = pattern_of(word) else {
            return self.bad();
        };
        self.rest = rest;
        Ok(pattern)
    }

    /// Elements up to the closing bracket, and whether more may follow.
    fn elements(&mut self) -> Result<(Vec<Pattern>, bool), String> {
        let mut items = Vec::new();
        let mut is_open = false;
        while self.skip_blanks() {
            if self.eat("]") {
                return Ok((items, is_open));
            }
            if self.eat("...") {
                is_open = true;
                continue;
            }
            items.push(self.value()?);
        }
        self.bad()
    }

    /// Pairs up to the closing brace, and whether more may follow.
    fn pairs(&mut self) -> Result<(Vec<(Pattern, Pattern)>, bool), String> {
        let mut pairs = Vec::new();
        let mut is_open = false;
        while self.skip_blanks() {
            if self.eat("}") {
                return Ok((pairs, is_open));
            }
            if self.eat("...") {
                is_open = true;
                continue;
            }
            let key = self.value()?;
            self.skip_blanks();
            if !self.eat("=>") {
                return self.bad();
            }
            self.skip_blanks();
            pairs.push((key, self.value()?));
        }
        self.bad()
    }
}

fn pattern_of(word: &str) -> Option<Pattern> {
    let value = match word {
        "?" => return Some(Pattern::Any),
        "none" => return Some(Pattern::Nothing),
        "closed" => return Some(Pattern::Closed),
        ":?" => return Some(Pattern::Between(i64::MIN, i64::MAX)),
        "nil" => Value::NullBulk,
        "nil*" => Value::NullArray,
        "_" => Value::Null,
        "#t" => Value::Boolean(true),
        "#f" => Value::Boolean(false),
        _ => return number(word),
    };
    Some(Pattern::Is(value))
}

fn number(word: &str) -> Option<Pattern> {
    if let Some(text) = word.strip_prefix(',') {
        return Some(Pattern::Is(Value::Double(text.parse().ok()?)));
    }
    if let Some(text) = word.strip_prefix('(') {
        return Some(Pattern::Is(Value::BigNumber(Bytes::copy_from_slice(
            text.as_bytes(),
        ))));
    }
    let text = word.strip_prefix(':')?;
    match text.split_once("..") {
        Some((low, high)) => Some(Pattern::Between(low.parse().ok()?, high.parse().ok()?)),
        None => Some(Pattern::Is(Value::Integer(text.parse().ok()?))),
    }
}
