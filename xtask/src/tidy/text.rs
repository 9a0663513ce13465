//! Rules for the characters of a line: width, blanks at its end, marks of unfinished work.

use crate::offence::Offence;
use crate::source::has_word;
use crate::tree::Tree;

const WIDTH: usize = 100;

/// Rust is at most 100 columns wide; no text file has tabs, trailing blanks or a ragged end.
///
/// A file that switches rustfmt off for a table may be wide, and so may a line whose width is all
/// inside one string.
pub(super) fn lines(tree: &Tree, offences: &mut Vec<Offence>) {
    for file in &tree.rust {
        let is_free = file.source.text().contains("rustfmt::skip");
        for (idx, line) in file.source.lines.iter().enumerate() {
            let is_wide = line.text.chars().count() > WIDTH;
            let is_string = line.comment.is_empty() && line.code.chars().count() <= WIDTH / 2;
            if is_wide && !is_free && !is_string && !line.text.contains("https://") {
                let fix = format!("break the line at {WIDTH} columns");
                offences.push(Offence::new(&file.path, idx + 1, "width", fix));
            }
        }
        blanks(&file.path, file.source.text(), offences);
    }
    for file in &tree.texts {
        let is_prose = [".md", ".toml", ".py", "run"]
            .iter()
            .any(|end| file.path.ends_with(end));
        if is_prose {
            blanks(&file.path, &file.text, offences);
        }
    }
}

fn blanks(path: &str, text: &str, offences: &mut Vec<Offence>) {
    for (idx, line) in text.split('\n').enumerate() {
        if line.ends_with([' ', '\t', '\r']) {
            offences.push(Offence::new(
                path,
                idx + 1,
                "blanks",
                "cut the blanks at the line's end",
            ));
        }
        if line.contains('\t') {
            offences.push(Offence::new(path, idx + 1, "tabs", "indent with spaces"));
        }
    }
    if !text.is_empty() && (!text.ends_with('\n') || text.ends_with("\n\n")) {
        let last = text.lines().count();
        offences.push(Offence::new(
            path,
            last,
            "end",
            "end the file with one line break",
        ));
    }
}

/// Nothing on main is marked as unfinished, and no debugging aid is left behind.
pub(super) fn unfinished(tree: &Tree, offences: &mut Vec<Offence>) {
    for file in &tree.rust {
        for (idx, line) in file.source.lines.iter().enumerate() {
            // Assembled, so that this file does not accuse itself.
            for mark in [
                concat!("TO", "DO"),
                concat!("FIX", "ME"),
                concat!("X", "XX"),
            ] {
                if has_word(&line.comment, mark) {
                    let fix = format!("finish it, or say what holds instead of {mark}");
                    offences.push(Offence::new(&file.path, idx + 1, "unfinished", fix));
                }
            }
            for aid in ["todo!", "unimplemented!", "dbg!"] {
                if line.code.contains(aid) {
                    let fix = format!("remove {aid}");
                    offences.push(Offence::new(&file.path, idx + 1, "unfinished", fix));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn wide_code_is_an_offence_and_wide_text_is_not() {
        let long = "x".repeat(120);
        let code = format!("let {long} = 1;\n");
        check(super::lines, &[("a.rs", &code)], &[("a.rs", 1, "width")]);
        check(
            super::lines,
            &[("a.rs", &format!("call(\"{long}\");\n"))],
            &[],
        );
        check(
            super::lines,
            &[("a.rs", &format!("#[rustfmt::skip]\n{code}"))],
            &[],
        );
        check(super::lines, &[("a.md", &format!("{long}\n"))], &[]);
    }

    #[test]
    fn blanks_tabs_and_ragged_ends_are_offences() {
        let text = "a \n\tb\nc";
        let expect = [
            ("a.md", 1, "blanks"),
            ("a.md", 2, "tabs"),
            ("a.md", 3, "end"),
        ];
        check(super::lines, &[("a.md", text)], &expect);
    }

    #[test]
    fn marks_count_in_comments_only_and_aids_in_code_only() {
        let mark = concat!("TO", "DO");
        let text = format!("// {mark}: x\nlet x = \"{mark}\";\ndbg!(x); // todo!\n");
        let expect = [("a.rs", 1, "unfinished"), ("a.rs", 3, "unfinished")];
        check(super::unfinished, &[("a.rs", &text)], &expect);
    }
}
