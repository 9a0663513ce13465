//! Reads the configuration: a file, standard input, the command line, in this order.
//!
//! Always true: paths are resolved against the directory that the program was started in, even
//! though the setting `dir` then changes it.
//! Not here: what the lines mean — `russet_node::config`.

use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use russet_base::glob;
use russet_node::Config;
use russet_node::config::{FileError, Finding, Text};
use russet_reactor::log::os_text;

use crate::args::Launch;

/// Why there is no configuration. Displays as the message for the user.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    /// A file could not be read.
    #[error("Fatal error, can't open config file '{path}': {reason}")]
    Unreadable {
        /// Its absolute path.
        path: String,
        /// The system's text.
        reason: String,
    },
    /// A line is wrong.
    #[error(transparent)]
    Wrong(#[from] FileError),
}

/// The texts that a configuration is made from.
#[derive(Debug)]
pub(crate) struct Sources {
    /// Settings that images and packages give, before those of the user.
    defaults: Option<Text>,
    texts: Vec<Text>,
    /// The path and the contents of the configuration file.
    file: Option<(String, Vec<u8>)>,
}

/// Reads all that the command line names.
pub(crate) fn read(launch: &Launch) -> Result<Sources, LoadError> {
    let mut sources = Sources {
        defaults: None,
        texts: Vec::new(),
        file: None,
    };
    if let Some(path) = std::env::var_os(DEFAULTS) {
        let path = path.to_string_lossy();
        let text = std::fs::read(&*path).map_err(|error| unreadable(&path, &error))?;
        sources.defaults = Some(Text {
            name: path.into_owned(),
            text,
        });
    }
    if let Some(file) = &launch.file {
        let path = absolute(&String::from_utf8_lossy(file));
        let text = std::fs::read(&path).map_err(|error| unreadable(&path, &error))?;
        sources.file = Some((path.clone(), text.clone()));
        sources.texts.push(Text { name: path, text });
    }
    if launch.stdin {
        let mut text = Vec::new();
        let read = io::stdin().read_to_end(&mut text);
        read.map_err(|error| unreadable("-", &error))?;
        sources.texts.push(Text {
            name: "standard input".to_owned(),
            text,
        });
    }
    if !launch.options.is_empty() {
        // COMPAT: Redis joins the options after an empty line, which its line numbers show.
        let text = [b"\n", launch.options.as_slice()].concat();
        sources.texts.push(Text {
            name: COMMAND_LINE.to_owned(),
            text,
        });
    }
    Ok(sources)
}

/// The variable of the environment that names a file which is read before all others.
const DEFAULTS: &str = "RUSSET_DEFAULTS";

/// The name of the text that the options make.
pub(crate) const COMMAND_LINE: &str = "command line";

impl Sources {
    /// Adds a line that comes after all others.
    pub(crate) fn add(&mut self, line: String) {
        self.texts.push(Text {
            name: "limits".to_owned(),
            text: line.into_bytes(),
        });
    }

    /// The findings about each line, and the configuration without those that are wrong.
    pub(crate) fn check(&self) -> (Vec<Finding>, Result<Config, FileError>) {
        let texts: Vec<Text> = self.defaults.iter().chain(&self.texts).cloned().collect();
        Config::check(&texts, &mut |name| include(name))
    }

    /// Makes the configuration.
    pub(crate) fn load(&self) -> Result<Config, LoadError> {
        let defaults = self.defaults.as_slice();
        let mut config = Config::load_over(defaults, &self.texts, &mut |name| include(name))?;
        russet_node::check_renames(&config)?;
        if let Some((path, text)) = &self.file {
            config.set_file(path.clone(), text.clone());
        }
        Ok(config)
    }
}

/// Changes to the directory that is configured, and tells the configuration where that is.
pub(crate) fn enter_directory(config: &mut Config) -> Result<(), LoadError> {
    if !config.dir.is_empty() {
        std::env::set_current_dir(&config.dir).map_err(|error| {
            let message = format!("Can't chdir to '{}': {}", config.dir, os_text(&error));
            LoadError::Wrong(FileError {
                line: None,
                message,
            })
        })?;
    }
    config.set_directory(&absolute(""));
    Ok(())
}

/// Reads the file of users, if there is one, and checks all users.
///
/// # Errors
/// The line of the log about what is wrong.
pub(crate) fn read_users(config: &mut Config) -> Result<(), String> {
    let path = config.aclfile.clone();
    if !path.is_empty() {
        let text = std::fs::read(&path).map_err(|error| {
            let reason = os_text(&error);
            format!(
                "Aborting Redis startup because of ACL errors: Error loading ACLs, opening file \
                 '{path}': {reason}"
            )
        })?;
        config.set_users_file(text);
    }
    russet_node::check_users(config)
}

/// A path from the root, without looking at what it names.
pub(crate) fn absolute(path: &str) -> String {
    let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
    let mut whole = PathBuf::new();
    for part in here.join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                whole.pop();
            }
            part => whole.push(part),
        }
    }
    whole.to_string_lossy().into_owned()
}

fn unreadable(path: &str, error: &io::Error) -> LoadError {
    LoadError::Unreadable {
        path: path.to_owned(),
        reason: os_text(error),
    }
}

/// The contents of an included file, or of all files that a pattern matches, by name.
fn include(name: &str) -> Result<Vec<u8>, String> {
    if !name.contains(['*', '?', '[']) {
        return std::fs::read(name).map_err(|error| os_text(&error));
    }
    let mut contents = Vec::new();
    for path in matching(Path::new(name)) {
        contents.extend(std::fs::read(&path).map_err(|error| os_text(&error))?);
        contents.push(b'\n');
    }
    Ok(contents)
}

/// The paths that a pattern matches, part by part.
fn matching(pattern: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for part in pattern.components() {
        let name = part.as_os_str().to_string_lossy();
        if !name.contains(['*', '?', '[']) {
            found.iter_mut().for_each(|path| path.push(part));
            continue;
        }
        found = found
            .iter()
            .flat_map(|folder| children(folder, name.as_bytes()))
            .collect();
    }
    found.retain(|path| path.exists());
    found
}

fn children(folder: &Path, pattern: &[u8]) -> Vec<PathBuf> {
    let shown = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let Ok(entries) = std::fs::read_dir(shown) else {
        return Vec::new();
    };
    let names = entries.filter_map(|entry| Some(entry.ok()?.file_name()));
    let is_match = |name: &std::ffi::OsString| {
        let name = name.as_encoded_bytes();
        // A hidden file is matched only by a pattern that says so.
        let is_hidden = name.starts_with(b".") && !pattern.starts_with(b".");
        !is_hidden && glob::matches(pattern, name)
    };
    let mut paths: Vec<PathBuf> = names
        .filter(is_match)
        .map(|name| folder.join(name))
        .collect();
    paths.sort();
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_includes_all_files_that_match_by_name() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("b.conf", "port 2"),
            ("a.conf", "port 1"),
            (".c.conf", "port 3"),
        ] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let pattern = folder.path().join("*.conf");
        let text = include(pattern.to_str().unwrap()).unwrap();
        assert_eq!(text, b"port 1\nport 2\n");
        let none = folder.path().join("no/*.conf");
        assert_eq!(include(none.to_str().unwrap()).unwrap(), b"");
        let missing = folder.path().join("missing.conf");
        assert_eq!(
            include(missing.to_str().unwrap()).unwrap_err(),
            "No such file or directory"
        );
    }

    #[test]
    fn a_path_becomes_absolute_and_plain() {
        assert_eq!(absolute("/a/./b/../c"), "/a/c");
        assert!(absolute("x").starts_with('/') && absolute("x").ends_with("/x"));
    }
}
