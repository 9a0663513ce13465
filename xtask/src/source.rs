//! Rust text split into code and comments, line by line.
//!
//! A small lexer, just good enough that a word in a string or a comment is never taken for code:
//! it knows line and nested block comments, plain, byte and raw strings, and tells a character
//! literal from a lifetime. String contents are blanked out of the code.
//!
//! Always true: there is one [`Line`] per line of the text.
//! Not here: any rule — `tidy/`

/// One line, in three views.
#[derive(Debug, Default, Clone)]
pub(crate) struct Line {
    /// The line as it stands in the file.
    pub(crate) text: String,
    /// The line without comments and without what its strings contain.
    pub(crate) code: String,
    /// The text of its comments, slashes included.
    pub(crate) comment: String,
    /// Whether the line belongs to an inline `#[cfg(test)]` module.
    pub(crate) is_test: bool,
}

/// A function with a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// The line of its `fn`, from one.
    pub(crate) line: usize,
    /// Lines from `fn` to the closing brace.
    pub(crate) len: usize,
    pub(crate) is_test: bool,
}

/// A Rust file taken apart.
#[derive(Debug, Default)]
pub(crate) struct Source {
    text: String,
    pub(crate) lines: Vec<Line>,
}

impl Source {
    /// Takes a text apart. Any text will do: what does not lex is taken as code.
    pub(crate) fn parse(text: String) -> Self {
        let mut lexer = Lexer::default();
        let mut lines: Vec<Line> = text.lines().map(|line| lexer.line(line)).collect();
        mark_tests(&mut lines);
        Self { text, lines }
    }

    /// The whole text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The `//!` lines at the top, without their slashes.
    pub(crate) fn module_docs(&self) -> Vec<&str> {
        let top = self.lines.iter().map(|line| line.text.trim());
        top.skip_while(|line| line.is_empty())
            .take_while(|line| line.starts_with("//!"))
            .map(|line| line.trim_start_matches("//!").trim())
            .collect()
    }

    /// All code with line breaks, comments and string contents gone.
    pub(crate) fn code(&self) -> String {
        let mut code = String::with_capacity(self.text.len());
        for line in &self.lines {
            code.push_str(&line.code);
            code.push('\n');
        }
        code
    }

    /// Every function that has a body, nested ones too.
    pub(crate) fn functions(&self) -> Vec<Function> {
        let mut functions = Vec::new();
        for (idx, line) in self.lines.iter().enumerate() {
            for (at, name) in declared(&line.code, "fn") {
                if let Some(end) = self.body_end(idx, at) {
                    let (line_of_fn, len) = (idx + 1, end - idx + 1);
                    let is_test = line.is_test;
                    functions.push(Function {
                        name,
                        line: line_of_fn,
                        len,
                        is_test,
                    });
                }
            }
        }
        functions
    }

    /// The line that closes the body which opens after a place; `None` when a `;` comes first.
    fn body_end(&self, idx: usize, at: usize) -> Option<usize> {
        let (mut braces, mut parens) = (0_usize, 0_usize);
        for (line_idx, line) in self.lines.iter().enumerate().skip(idx) {
            let from = if line_idx == idx { at } else { 0 };
            for byte in line.code.bytes().skip(from) {
                match byte {
                    b'(' | b'[' => parens += 1,
                    b')' | b']' => parens = parens.saturating_sub(1),
                    b'{' => braces += 1,
                    b'}' if braces <= 1 => return Some(line_idx),
                    b'}' => braces -= 1,
                    b';' if braces == 0 && parens == 0 => return None,
                    _ => {}
                }
            }
        }
        None
    }
}

/// Names declared by a keyword in a line of code, each with the place of the keyword.
pub(crate) fn declared(code: &str, keyword: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices(keyword) {
        let before = code[..at].chars().next_back();
        let rest = &code[at + keyword.len()..];
        if before.is_some_and(is_word) || !rest.starts_with(' ') {
            continue;
        }
        let name: String = rest
            .trim_start()
            .chars()
            .take_while(|c| is_word(*c))
            .collect();
        if !name.is_empty() {
            found.push((at, name));
        }
    }
    found
}

/// Places where a word stands alone in a line of code.
pub(crate) fn has_word(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn mark_tests(lines: &mut [Line]) {
    let mut idx = 0;
    while idx < lines.len() {
        let opens = lines[idx].code.trim() == "#[cfg(test)]"
            && lines
                .get(idx + 1)
                .is_some_and(|line| line.code.trim_end().ends_with('{'));
        if !opens {
            idx += 1;
            continue;
        }
        let mut depth = 0_i64;
        let start = idx;
        for line in &mut lines[start..] {
            line.is_test = true;
            idx += 1;
            let opened = line.code.matches('{').count() as i64;
            let closed = line.code.matches('}').count() as i64;
            depth += opened - closed;
            if depth == 0 && closed > 0 {
                break;
            }
        }
    }
}

#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum State {
    #[default]
    Code,
    /// Inside `/* … */`, this deep.
    Block(usize),
    /// Inside a plain string.
    Text,
    /// Inside a raw string closed by a quote and this many hashes.
    Raw(usize),
}

/// The state that is carried from one line to the next.
#[derive(Debug, Default)]
struct Lexer {
    state: State,
}

impl Lexer {
    fn line(&mut self, text: &str) -> Line {
        let chars: Vec<char> = text.chars().collect();
        let mut line = Line {
            text: text.to_owned(),
            ..Line::default()
        };
        let mut at = 0;
        while at < chars.len() {
            at += match self.state {
                State::Code => self.code(&chars[at..], &mut line),
                State::Block(depth) => self.block(&chars[at..], depth, &mut line),
                State::Text => self.text(&chars[at..], &mut line),
                State::Raw(hashes) => self.raw(&chars[at..], hashes, &mut line),
            };
        }
        line
    }

    fn code(&mut self, rest: &[char], line: &mut Line) -> usize {
        match rest {
            ['/', '/', ..] => {
                line.comment.extend(rest);
                rest.len()
            }
            ['/', '*', ..] => {
                self.state = State::Block(1);
                2
            }
            ['"', ..] => {
                line.code.push('"');
                self.state = State::Text;
                1
            }
            ['r', next @ ('"' | '#'), ..] if !Self::ends_in_word(&line.code) => {
                let hashes = rest[1..].iter().take_while(|c| **c == '#').count();
                if rest.get(1 + hashes) != Some(&'"') {
                    line.code.extend(['r', *next]);
                    return 2;
                }
                line.code.push('"');
                self.state = State::Raw(hashes);
                2 + hashes
            }
            ['\'', '\\', ..] => {
                let len = rest.iter().skip(3).position(|c| *c == '\'');
                line.code.push_str("' '");
                len.map_or(rest.len(), |len| len + 4)
            }
            ['\'', _, '\'', ..] => {
                line.code.push_str("' '");
                3
            }
            [first, ..] => {
                line.code.push(*first);
                1
            }
            [] => 0,
        }
    }

    fn block(&mut self, rest: &[char], depth: usize, line: &mut Line) -> usize {
        match rest {
            ['*', '/', ..] => {
                self.state = if depth == 1 {
                    State::Code
                } else {
                    State::Block(depth - 1)
                };
                2
            }
            ['/', '*', ..] => {
                self.state = State::Block(depth + 1);
                2
            }
            _ => {
                line.comment.push(rest[0]);
                1
            }
        }
    }

    fn text(&mut self, rest: &[char], line: &mut Line) -> usize {
        match rest {
            ['\\', _, ..] => 2,
            ['"', ..] => {
                line.code.push('"');
                self.state = State::Code;
                1
            }
            _ => 1,
        }
    }

    fn raw(&mut self, rest: &[char], hashes: usize, line: &mut Line) -> usize {
        let closes = rest[0] == '"'
            && rest[1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes;
        if !closes {
            return 1;
        }
        line.code.push('"');
        self.state = State::Code;
        1 + hashes
    }

    /// Whether an `r` here would be the tail of a word; `b` and `c` prefixes do not count.
    fn ends_in_word(code: &str) -> bool {
        let mut tail = code.chars().rev();
        match tail.next() {
            Some('b' | 'c') => tail.next().is_some_and(is_word),
            Some(last) => is_word(last),
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Source, declared, has_word};

    fn parse(text: &str) -> Source {
        Source::parse(text.to_owned())
    }

    fn check_code(text: &str, expect: &str) {
        let code: Vec<String> = parse(text)
            .lines
            .into_iter()
            .map(|line| line.code)
            .collect();
        assert_eq!(code.join("\n"), expect, "{text}");
    }

    #[test]
    fn comments_and_string_contents_are_not_code() {
        check_code("a(\"x // y\"); // tail", "a(\"\"); ");
        check_code("a /* b /* c */ d */ e", "a  e");
        check_code("r#\"a \" b\"# + br\"c\" + 'd'", "\"\" + b\"\" + ' '");
        check_code("\"line\none \\\" more\" x", "\"\n\" x");
        check_code(
            "let r#type: &'a str = '\\u{1F}';",
            "let r#type: &'a str = ' ';",
        );
        check_code("for'\"' in x", "for' ' in x");
    }

    #[test]
    fn functions_are_measured_to_their_closing_brace() {
        let source = parse(
            "fn a(x: [u8; 2]) {\n    if x { b() }\n}\nfn no_body(&self);\nimpl X {\n    pub fn c()\n    where\n        T: U,\n    {\n    }\n}\n",
        );
        let found: Vec<_> = source
            .functions()
            .into_iter()
            .map(|f| (f.name, f.line, f.len))
            .collect();
        assert_eq!(found, [("a".to_owned(), 1, 3), ("c".to_owned(), 6, 5)]);
    }

    #[test]
    fn inline_test_modules_are_marked_to_their_end() {
        let source = parse("fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n");
        let marks: Vec<bool> = source.lines.iter().map(|line| line.is_test).collect();
        assert_eq!(marks, [false, true, true, true, true, false]);
    }

    #[test]
    fn a_test_module_in_its_own_file_marks_nothing() {
        let source = parse("#[cfg(test)]\nmod tests;\nfn a() {}\n");
        assert!(source.lines.iter().all(|line| !line.is_test));
    }

    #[test]
    fn words_and_declarations_are_whole_words() {
        assert!(has_word("x = unsafe { y }", "unsafe"));
        assert!(!has_word("unsafe_code", "unsafe"));
        assert_eq!(
            declared("pub(crate) fn go(f: fn(u8)) {", "fn"),
            [(11, "go".to_owned())]
        );
    }

    #[test]
    fn module_docs_are_the_first_block_of_inner_comments() {
        assert_eq!(
            parse("//! A b.\n//!\n//! C.\n\nuse x;\n").module_docs(),
            ["A b.", "", "C."]
        );
        assert!(parse("use x;\n//! late\n").module_docs().is_empty());
    }
}
