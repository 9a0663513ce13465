//! Settings that were given a value but that nothing reads: a line for the log about each.
//!
//! Always true: a line names its setting and shows no value, which may be a secret.
//! Not here: which settings these are — `table.rs`.

use russet_io::LogLevel;

use super::current::Config;
use super::setting::{Effect, Setting};
use super::table::SETTINGS;
use super::value::Value;

/// A setting whose value has no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ineffective {
    /// Its name.
    pub name: &'static str,
    /// The level of its line in the log.
    pub level: LogLevel,
    /// The text of its line in the log.
    pub text: String,
}

impl Config {
    /// Settings that were given a value which has no effect in this version.
    ///
    /// # Examples
    /// ```
    /// use russet_node::config::{Config, Text};
    /// let text = b"replicaof 127.0.0.1 1\n".to_vec();
    /// let sources = [Text { name: "redis.conf".into(), text }];
    /// let config = Config::load(&sources, &mut |_| Err("no such file".into())).unwrap();
    /// let names: Vec<&str> = config.without_effect().map(|setting| setting.name).collect();
    /// assert_eq!(names, ["replicaof"]);
    /// ```
    pub fn without_effect(&self) -> impl Iterator<Item = Ineffective> {
        SETTINGS
            .iter()
            .zip(&self.values)
            .filter_map(|(setting, value)| {
                let is_given = setting.kind.show(value) != setting.default.as_bytes()
                    || (self.has_save && matches!(value, Value::SavePoints(_)));
                if !is_given {
                    return None;
                }
                describe(setting)
            })
    }
}

fn describe(setting: &Setting) -> Option<Ineffective> {
    let name = setting.name;
    let (level, text) = match setting.effect {
        Effect::Full => return None,
        Effect::Needless => {
            let text = format!("The setting '{name}' has no effect: nothing here needs it.");
            (LogLevel::Notice, text)
        }
        Effect::Missing("") => {
            let text = format!("The setting '{name}' has no effect in this version.");
            (LogLevel::Warning, text)
        }
        Effect::Missing(consequence) => {
            let text =
                format!("The setting '{name}' has no effect in this version: {consequence}.");
            (LogLevel::Warning, text)
        }
    };
    Some(Ineffective { name, level, text })
}
