//! Words of a script: names, literals and signs, with the line where each stands.
//!
//! Always true: a name or string is interned once, so the parser compares handles; a script of any
//! bytes gives words and at most one error.
//! Not here: numbers as text — `number.rs`

use crate::code::shown_name;
use crate::heap::{Heap, NoRoom};
use crate::number;
use crate::value::StrRef;

/// A word.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Token {
    End,
    Name(StrRef),
    Text(StrRef),
    Number(f64),
    Word(Word),
    /// A sign of one byte, also one that no rule takes.
    Sign(u8),
    Dots,
    Concat,
    Equal,
    NotEqual,
    AtMost,
    AtLeast,
}

macro_rules! words {
    ($($name:ident $text:literal,)*) => {
        /// A reserved word.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) enum Word { $($name,)* }

        impl Word {
            /// The word whose packed bytes these are.
            #[expect(non_upper_case_globals, reason = "a constant is named as its word")]
            fn find(digits: u64) -> Option<Self> {
                $(const $name: u64 = packed($text.as_bytes());)*
                match digits {
                    $($name => Some(Self::$name),)*
                    _ => None,
                }
            }

            pub(crate) const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

impl Word {
    /// The length of the longest.
    const LEN_MAX: usize = 8;
}

/// The bytes of a short text as digits of one number.
const fn packed(text: &[u8]) -> u64 {
    let mut packed = 0;
    let mut at = 0;
    while at < text.len() {
        packed = packed << 8 | text[at] as u64;
        at += 1;
    }
    packed
}

words! {
    And "and", Break "break", Do "do", Else "else", Elseif "elseif", End "end", False "false",
    For "for", Function "function", If "if", In "in", Local "local", Nil "nil", Not "not", Or "or",
    Repeat "repeat", Return "return", Then "then", True "true", Until "until", While "while",
}

/// Why a script does not compile.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct SyntaxError(pub(crate) Vec<u8>);

impl From<NoRoom> for SyntaxError {
    fn from(_: NoRoom) -> Self {
        Self(b"not enough memory".to_vec())
    }
}

/// The reader of words.
pub(crate) struct Lexer<'s> {
    source: &'s [u8],
    at: usize,
    /// Where the current word begins.
    start: usize,
    chunk: &'s [u8],
    pub(crate) line: u32,
    /// The line of the word before the current one.
    pub(crate) line_before: u32,
    pub(crate) token: Token,
    ahead: Option<Ahead>,
}

/// The word after the current one, once it was looked at.
struct Ahead {
    token: Token,
    line: u32,
    start: usize,
    end: usize,
}

impl<'s> Lexer<'s> {
    /// Reads the first word.
    pub(crate) fn new(
        source: &'s [u8],
        chunk: &'s [u8],
        heap: &mut Heap,
    ) -> Result<Self, SyntaxError> {
        let mut lexer = Self {
            source,
            at: 0,
            start: 0,
            chunk,
            line: 1,
            line_before: 1,
            token: Token::End,
            ahead: None,
        };
        lexer.advance(heap)?;
        Ok(lexer)
    }

    /// Goes to the next word.
    pub(crate) fn advance(&mut self, heap: &mut Heap) -> Result<(), SyntaxError> {
        self.line_before = self.line;
        if let Some(ahead) = self.ahead.take() {
            (self.token, self.line) = (ahead.token, ahead.line);
            (self.start, self.at) = (ahead.start, ahead.end);
            return Ok(());
        }
        self.token = self.read(heap)?;
        Ok(())
    }

    /// The word after the current one.
    pub(crate) fn peek(&mut self, heap: &mut Heap) -> Result<Token, SyntaxError> {
        if let Some(ahead) = &self.ahead {
            return Ok(ahead.token);
        }
        let (line, start, end) = (self.line, self.start, self.at);
        let token = self.read(heap)?;
        self.ahead = Some(Ahead {
            token,
            line: self.line,
            start: self.start,
            end: self.at,
        });
        (self.line, self.start, self.at) = (line, start, end);
        Ok(token)
    }

    /// An error near the current word.
    pub(crate) fn error(&self, text: &str) -> SyntaxError {
        self.error_near(text, &self.token_text())
    }

    /// An error that names its line only.
    pub(crate) fn plain_error(&self, text: &str) -> SyntaxError {
        let mut message = shown_name(self.chunk);
        message.extend_from_slice(format!(":{}: {text}", self.line).as_bytes());
        SyntaxError(message)
    }

    fn error_near(&self, text: &str, near: &[u8]) -> SyntaxError {
        let mut error = self.plain_error(text);
        error.0.extend_from_slice(b" near '");
        // As in C, a text ends at its first zero byte.
        let end = near
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(near.len());
        error.0.extend_from_slice(&near[..end]);
        error.0.push(b'\'');
        error
    }

    fn token_text(&self) -> Vec<u8> {
        match self.token {
            Token::End => b"<eof>".to_vec(),
            Token::Sign(byte) if byte.is_ascii_control() => format!("char({byte})").into_bytes(),
            _ => self.source[self.start..self.at].to_vec(),
        }
    }

    fn byte(&self) -> Option<u8> {
        self.source.get(self.at).copied()
    }

    fn byte_after(&self) -> Option<u8> {
        self.source.get(self.at + 1).copied()
    }

    fn read(&mut self, heap: &mut Heap) -> Result<Token, SyntaxError> {
        loop {
            self.start = self.at;
            let Some(byte) = self.byte() else {
                return Ok(Token::End);
            };
            match byte {
                b'\n' | b'\r' => self.end_line(),
                b' ' | b'\t' | 0x0b | 0x0c => self.at += 1,
                b'-' if self.byte_after() == Some(b'-') => self.skip_comment()?,
                b'[' => return self.bracket(heap),
                b'"' | b'\'' => return self.quoted(byte, heap),
                b'0'..=b'9' => return self.number(),
                b'.' if self.byte_after().is_some_and(|next| next.is_ascii_digit()) => {
                    return self.number();
                }
                b'_' | b'a'..=b'z' | b'A'..=b'Z' => return self.name(heap),
                _ => return Ok(self.sign(byte)),
            }
        }
    }

    /// Passes the end of a line, of one byte or two.
    fn end_line(&mut self) {
        let first = self.source[self.at];
        self.at += 1;
        if let Some(second @ (b'\n' | b'\r')) = self.byte()
            && second != first
        {
            self.at += 1;
        }
        self.line += 1;
    }

    fn sign(&mut self, byte: u8) -> Token {
        self.at += 1;
        let (token, len) = match (byte, self.byte(), self.byte_after()) {
            (b'=', Some(b'='), _) => (Token::Equal, 1),
            (b'~', Some(b'='), _) => (Token::NotEqual, 1),
            (b'<', Some(b'='), _) => (Token::AtMost, 1),
            (b'>', Some(b'='), _) => (Token::AtLeast, 1),
            (b'.', Some(b'.'), Some(b'.')) => (Token::Dots, 2),
            (b'.', Some(b'.'), _) => (Token::Concat, 1),
            _ => (Token::Sign(byte), 0),
        };
        self.at += len;
        token
    }

    fn name(&mut self, heap: &mut Heap) -> Result<Token, SyntaxError> {
        self.skip_name();
        let text = &self.source[self.start..self.at];
        if text.len() <= Word::LEN_MAX
            && let Some(word) = Word::find(packed(text))
        {
            return Ok(Token::Word(word));
        }
        Ok(Token::Name(heap.string(text)?))
    }

    fn skip_name(&mut self) {
        let rest = &self.source[self.at..];
        let is_part = |byte: &&u8| NAME_PARTS[usize::from(**byte)];
        self.at += rest.iter().take_while(is_part).count();
    }

    fn number(&mut self) -> Result<Token, SyntaxError> {
        while self.byte().is_some_and(|b| b == b'.' || b.is_ascii_digit()) {
            self.at += 1;
        }
        if let Some(b'e' | b'E') = self.byte() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.byte() {
                self.at += 1;
            }
        }
        self.skip_name();
        let text = &self.source[self.start..self.at];
        match number::parse(text) {
            Some(number) => Ok(Token::Number(number)),
            None => Err(self.error_near("malformed number", text)),
        }
    }

    fn skip_comment(&mut self) -> Result<(), SyntaxError> {
        self.at += 2;
        if self.byte() == Some(b'[')
            && let Some(level) = self.long_level()
        {
            self.long(level, "unfinished long comment")?;
            return Ok(());
        }
        let rest = &self.source[self.at..];
        self.at += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        Ok(())
    }

    /// The number of equals signs between two opening brackets, the first of which is next.
    fn long_level(&self) -> Option<usize> {
        let rest = &self.source[self.at + 1..];
        let level = rest.iter().take_while(|byte| **byte == b'=').count();
        (rest.get(level) == Some(&b'[')).then_some(level)
    }

    fn bracket(&mut self, heap: &mut Heap) -> Result<Token, SyntaxError> {
        if let Some(level) = self.long_level() {
            let source = self.source;
            let range = self.long(level, "unfinished long string")?;
            let text = without_carriage_returns(&source[range]);
            return Ok(Token::Text(heap.string(&text)?));
        }
        self.at += 1;
        if self.byte() == Some(b'=') {
            let text = &self.source[self.start..self.at];
            return Err(self.error_near("invalid long string delimiter", text));
        }
        Ok(Token::Sign(b'['))
    }

    /// Passes a long text whose opening bracket is next; the range of what is in it.
    fn long(
        &mut self,
        level: usize,
        unfinished: &str,
    ) -> Result<std::ops::Range<usize>, SyntaxError> {
        self.at += level + 2;
        if let Some(b'\n' | b'\r') = self.byte() {
            self.end_line();
        }
        let start = self.at;
        loop {
            match self.byte() {
                None => return Err(self.error_near(unfinished, b"<eof>")),
                Some(b'\n' | b'\r') => self.end_line(),
                Some(b']') if self.closes(level) => {
                    let end = self.at;
                    self.at += level + 2;
                    return Ok(start..end);
                }
                Some(b'[') if level == 0 && self.byte_after() == Some(b'[') => {
                    return Err(self.error_near("nesting of [[...]] is deprecated", b"["));
                }
                Some(_) => self.at += 1,
            }
        }
    }

    fn closes(&self, level: usize) -> bool {
        let rest = &self.source[self.at + 1..];
        let found = rest.iter().take_while(|byte| **byte == b'=').count();
        found == level && rest.get(level) == Some(&b']')
    }

    fn quoted(&mut self, quote: u8, heap: &mut Heap) -> Result<Token, SyntaxError> {
        self.at += 1;
        let rest = &self.source[self.at..];
        let is_special = |byte: &u8| *byte == quote || matches!(byte, b'\\' | b'\n' | b'\r');
        let plain = &rest[..rest.iter().position(is_special).unwrap_or(rest.len())];
        self.at += plain.len();
        if self.byte() == Some(quote) {
            self.at += 1;
            return Ok(Token::Text(heap.string(plain)?));
        }
        let mut text = plain.to_vec();
        loop {
            match self.byte() {
                None => return Err(self.error_near("unfinished string", b"<eof>")),
                Some(b'\n' | b'\r') => {
                    return Err(self.error_near("unfinished string", &quoted_part(quote, &text)));
                }
                Some(b'\\') => self.escape(quote, &mut text)?,
                Some(byte) => {
                    self.at += 1;
                    if byte == quote {
                        return Ok(Token::Text(heap.string(&text)?));
                    }
                    text.push(byte);
                }
            }
        }
    }

    fn escape(&mut self, quote: u8, text: &mut Vec<u8>) -> Result<(), SyntaxError> {
        self.at += 1;
        let Some(byte) = self.byte() else {
            return Ok(());
        };
        let plain = match byte {
            b'a' => 0x07,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 0x0b,
            b'\n' | b'\r' => {
                self.end_line();
                text.push(b'\n');
                return Ok(());
            }
            b'0'..=b'9' => return self.escaped_number(quote, text),
            other => other,
        };
        self.at += 1;
        text.push(plain);
        Ok(())
    }

    fn escaped_number(&mut self, quote: u8, text: &mut Vec<u8>) -> Result<(), SyntaxError> {
        let mut code = 0_u32;
        for _ in 0..3 {
            let Some(digit @ b'0'..=b'9') = self.byte() else {
                break;
            };
            code = code * 10 + u32::from(digit - b'0');
            self.at += 1;
        }
        let Ok(byte) = u8::try_from(code) else {
            let near = quoted_part(quote, text);
            return Err(self.error_near("escape sequence too large", &near));
        };
        text.push(byte);
        Ok(())
    }
}

/// The bytes that may stand in a name.
static NAME_PARTS: [bool; 256] = {
    let mut parts = [false; 256];
    let mut byte = 0;
    while byte < parts.len() {
        parts[byte] = byte == b'_' as usize || (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    parts
};

/// The part of a string that was read before an error.
fn quoted_part(quote: u8, text: &[u8]) -> Vec<u8> {
    let mut part = vec![quote];
    part.extend_from_slice(text);
    part
}

/// A text in which every end of a line is one line feed.
fn without_carriage_returns(text: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    if memchr::memchr(b'\r', text).is_none() {
        return text.into();
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        at += 1;
        if byte == b'\n' || byte == b'\r' {
            let pair = if byte == b'\n' { b'\r' } else { b'\n' };
            at += usize::from(text.get(at) == Some(&pair));
            plain.push(b'\n');
        } else {
            plain.push(byte);
        }
    }
    plain.into()
}
