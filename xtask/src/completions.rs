//! Completions of three shells, and the manual of the configuration, from the page of settings.
//!
//! Always true: a setting of the page `docs/config.md` is in all of them.
//! Not here: `russet-server.1`, which is written by hand — `packaging/man/`

/// Options that are no settings.
const OPTIONS: &[(&str, &str)] = &[
    ("version", "print the version"),
    ("help", "print the usage"),
    ("check-aof", "check an append-only file"),
    (
        "check-config",
        "say of each line of a configuration what comes of it",
    ),
    ("check-rdb", "check an RDB file"),
    ("check-system", "check the settings of the system"),
];

/// Settings whose value is a path.
const PATHS: &[&str] = &["aclfile", "dir", "logfile", "pidfile", "unixsocket"];

/// A row of the page of settings.
struct Setting<'p> {
    name: &'p str,
    /// Its other name, if it has one.
    alias: Option<&'p str>,
    /// The values it takes.
    values: &'p str,
    default: &'p str,
    summary: &'p str,
}

impl<'p> Setting<'p> {
    fn read(line: &'p str) -> Option<Self> {
        let row = line.strip_prefix("| `")?.strip_suffix(" |")?;
        let mut cells = row.splitn(5, " | ");
        let (names, values) = (cells.next()?, cells.next()?);
        let (default, _changes, summary) = (cells.next()?, cells.next()?, cells.next()?);
        let mut names = names.split('`').filter(|name| !matches!(*name, "" | ", "));
        Some(Self {
            name: names.next()?,
            alias: names.next(),
            values,
            default: default.trim().trim_matches('`'),
            summary,
        })
    }

    /// The names that may be completed to, if it takes one of a few.
    fn choices(&self) -> Option<String> {
        let is_word = |word: &str| word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        let words: Vec<&str> = self.values.split(", ").collect();
        let is_list = words.len() > 1 && words.iter().all(|word| is_word(word));
        is_list.then(|| words.join(" "))
    }
}

fn settings(page: &str) -> Vec<Setting<'_>> {
    page.lines().filter_map(Setting::read).collect()
}

const ORIGIN: &str = "Computed by `cargo xtask codegen` from the table of settings.";

/// The completion of bash.
pub(crate) fn bash(page: &str) -> String {
    let settings = settings(page);
    let names = settings.iter().map(|setting| setting.name);
    let options = OPTIONS.iter().map(|(name, _)| *name);
    let words: Vec<String> = options
        .chain(names)
        .map(|name| format!("--{name}"))
        .collect();
    let mut values = String::new();
    for setting in &settings {
        if let Some(words) = setting.choices() {
            let name = setting.name;
            values.push_str(&format!(
                "    --{name}) COMPREPLY=($(compgen -W '{words}' -- \"$word\")) ;;\n"
            ));
        }
    }
    format!(
        "# Completion of russet-server for bash. {ORIGIN}\n\
         _russet_server() {{\n\
         \x20 local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}}\n\
         \x20 COMPREPLY=()\n\
         \x20 case $before in\n\
         {values}\
         \x20   *)\n\
         \x20     case $word in\n\
         \x20       -*) COMPREPLY=($(compgen -W '{}' -- \"$word\")) ;;\n\
         \x20       *) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n\
         \x20     esac\n\
         \x20     ;;\n\
         \x20 esac\n\
         }}\n\
         complete -o filenames -F _russet_server russet-server redis-server\n",
        words.join(" ")
    )
}

/// The completion of zsh.
pub(crate) fn zsh(page: &str) -> String {
    let plain = |text: &str| text.replace(['[', ']', '\'', '`', '\\', ':'], "");
    let mut lines = String::new();
    for (name, does) in OPTIONS {
        lines.push_str(&format!("  '--{name}[{}]' \\\n", plain(does)));
    }
    for setting in settings(page) {
        let action = match setting.choices() {
            Some(words) => format!("({words})"),
            None if PATHS.contains(&setting.name) => "_files".to_owned(),
            None => String::new(),
        };
        let (name, summary) = (setting.name, plain(setting.summary));
        lines.push_str(&format!("  '*--{name}[{summary}]:value:{action}' \\\n"));
    }
    format!(
        "#compdef russet-server redis-server\n# Completion of russet-server for zsh. {ORIGIN}\n\
         _arguments \\\n{lines}  '*:file:_files'\n"
    )
}

/// The completion of fish.
pub(crate) fn fish(page: &str) -> String {
    let plain = |text: &str| text.replace('\\', "").replace('\'', "\\'");
    let mut text = format!("# Completion of russet-server for fish. {ORIGIN}\n");
    for (name, does) in OPTIONS {
        text.push_str(&format!(
            "complete -c russet-server -l {name} -d '{}'\n",
            plain(does)
        ));
    }
    for setting in settings(page) {
        let values = match setting.choices() {
            Some(words) => format!(" -x -a '{words}'"),
            None => " -r".to_owned(),
        };
        let (name, summary) = (setting.name, plain(setting.summary));
        text.push_str(&format!(
            "complete -c russet-server -l {name}{values} -d '{summary}'\n"
        ));
    }
    text
}

/// The manual page of the configuration file.
pub(crate) fn manual(page: &str) -> String {
    let roff = |text: &str| {
        let text = text
            .replace('\\', "\\e")
            .replace('-', "\\-")
            .replace('`', "");
        match text.starts_with(['.', '\'']) {
            true => format!("\\&{text}"),
            false => text,
        }
    };
    let mut text = format!(
        ".\\\" {ORIGIN}\n\
         .TH RUSSET.CONF 5 \"\" \"Russet\" \"File formats\"\n\
         .SH NAME\n\
         russet.conf \\- the configuration of russet\\-server\n\
         .SH DESCRIPTION\n\
         A line is the name of a setting and its value. A line that begins with\n\
         .B #\n\
         is a comment. A value with blanks stands in double quotes, in which\n\
         .B \\en \\er \\et \\ea \\eb \\exHH\n\
         stand for the bytes they stand for in C. What comes later wins, but lines of\n\
         .B save\n\
         add up.\n\
         .B include\n\
         FILE has the lines of another file stand in its place.\n\
         .B rename\\-command\n\
         OLD NEW gives a command another name, or with \"\" none.\n\
         .B user\n\
         and\n\
         .B role\n\
         lines take the rules of ACL SETUSER.\n\
         .PP\n\
         Sizes are bytes, or have a unit: k, m and g for powers of 1000, kb, mb and gb for powers\n\
         of 1024.\n\
         .PP\n\
         .B russet\\-server \\-\\-check\\-config\n\
         FILE explains each line.\n\
         .SH SETTINGS\n"
    );
    for setting in settings(page) {
        let alias = setting
            .alias
            .map(|alias| format!(", {alias}"))
            .unwrap_or_default();
        let names = roff(&format!("{}{alias}", setting.name));
        let (values, summary) = (roff(setting.values), roff(setting.summary));
        let default = match setting.default {
            "" => "empty".to_owned(),
            default => roff(default),
        };
        text.push_str(&format!(
            ".TP\n.B {names}\n{summary}\nTakes {values}; the default is {default}.\n"
        ));
    }
    text.push_str(".SH SEE ALSO\n.BR russet\\-server (1)\n");
    text
}

#[cfg(test)]
mod tests {
    use super::{bash, fish, manual, zsh};

    const PAGE: &str = "# Settings\n\n| setting | values | default | changes | |\n\
        |---|---|---|---|---|\n\
        | `appendfsync` | everysec, always, no | `everysec` | at any time | When it is synced. |\n\
        | `slow-len`, `other-len` | integer from 0 | `128` | at any time | It's kept. |\n\
        | `aclfile` | text |  | at the start | The file. |\n";

    #[test]
    fn each_setting_is_completed_with_its_values() {
        assert!(bash(PAGE).contains("--appendfsync) COMPREPLY=($(compgen -W 'everysec always no'"));
        assert!(bash(PAGE).contains("--check-system --appendfsync --slow-len --aclfile'"));
        assert!(zsh(PAGE).contains("'*--slow-len[Its kept.]:value:' \\\n"));
        assert!(zsh(PAGE).contains("'*--aclfile[The file.]:value:_files' \\\n"));
        assert!(fish(PAGE).contains("-l slow-len -r -d 'It\\'s kept.'\n"));
    }

    #[test]
    fn the_manual_names_aliases_and_defaults() {
        let text = manual(PAGE);
        assert!(
            text.contains(".B slow\\-len, other\\-len\nIt's kept.\n"),
            "{text}"
        );
        assert!(text.contains("Takes text; the default is empty.\n"));
    }
}
