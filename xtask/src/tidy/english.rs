//! The rule for plain English in docs: how sentences start, and phrases that nobody searches for.
//!
//! Looked at are `//!` and `///` docs and all pages: the first sentence of each paragraph, heading,
//! list item and table cell may not start with one of [`STARTS`], and no paragraph may contain one
//! of [`PHRASES`]. Code, quoted or fenced, is left out.
//!
//! Always true: at most [`BAR`] offences stand in the whole tree. While there are more, the file
//! `english.txt` says how many each part of the tree may have.
//! Not here: how to write instead — `docs/STYLE.md`

use std::collections::BTreeMap;

use crate::offence::Offence;
use crate::tree::Tree;

/// Offences that the whole tree may have.
const BAR: usize = 50;

/// How many offences each part of the tree may have until the whole holds its bar.
const RATCHET: &str = "xtask/english.txt";

/// A page that consists of docs which are judged where they stand.
const COPIED: &str = "docs/UNSAFE.md";

/// First words that make a sentence a fragment: start with a noun or a verb.
const STARTS: &[&str] = &["What", "Those", "So", "Who"];

/// Words in a row that may not stand in docs, and what to write instead. The last word may be a
/// choice: `a|b`, or `!a|b` for anything else.
const PHRASES: &[(&[&str], &str)] = &[
    (&["that", "is|are", "none"], "say `invalid`"),
    (&["which", "is|are", "none"], "say `invalid`"),
    (
        &["is|are", "said", "so"],
        "name the argument or the setting",
    ),
    (
        &["so", "many|much", "!that|as"],
        "name the parameter: `count`, `len`",
    ),
    (
        &["told", "!to|apart"],
        "say `reported`, `described`, `known`, `notified`",
    ),
    (&["hush|hushed|hushes"], "say `suppress`"),
    (&["rings|rang"], "say `wakes`, `notifies`"),
    (
        &["words", "with", "another|other|others|peers"],
        "say `remote request`",
    ),
];

/// One paragraph, heading, list item or cell: its words, each with its line.
type Piece = Vec<(usize, String)>;

/// Docs are plain English, or at least no part of the tree gets worse.
pub(super) fn plain(tree: &Tree, offences: &mut Vec<Offence>) {
    let parts = judged(tree);
    let total: usize = parts.values().map(Vec::len).sum();
    let Some(limits) = tree.text(RATCHET) else {
        if total > BAR {
            offences.extend(parts.into_values().flatten());
        }
        return;
    };
    if total <= BAR {
        let fix = format!("remove it: {total} offences are left, {BAR} may be");
        offences.push(Offence::new(RATCHET, 1, "ratchet", fix));
    }
    let limits = allowed(limits);
    for (part, found) in parts {
        if found.len() > limits.get(part).copied().unwrap_or(0) {
            offences.extend(found);
        }
    }
}

/// All of them, within their limits or not.
pub(super) fn all(tree: &Tree) -> Vec<Offence> {
    judged(tree).into_values().flatten().collect()
}

fn judged(tree: &Tree) -> BTreeMap<&str, Vec<Offence>> {
    let mut parts: BTreeMap<&str, Vec<Offence>> = BTreeMap::new();
    for file in &tree.rust {
        let found = parts.entry(part_of(&file.path)).or_default();
        for piece in doc_pieces(file.source.text()) {
            judge(&file.path, &piece, found);
        }
    }
    for file in tree.markdown().filter(|file| file.path != COPIED) {
        let found = parts.entry(part_of(&file.path)).or_default();
        let lines = file.text.lines().enumerate();
        for piece in pieces(lines.map(|(idx, line)| (idx + 1, line))) {
            judge(&file.path, &piece, found);
        }
    }
    parts
}

/// Lines of the form `part = count`; anything else is a comment.
fn allowed(text: &str) -> BTreeMap<&str, usize> {
    let rows = text.lines().filter_map(|line| {
        let (part, count) = line.split_once('=')?;
        Some((part.trim(), count.trim().parse().ok()?))
    });
    rows.collect()
}

/// The part of the tree that a path is in: `crates/engine`, `docs`, `xtask`, `.` for the root.
fn part_of(path: &str) -> &str {
    let depth = if path.starts_with("crates/") { 2 } else { 1 };
    let ends = path.match_indices('/').map(|(at, _)| at);
    ends.take(depth).last().map_or(".", |at| &path[..at])
}

fn judge(path: &str, piece: &Piece, found: &mut Vec<Offence>) {
    if let Some((line, first)) = piece.first()
        && STARTS.contains(&word(first))
    {
        let fix = format!("`{}` starts no sentence: use a noun or a verb", word(first));
        found.push(Offence::new(path, *line, "english", fix));
    }
    for at in 0..piece.len() {
        for (phrase, instead) in PHRASES {
            if matches(&piece[at..], phrase) {
                let said: Vec<&str> = piece[at..]
                    .iter()
                    .take(phrase.len())
                    .map(|w| word(&w.1))
                    .collect();
                let fix = format!("`{}`: {instead}", said.join(" "));
                found.push(Offence::new(path, piece[at].0, "english", fix));
            }
        }
    }
}

fn matches(words: &[(usize, String)], phrase: &[&str]) -> bool {
    phrase.iter().enumerate().all(|(idx, choice)| {
        let said = words.get(idx).map(|(_, said)| word(said).to_lowercase());
        // Only a word that may not follow can be absent.
        match (choice.strip_prefix('!'), said) {
            (Some(not), said) => !said.is_some_and(|said| not.split('|').any(|w| w == said)),
            (None, Some(said)) => choice.split('|').any(|w| w == said),
            (None, None) => false,
        }
    })
}

/// A word without the marks around it.
fn word(text: &str) -> &str {
    text.trim_matches(|c: char| !c.is_alphanumeric() && c != '`')
}

/// The pieces of a Rust file's docs.
fn doc_pieces(text: &str) -> Vec<Piece> {
    let docs = text.lines().enumerate().map(|(idx, line)| {
        let line = line.trim_start();
        let doc = line
            .strip_prefix("//!")
            .or_else(|| line.strip_prefix("///"));
        // Whatever is no doc ends a paragraph as an empty line does.
        (
            idx + 1,
            doc.filter(|doc| !doc.starts_with('/')).unwrap_or_default(),
        )
    });
    pieces(docs)
}

/// Splits lines of Markdown into pieces.
fn pieces<'a>(lines: impl Iterator<Item = (usize, &'a str)>) -> Vec<Piece> {
    let mut found: Vec<Piece> = vec![Vec::new()];
    let mut is_fenced = false;
    for (number, line) in lines {
        let line = line.trim();
        if line.starts_with("```") {
            is_fenced = !is_fenced;
            found.push(Vec::new());
            continue;
        }
        if is_fenced || line.is_empty() {
            found.push(Vec::new());
            continue;
        }
        let is_heading = line.starts_with('#');
        if is_heading || line.starts_with(['-', '*', '|', '>']) || is_numbered(line) {
            found.push(Vec::new());
        }
        let cells: Vec<&str> = match line.strip_prefix('|') {
            Some(row) => row.split('|').collect(),
            None => vec![line],
        };
        for (idx, cell) in cells.into_iter().enumerate() {
            if idx > 0 {
                found.push(Vec::new());
            }
            let words = without_code(cell);
            let words = words
                .split_whitespace()
                .filter(|w| w.contains(|c: char| c.is_alphanumeric() || c == '`'));
            if let Some(piece) = found.last_mut() {
                piece.extend(words.map(|word| (number, word.to_owned())));
            }
        }
        if is_heading {
            found.push(Vec::new());
        }
    }
    found.retain(|piece| !piece.is_empty());
    found
}

fn is_numbered(line: &str) -> bool {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.len() < line.len() && rest.starts_with(". ")
}

/// A line in which code between backticks has become one word.
fn without_code(line: &str) -> String {
    let parts = line.split('`').enumerate();
    let parts: Vec<&str> = parts
        .map(|(idx, part)| if idx % 2 == 0 { part } else { "`code`" })
        .collect();
    parts.concat()
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use super::{RATCHET, doc_pieces, judge, part_of};

    const NONE: [usize; 0] = [];

    fn lines(text: &str) -> Vec<usize> {
        let mut found = Vec::new();
        for piece in doc_pieces(text) {
            judge("a.rs", &piece, &mut found);
        }
        found.into_iter().map(|offence| offence.line).collect()
    }

    #[test]
    fn first_words_of_paragraphs_are_judged() {
        assert_eq!(
            lines("//! What a thing is.\n//!\n//! It is. So what.\n"),
            [1]
        );
        assert_eq!(
            lines("/// Those that are there.\nfn x() {}\n/// Who.\n"),
            [1, 3]
        );
        assert_eq!(lines("/// A list:\n/// - So it is.\n"), [2]);
        assert_eq!(
            lines("/// ```\n/// What\n/// ```\n// What\n//// So\n/// Sort.\n"),
            NONE
        );
    }

    #[test]
    fn phrases_are_found_across_lines_and_not_in_code() {
        assert_eq!(lines("/// A count that is\n/// none.\n"), [1]);
        assert_eq!(
            lines("/// Takes so many members.\n/// `so many` is code.\n"),
            [1]
        );
        assert_eq!(
            lines("/// There are so many that it ends, it is none.\n"),
            NONE
        );
        assert_eq!(
            lines("/// Nobody is told.\n\n/// It was told to stop, or told apart.\n"),
            [1]
        );
        assert_eq!(
            lines("/// Words with another server. It rang, hushed.\n"),
            [1, 1, 1]
        );
        assert_eq!(lines("/// A ring of words with two letters.\n"), NONE);
    }

    #[test]
    fn the_bar_is_for_the_tree_and_the_ratchet_for_its_parts() {
        let bad = "# A\n\nWhat.\n";
        check(super::plain, &[("docs/a.md", bad)], &[]);
        let many = format!("# A\n{}", "\nSo.\n".repeat(60));
        let expect: Vec<_> = (0..60)
            .map(|n| ("docs/a.md", 3 + 2 * n, "english"))
            .collect();
        check(super::plain, &[("docs/a.md", &many)], &expect);
        let held = [("docs/a.md", &*many), (RATCHET, "docs = 60\n")];
        check(super::plain, &held, &[]);
        let done = [("docs/a.md", bad), (RATCHET, "docs = 60\n")];
        check(super::plain, &done, &[(RATCHET, 1, "ratchet")]);
    }

    #[test]
    fn parts_are_crates_and_directories() {
        assert_eq!(part_of("crates/engine/src/db.rs"), "crates/engine");
        assert_eq!(part_of("docs/decisions/1.md"), "docs");
        assert_eq!(part_of("README.md"), ".");
    }
}
