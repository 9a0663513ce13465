//! The rule for links between pages: a relative one leads to a file that exists.
//!
//! Not here: links to items inside doc comments — rustdoc checks those

use crate::offence::Offence;
use crate::tree::Tree;

/// Every relative link of every page leads somewhere.
pub(super) fn relative(tree: &Tree, offences: &mut Vec<Offence>) {
    for file in tree.markdown() {
        for (line, target) in targets(&file.text) {
            let path = target.split(['#', '?']).next().unwrap_or_default();
            let is_elsewhere = path.is_empty() || path.contains(':') || path.ends_with(".html");
            if is_elsewhere || tree.paths.contains(&resolve(&file.path, path)) {
                continue;
            }
            let fix = format!("`{target}` leads nowhere: fix or remove the link");
            offences.push(Offence::new(&file.path, line, "link", fix));
        }
    }
}

/// The targets of `[text](target)` outside code, with their lines.
fn targets(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut is_fenced = false;
    for (idx, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_fenced = !is_fenced;
        }
        if is_fenced {
            continue;
        }
        for (at, _) in line.match_indices("](") {
            let is_code = line[..at].matches('`').count() % 2 == 1;
            let rest = &line[at + 2..];
            if let (Some(end), false) = (rest.find([')', ' ']), is_code) {
                found.push((idx + 1, &rest[..end]));
            }
        }
    }
    found
}

/// A link's target as a path from the root.
fn resolve(page: &str, target: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn dead_links_are_found_and_foreign_ones_left_alone() {
        let page = "# A\n[x](b.md#part) [y](../c/) [z](https://x.y) `[q](no.md)`\n[w](gone.md)\n";
        let files = [("docs/a.md", page), ("docs/b.md", "# B\n"), ("c", "")];
        check(super::relative, &files, &[("docs/a.md", 3, "link")]);
    }
}
