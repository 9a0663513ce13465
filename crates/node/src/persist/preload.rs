//! `preload-file`: the file that is loaded at the start instead of the usual ones.
//!
//! ```text
//!  rdb:PATH            a dump
//!  aof:PATH.manifest   base and increments, beside the manifest
//!  aof:PATH            a single append-only file
//! ```
//! Always true: nothing is written where the file is, and none of the files there is removed.
//! Always true: with `appendonly yes` the server's own files are kept until a base of what was
//! loaded is on the disk.
//! Not here: finding the files — `survey.rs`; reading them — `loading.rs`; the base behind it —
//! `starting.rs`

use russet_aof::FileName;

/// The file that is loaded at the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Preload {
    /// A dump.
    Dump(String),
    /// The files that a manifest lists.
    Manifest {
        /// The directory of all of them.
        dir: String,
        /// The manifest.
        name: FileName,
    },
    /// A single append-only file.
    Single {
        /// Its directory.
        dir: String,
        /// Its name.
        name: FileName,
    },
}

impl Preload {
    /// The value of the setting; none if it is empty.
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let (kind, path) = value.split_once(':')?;
        if kind == "rdb" {
            return Some(Self::Dump(path.to_owned()));
        }
        let (dir, name) = path.rsplit_once('/')?;
        let dir = if dir.is_empty() { "/" } else { dir };
        let (dir, name) = (dir.to_owned(), FileName::new(name)?);
        Some(match name.as_str().ends_with(".manifest") {
            true => Self::Manifest { dir, name },
            false => Self::Single { dir, name },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Preload;

    #[test]
    fn the_kind_and_the_extension_say_what_is_loaded() {
        let show = |value| format!("{:?}", Preload::parse(value));
        assert_eq!(show(""), "None");
        assert_eq!(show("rdb:/a/b.manifest"), r#"Some(Dump("/a/b.manifest"))"#);
        assert_eq!(
            show("aof:/a/b.manifest"),
            r#"Some(Manifest { dir: "/a", name: FileName("b.manifest") })"#
        );
        assert_eq!(
            show("aof:/b.aof"),
            r#"Some(Single { dir: "/", name: FileName("b.aof") })"#
        );
    }
}
