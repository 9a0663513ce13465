//! `cargo xtask metrics`: how large the house is, one line a crate.
//!
//! `--append FILE` adds the totals as one line to a trend file.
//!
//! Not here: limits on size — `tidy/shape.rs`

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;

use crate::args::Args;
use crate::tool;
use crate::tree::{self, Tree};

/// The counts of one crate.
#[derive(Debug, Default)]
struct Size {
    file_lens: Vec<usize>,
    function_lens: Vec<usize>,
    test_lines: usize,
}

/// `cargo xtask metrics`.
pub(crate) fn run(args: Args) -> Result<(), String> {
    let trend = args.option("--append");
    let sizes = measure(&Tree::read()?);
    println!(
        "{:<12} {:>5} {:>7} {:>7} {:>7} {:>5} {:>7} {:>6} {:>6}",
        "crate", "files", "lines", "median", "longest", "fns", "fn p90", "fn max", "tests"
    );
    for (name, size) in &sizes {
        println!(
            "{name:<12} {:>5} {:>7} {:>7} {:>7} {:>5} {:>7} {:>6} {:>6}",
            size.file_lens.len(),
            size.file_lens.iter().sum::<usize>(),
            quantile(&size.file_lens, 50),
            quantile(&size.file_lens, 100),
            size.function_lens.len(),
            quantile(&size.function_lens, 90),
            quantile(&size.function_lens, 100),
            size.test_lines,
        );
    }
    let binary = tree::target_dir().join("release/russet-server");
    let bytes = fs::metadata(&binary).map_or(0, |meta| meta.len());
    println!("russet-server: {bytes} bytes");
    match trend {
        Some(path) => append(&path, &sizes, bytes),
        None => Ok(()),
    }
}

fn measure(tree: &Tree) -> BTreeMap<String, Size> {
    let mut sizes: BTreeMap<String, Size> = BTreeMap::new();
    for file in &tree.rust {
        let mut parts = file.path.split('/');
        let first = parts.next().unwrap_or_default();
        let name = if first == "crates" {
            parts.next().unwrap_or_default()
        } else {
            first
        };
        let size = sizes.entry(name.to_owned()).or_default();
        let is_test = file.path.contains("/tests");
        let tests = file
            .source
            .lines
            .iter()
            .filter(|line| is_test || line.is_test)
            .count();
        size.test_lines += tests;
        if !is_test {
            size.file_lens.push(file.source.lines.len() - tests);
            let functions = file.source.functions().into_iter().filter(|f| !f.is_test);
            size.function_lens
                .extend(functions.map(|function| function.len));
        }
    }
    sizes
}

fn quantile(lens: &[usize], percent: usize) -> usize {
    let mut lens = lens.to_vec();
    lens.sort_unstable();
    let at = (lens.len() * percent).div_ceil(100).saturating_sub(1);
    lens.get(at).copied().unwrap_or(0)
}

fn append(path: &str, sizes: &BTreeMap<String, Size>, bytes: u64) -> Result<(), String> {
    let mut log = std::process::Command::new("git");
    log.args(["log", "-1", "--format=%h %cs"])
        .current_dir(tree::root());
    let commit = tool::output(&mut log)?;
    let lines: usize = sizes.values().flat_map(|size| &size.file_lens).sum();
    let tests: usize = sizes.values().map(|size| size.test_lines).sum();
    let files: usize = sizes.values().map(|size| size.file_lens.len()).sum();
    let row = format!("{}\t{files}\t{lines}\t{tests}\t{bytes}\n", commit.trim());
    let file = fs::File::options().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(row.as_bytes()))
        .map_err(|error| format!("{path}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::{Tree, measure, quantile};

    #[test]
    fn quantiles_are_elements_of_the_list() {
        assert_eq!(quantile(&[5, 1, 3], 50), 3);
        assert_eq!(quantile(&[5, 1, 3], 100), 5);
        assert_eq!(quantile(&[], 50), 0);
    }

    #[test]
    fn tests_are_counted_apart() {
        let text = "fn a() {\n}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n";
        let tree = Tree::of(&[
            ("crates/x/src/a.rs", text),
            ("crates/x/tests/it/main.rs", "\n\n"),
        ]);
        let sizes = measure(&tree);
        assert_eq!(
            (sizes["x"].test_lines, &*sizes["x"].file_lens),
            (6, &[2][..])
        );
        assert_eq!(sizes["x"].function_lens, [2]);
    }
}
