//! Users and roles as text: the file that the setting `aclfile` names, and the `user` and `role`
//! lines of `redis.conf`.
//!
//! ```text
//!  role reader ~app:* resetchannels -@all +@read
//!  user alice on #2d71… ~app:* resetchannels -@all +@read (%R~log:* resetchannels -@all +get)
//!  user default on nopass sanitize-payload ~* &* +@all role=reader
//! ```
//! Always true: text with an error anywhere gives no users, and all its errors are named.
//! Not here: reading and writing files — `store.rs`; CONFIG REWRITE — `config/rewrite.rs`.

use std::collections::BTreeSet;

use super::declared::Declared;
use super::role::{self, Role};
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
    let lines = text.split(|&byte| byte == b'\n');
    let lines = lines.map(|line| trim(line, b" \t\r\n"));
    let (roles, users): (Vec<_>, Vec<_>) = (1..).zip(lines).partition(|(_, line)| is_role(line));
    // A user may stand before the roles that it holds.
    for (number, line) in roles {
        reader.read_role(line, number);
    }
    for (number, line) in users {
        reader.read_user(line, number);
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
    for mut line in lines(users) {
        text.append(&mut line);
        text.push(b'\n');
    }
    text
}

/// The lines of these users, behind those of the roles.
pub(crate) fn lines(users: &Users) -> impl Iterator<Item = Vec<u8>> {
    let roles = users.roles().values().map(|role| role.line());
    roles.chain(users.iter().map(|user| user.line()))
}

fn is_role(line: &[u8]) -> bool {
    line.split(|&byte| byte == b' ').next() == Some(b"role")
}

/// The error of a parenthesis that nothing closes.
const UNMATCHED: &[u8] = b": Unmatched parenthesis in selector definition.";

struct Reader<'r, H> {
    file: &'r str,
    book: &'r Rulebook<'r, H>,
    users: Users,
    /// The names so far: there is a default user before its line.
    names: BTreeSet<Vec<u8>>,
    errors: Vec<u8>,
}

impl<H> Reader<'_, H> {
    fn read_role(&mut self, line: &[u8], number: usize) {
        let at = format!("{}:{number}", self.file).into_bytes();
        let mut words = line.split(|&byte| byte == b' ').skip(1);
        let Some(name) = words.next() else {
            return self.note(&[&at, b": role line requires a role name. "]);
        };
        if let Err(why) = role::check_name(name) {
            let why = format!("': {why}. ");
            return self.note(&[&at, b": invalid role name '", name, why.as_bytes()]);
        }
        if self.users.roles().contains_key(name) {
            return self.note_duplicate("role", name, number);
        }
        let mut role = Role::new(name, &self.book.channels);
        match words::join(words) {
            Err(_) => self.note(&[&at, UNMATCHED]),
            Ok(rules) => {
                let rules = rules.iter().map(AsRef::as_ref);
                let place = [&at, b": Error in role declaration".as_slice()].concat();
                let book = self.book;
                let mut errors = misfits(rules, &place, |rule| role.apply(rule, book));
                self.errors.append(&mut errors);
            }
        }
        self.users.put_role(role);
    }

    fn read_user(&mut self, line: &[u8], number: usize) {
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
            return self.note_duplicate("user", name, number);
        }
        let mut user = User::new(name, &self.book.channels);
        match words::join(words) {
            Err(_) => self.note(&[&at, UNMATCHED]),
            Ok(rules) => {
                let rules = rules.iter().map(AsRef::as_ref);
                let (book, roles) = (self.book, self.users.roles());
                let mut errors = misfits(rules, &at, |rule| user.apply(rule, book, roles));
                self.errors.append(&mut errors);
            }
        }
        self.users.put(user);
    }

    fn note_duplicate(&mut self, what: &str, name: &[u8], number: usize) {
        let head = format!("WARNING: Duplicate {what} '");
        let tail = format!("' found on line {number}. ");
        self.note(&[head.as_bytes(), name, tail.as_bytes()]);
    }

    fn note(&mut self, parts: &[&[u8]]) {
        self.errors.append(&mut parts.concat());
    }
}

/// Applies rules; gives what is wrong with them.
fn misfits<'w>(
    rules: impl Iterator<Item = &'w [u8]>,
    at: &[u8],
    mut apply: impl FnMut(&[u8]) -> Result<(), RuleError>,
) -> Vec<u8> {
    let mut errors = Vec::new();
    let mut has_erred = false;
    for rule in rules {
        let rule = trim(rule, b"\t\r\n");
        let Err(why) = apply(rule) else {
            continue;
        };
        let text = why.to_string();
        let text = text.as_bytes();
        match why {
            RuleError::Unknown => {
                let head: &[u8] = b": Error in applying operation '";
                errors.append(&mut [at, head, rule, b"': ", text, b". "].concat());
            }
            // Only the first: it may explain the others, and its rule may hold a password.
            _ if has_erred => {}
            _ => {
                has_erred = true;
                errors.append(&mut [at, b": ", text, b". "].concat());
            }
        }
    }
    errors
}

/// Makes the users of `redis.conf`. The default one is as given unless a line defines it.
///
/// # Errors
/// The line of the log about what is wrong.
pub(crate) fn declared<H>(
    default: User,
    roles: &[Declared],
    lines: &[Declared],
    book: &Rulebook<'_, H>,
) -> Result<Users, Vec<u8>> {
    let mut users = Users::default();
    users.put(default);
    for Declared { name, rules } in roles {
        let mut role = Role::new(name, &book.channels);
        for rule in rules {
            let result = role.apply(rule, book);
            result.map_err(|why| misfit("role", name, rule, why))?;
        }
        users.put_role(role);
    }
    for Declared { name, rules } in lines {
        if has_spaces(name) {
            return Err(b"Spaces not allowed in ACL usernames".to_vec());
        }
        let mut user = User::new(name, &book.channels);
        for rule in rules {
            let result = user.apply(rule, book, users.roles());
            result.map_err(|why| misfit("user", name, rule, why))?;
        }
        users.put(user);
    }
    Ok(users)
}

fn misfit(what: &str, name: &[u8], rule: &[u8], why: RuleError) -> Vec<u8> {
    let middle = format!("' for the {what} named '");
    let tail = format!("': {why}");
    let head: &[u8] = b"Error loading ACL rule '";
    [head, rule, middle.as_bytes(), name, tail.as_bytes()].concat()
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
