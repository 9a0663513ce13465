//! Users as text: the file that the setting `aclfile` names, and the `user` lines of `redis.conf`.
//!
//! ```text
//!  user alice on #2d71… ~app:* resetchannels -@all +@read (%R~log:* resetchannels -@all +get)
//!  user default on nopass sanitize-payload ~* &* +@all
//! ```
//! Always true: text with an error anywhere gives no users, and all its errors are named.
//! Not here: reading and writing files — `store.rs`; CONFIG REWRITE — `config/rewrite.rs`.

use std::collections::BTreeSet;

use super::declared::Declared;
use super::rule::{RuleError, has_spaces};
use super::user::{Rulebook, User};
use super::users::Users;
use super::words;

/// Ends the list of a file's errors.
const UNCHANGED: &[u8] = b"WARNING: ACL errors detected, no change to the previously active ACL \
                           rules was performed";

/// Reads the users of a file.
///
/// # Errors
/// All that is wrong, in one line.
pub(crate) fn read<H>(text: &[u8], file: &str, book: &Rulebook<'_, H>) -> Result<Users, Vec<u8>> {
    let mut reader = Reader {
        file,
        book,
        users: Users::default(),
        names: BTreeSet::new(),
        errors: Vec::new(),
    };
    for (number, line) in text.split(|&byte| byte == b'\n').enumerate() {
        reader.read_line(trim(line, b" \t\r\n"), number + 1);
    }
    if reader.errors.is_empty() {
        return Ok(reader.users);
    }
    reader.errors.extend_from_slice(UNCHANGED);
    Err(reader.errors)
}

/// The text of a file with these users.
pub(crate) fn write(users: &Users) -> Vec<u8> {
    let mut text = Vec::new();
    for user in users.iter() {
        text.append(&mut user.line());
        text.push(b'\n');
    }
    text
}

struct Reader<'r, H> {
    file: &'r str,
    book: &'r Rulebook<'r, H>,
    users: Users,
    /// The names so far: there is a default user before its line.
    names: BTreeSet<Vec<u8>>,
    errors: Vec<u8>,
}

impl<H> Reader<'_, H> {
    fn read_line(&mut self, line: &[u8], number: usize) {
        if line.is_empty() {
            return;
        }
        let at = format!("{}:{number}", self.file).into_bytes();
        let mut words = line.split(|&byte| byte == b' ');
        let (Some(b"user"), Some(name)) = (words.next(), words.next()) else {
            let text = b" should start with user keyword followed by the username. ";
            return self.note(&[&at, text]);
        };
        if has_spaces(name) {
            let text: [&[u8]; 5] = [
                b"'",
                &at,
                b": username '",
                name,
                b"' contains invalid characters. ",
            ];
            return self.note(&text);
        }
        if !self.names.insert(name.to_vec()) {
            let number = number.to_string();
            let text: [&[u8]; 5] = [
                b"WARNING: Duplicate user '",
                name,
                b"' found on line ",
                number.as_bytes(),
                b". ",
            ];
            return self.note(&text);
        }
        let mut user = User::new(name, &self.book.channels);
        match words::join(words) {
            Err(_) => self.note(&[&at, b": Unmatched parenthesis in selector definition."]),
            Ok(rules) => self.apply(&mut user, rules.iter().map(AsRef::as_ref), &at),
        }
        self.users.put(user);
    }

    fn apply<'w>(&mut self, user: &mut User, rules: impl Iterator<Item = &'w [u8]>, at: &[u8]) {
        let mut has_erred = false;
        for rule in rules {
            let rule = trim(rule, b"\t\r\n");
            let Err(why) = user.apply(rule, self.book) else {
                continue;
            };
            let text = why.to_string();
            match why {
                RuleError::Unknown => {
                    let text: [&[u8]; 6] = [
                        at,
                        b": Error in applying operation '",
                        rule,
                        b"': ",
                        text.as_bytes(),
                        b". ",
                    ];
                    self.note(&text);
                }
                // Only the first: it may explain the others, and its rule may hold a password.
                _ if has_erred => {}
                _ => {
                    has_erred = true;
                    self.note(&[at, b": ", text.as_bytes(), b". "]);
                }
            }
        }
    }

    fn note(&mut self, parts: &[&[u8]]) {
        self.errors.append(&mut parts.concat());
    }
}

/// Makes the users of `redis.conf`. The default one is as given unless a line defines it.
///
/// # Errors
/// The line of the log about what is wrong.
pub(crate) fn declared<H>(
    default: User,
    lines: &[Declared],
    book: &Rulebook<'_, H>,
) -> Result<Users, Vec<u8>> {
    let mut users = Users::default();
    users.put(default);
    for Declared { name, rules } in lines {
        if has_spaces(name) {
            return Err(b"Spaces not allowed in ACL usernames".to_vec());
        }
        let mut user = User::new(name, &book.channels);
        for rule in rules {
            user.apply(rule, book).map_err(|why| {
                let why = why.to_string();
                let parts: [&[u8]; 6] = [
                    b"Error loading ACL rule '",
                    rule,
                    b"' for the user named '",
                    name,
                    b"': ",
                    why.as_bytes(),
                ];
                parts.concat()
            })?;
        }
        users.put(user);
    }
    Ok(users)
}

fn trim<'l>(line: &'l [u8], blanks: &[u8]) -> &'l [u8] {
    let is_blank = |byte: &u8| blanks.contains(byte);
    let start = line.iter().position(|byte| !is_blank(byte));
    let end = line.iter().rposition(|byte| !is_blank(byte));
    match (start, end) {
        (Some(start), Some(end)) => &line[start..=end],
        _ => &[],
    }
}
