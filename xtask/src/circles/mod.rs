//! Circles of files: groups inside one crate of which each file needs every other.
//!
//! ```text
//!  src/*.rs ─syn─► names.rs ─► modules.rs ─► arrows between files ─► components.rs ─► ratchet
//! ```
//! A *file arrow* leads from one file of a crate to another when the code of the first names
//! something that the second defines: by `use`, or by a path of two or more words (`crate::…`,
//! `super::…`, `module::Item`). Names are followed through `use` and `pub use` to the file of the
//! definition, so a re-export hides no arrow, and a re-export alone makes none. A glob import
//! counts for the names that the file takes from it. Neither `mod x;` nor code for tests makes an
//! arrow. A method that is called on a value makes none either, because no path names it.
//!
//! Always true: no circle grows; `circles.txt` lists crates above their bar, and only shrinks.
//! Not here: arrows between crates — `layers.rs`

mod components;
mod modules;
mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::layers::crate_dirs;
use crate::offence::Offence;
use crate::tree;
use modules::Crate;

/// The crates that are still above their bar, each with the size it may not exceed.
const RATCHET: &str = "xtask/circles.txt";

/// The largest circle that a crate may have in the end.
const BARS: &[(&str, usize)] = &[("engine", 6), ("node", 3)];
const BAR: usize = 3;

/// Arrows between files: from, to, and where the first file names the second.
type Arrows = BTreeMap<(usize, usize), BTreeMap<String, usize>>;

/// The circles of one crate, largest first, each with its files in order.
#[derive(Debug)]
struct Circles {
    files: Vec<String>,
    arrows: Arrows,
    circles: Vec<Vec<usize>>,
}

impl Circles {
    fn read(root: &Path, name: &str) -> Result<Self, String> {
        let whole = Crate::read(&root.join("crates").join(name))?;
        let arrows = whole.arrows();
        let edges: BTreeSet<(usize, usize)> = arrows.keys().copied().collect();
        let circles = components::circles(whole.files.len(), &edges);
        Ok(Self {
            files: whole.files,
            arrows,
            circles,
        })
    }

    /// How many files the largest circle has; 1 where there is none.
    fn largest(&self) -> usize {
        self.circles.first().map_or(1, Vec::len)
    }

    fn members(&self, circle: &[usize]) -> String {
        let names: Vec<&str> = circle.iter().map(|file| &*self.files[*file]).collect();
        names.join(", ")
    }
}

/// Every crate whose largest circle is above what it may have, or below what the ratchet says.
pub(crate) fn offences(root: &Path) -> Result<Vec<Offence>, String> {
    let text = fs::read_to_string(root.join(RATCHET)).unwrap_or_default();
    let mut allowed = allowed(&text);
    let mut offences = Vec::new();
    for name in crate_dirs(root)? {
        let found = Circles::read(root, &name)?;
        let members = found.circles.first().map(|circle| found.members(circle));
        let row = allowed.remove(&name);
        offences.extend(judge(
            &name,
            found.largest(),
            row,
            &members.unwrap_or_default(),
        ));
    }
    for (name, (line, _)) in allowed {
        offences.push(ratchet(
            line,
            format!("drop `{name}`: there is no such crate"),
        ));
    }
    Ok(offences)
}

fn judge(name: &str, size: usize, row: Option<(usize, usize)>, members: &str) -> Option<Offence> {
    let bar = bar(name);
    let (line, limit) = row.unwrap_or((0, bar));
    if size > limit {
        let fix = format!("{size} files need each other, {limit} may: cut one of {members}");
        let path = format!("crates/{name}/src");
        return Some(Offence::new(&path, 1, "circle", fix));
    }
    match row {
        Some(_) if size <= bar => Some(ratchet(line, format!("drop `{name}`: it holds its bar"))),
        Some(_) if size < limit => Some(ratchet(line, format!("lower `{name}` to {size}"))),
        _ => None,
    }
}

fn ratchet(line: usize, fix: String) -> Offence {
    Offence::new(RATCHET, line, "ratchet", fix)
}

fn bar(name: &str) -> usize {
    let row = BARS.iter().find(|(other, _)| *other == name);
    row.map_or(BAR, |(_, bar)| *bar)
}

/// Lines of the form `crate = files`; anything else is a comment.
fn allowed(text: &str) -> BTreeMap<String, (usize, usize)> {
    let rows = text.lines().enumerate().filter_map(|(idx, line)| {
        let (name, size) = line.split_once('=')?;
        Some((name.trim().to_owned(), (idx + 1, size.trim().parse().ok()?)))
    });
    rows.collect()
}

/// `cargo xtask layers --circles [CRATE…]`: the circles of each crate; with names, their arrows.
pub(crate) fn print(names: &[String]) -> Result<(), String> {
    let root = tree::root();
    let all = crate_dirs(&root)?;
    if let Some(name) = names.iter().find(|name| !all.contains(name)) {
        return Err(format!("no crate {name}: {}", all.join(", ")));
    }
    let chosen = if names.is_empty() { &all[..] } else { names };
    for name in chosen {
        let found = Circles::read(&root, name)?;
        println!("{name}: largest {}, bar {}", found.largest(), bar(name));
        for circle in &found.circles {
            println!("  {} files: {}", circle.len(), found.members(circle));
            if !names.is_empty() {
                print_arrows(&found, circle);
            }
        }
    }
    Ok(())
}

fn print_arrows(found: &Circles, circle: &[usize]) {
    for ((from, to), names) in &found.arrows {
        if circle.contains(from) && circle.contains(to) {
            let names: Vec<String> = names
                .iter()
                .map(|(n, line)| format!("{n}:{line}"))
                .collect();
            let (from, to) = (&found.files[*from], &found.files[*to]);
            println!("    {from} -> {to}  {}", names.join(" "));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{judge, offences};
    use crate::tree;

    #[test]
    fn no_crate_of_the_checkout_has_a_larger_circle_than_it_may() {
        let offences = offences(&tree::root()).expect("the sources are readable");
        assert!(offences.is_empty(), "{offences:#?}");
    }

    #[test]
    fn the_ratchet_only_shrinks() {
        let rule = |size, row| judge("node", size, row, "a.rs").map(|offence| offence.rule);
        assert_eq!(rule(3, None), None);
        assert_eq!(rule(4, None), Some("circle"));
        assert_eq!(rule(17, Some((1, 17))), None);
        assert_eq!(rule(18, Some((1, 17))), Some("circle"));
        assert_eq!(rule(16, Some((1, 17))), Some("ratchet"));
        assert_eq!(rule(3, Some((1, 17))), Some("ratchet"));
    }
}
