//! CONFIG SET: several settings change together or not at all.
//!
//! ```text
//!  set ─ refused ─► error, nothing changed
//!   └─► Change { acts, jobs that may fail } ─ all done ─► the acts, OK
//!                                            └ one failed ─► undo, error
//! ```
//! Always true: a change that is undone leaves every value as it was.
//! Not here: carrying out acts and jobs — `control/config.rs`.

use super::current::{Config, named};
use super::effect::Ineffective;
use super::setting::{Act, Mutability, Source};
use super::table::SETTINGS;
use super::value::Value;

/// The circumstances that allow or forbid a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asker {
    /// Whether the client is on this machine.
    pub is_local: bool,
    /// Whether data is being loaded.
    pub is_loading: bool,
}

/// A change that was made to the values.
#[derive(Debug)]
pub(crate) struct Change {
    /// The acts it entails, each once, with the setting that asked for it first.
    pub acts: Vec<(Act, &'static str)>,
    /// Settings that it gave a value without effect, or whose value it made matter.
    pub ineffective: Vec<Ineffective>,
    before: Vec<(usize, Value)>,
}

/// Sets several settings.
///
/// # Errors
/// The error reply, complete with its code. Nothing has changed then.
pub(crate) fn set(
    config: &mut Config,
    pairs: &[(&[u8], &[u8])],
    asker: Asker,
) -> Result<Change, String> {
    let rows = admit(config, pairs, asker)?;
    let idle_before: Vec<&str> = config
        .without_effect()
        .map(|setting| setting.name)
        .collect();
    let mut change = Change {
        acts: Vec::new(),
        ineffective: Vec::new(),
        before: Vec::new(),
    };
    for (&(index, name), (_, text)) in rows.iter().zip(pairs) {
        let setting = &SETTINGS[index];
        let words: Vec<&[u8]> = match setting.kind.takes_several() {
            true if text.is_empty() => Vec::new(),
            true => text.split(|&byte| byte == b' ').collect(),
            false => vec![text],
        };
        let value = match setting.read(&words, &config.values[index], Source::Command) {
            Ok(value) => value,
            Err(reason) => {
                change.undo(config);
                return Err(failed(name, &reason));
            }
        };
        if setting.act == Act::Directory {
            let value = absolute(&config.dir, &value.text());
            change.note(config, index, name, value);
        } else {
            change.note(config, index, name, value);
        }
    }
    let is_changed = |name: &str| {
        let mut rows = change.before.iter();
        rows.any(|(index, _)| SETTINGS[*index].name == name)
    };
    let idle = config.without_effect();
    let is_news = |idle: &Ineffective| !idle_before.contains(&idle.name) || is_changed(idle.name);
    change.ineffective = idle.filter(is_news).collect();
    Ok(change)
}

/// The error of a change that failed at one setting.
pub(crate) fn failed(name: &str, reason: &str) -> String {
    format!("ERR CONFIG SET failed (possibly related to argument '{name}') - {reason}")
}

/// A row and the name or alias by which it was asked for.
type Row = (usize, &'static str);

/// Finds the rows of all names and refuses what may not change.
fn admit(config: &Config, pairs: &[(&[u8], &[u8])], asker: Asker) -> Result<Vec<Row>, String> {
    let mut rows: Vec<Row> = Vec::with_capacity(pairs.len());
    for (name, _) in pairs {
        let shown = String::from_utf8_lossy(name);
        let Some(row) = named(name) else {
            return Err(format!(
                "ERR Unknown option or number of arguments for CONFIG SET - '{shown}'"
            ));
        };
        let setting = &SETTINGS[row.0];
        match setting.mutability {
            Mutability::Immutable => return Err(failed(&shown, "can't set immutable config")),
            Mutability::Protected if !config.enable_protected_configs.admits(asker.is_local) => {
                return Err(failed(&shown, "can't set protected config"));
            }
            _ => {}
        }
        if setting.denied_while_loading && asker.is_loading {
            return Err("LOADING Redis is loading the dataset in memory".into());
        }
        // A name and its alias may be given together; the later one counts.
        if rows.contains(&row) {
            return Err(failed(&shown, "duplicate parameter"));
        }
        rows.push(row);
    }
    Ok(rows)
}

impl Change {
    /// Takes the change back.
    pub(crate) fn undo(self, config: &mut Config) {
        for (index, value) in self.before.into_iter().rev() {
            config.put(index, value);
        }
    }

    /// Puts a value in place and remembers the one before.
    fn note(&mut self, config: &mut Config, index: usize, name: &'static str, value: Value) {
        let act = SETTINGS[index].act;
        let is_other = config.values[index] != value;
        if is_other {
            self.before.push((index, config.put(index, value)));
        }
        match act {
            Act::Nothing => {}
            // A file of the same name may hold another certificate.
            Act::Tls => self.entail(Act::Tls, name),
            _ if !is_other => {}
            Act::ListenTls => {
                self.entail(Act::Listen, name);
                self.entail(Act::Tls, name);
            }
            Act::ListenMetrics => {
                self.entail(Act::Listen, name);
                if config.metrics_tls {
                    self.entail(Act::Tls, name);
                }
            }
            act => self.entail(act, name),
        }
        // It can be taken back only by what comes before it failing.
        self.acts.sort_by_key(|(act, _)| *act == Act::Tls);
    }

    fn entail(&mut self, act: Act, name: &'static str) {
        if !self.acts.iter().any(|(known, _)| *known == act) {
            self.acts.push((act, name));
        }
    }
}

/// The absolute path of a directory, as it will be once the process has entered it.
fn absolute(current: &str, path: &str) -> Value {
    let mut parts: Vec<&str> = match path.starts_with('/') {
        true => Vec::new(),
        false => current.split('/').collect(),
    };
    parts.extend(path.split('/'));
    let mut kept: Vec<&str> = Vec::new();
    for part in parts {
        match part {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            name => kept.push(name),
        }
    }
    Value::Text(format!("/{}", kept.join("/")))
}
