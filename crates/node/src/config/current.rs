//! The configuration: a value for each row of the table, and typed fields that mirror some of them.
//!
//! Always true: a typed field equals its value, since both are written by `put` only.
//! Not here: reading a file — `file.rs`; CONFIG SET — `change.rs`; CONFIG REWRITE — `rewrite.rs`.

use std::ops::Deref;

use russet_base::glob;
use russet_io::{ListenPlan, OomScore, Role, TcpBind, TlsSettings, Transport, UnixBind};

use super::setting::Setting;
use super::table::SETTINGS;
use super::text::Rename;
use super::typed::Typed;
use super::value::{OutputLimit, Value};
use crate::acl::declared::Declared;

/// The least limit on the memory of all clients together, in bytes.
const CLIENTS_LIMIT_LEAST: u64 = 128 << 10;

/// The configuration of a server. Typed settings are read as fields: `config.port`.
#[derive(Debug, Clone)]
pub struct Config {
    pub(super) values: Box<[Value]>,
    typed: Typed,
    pub(super) renames: Vec<Rename>,
    pub(super) declared_users: Vec<Declared>,
    pub(super) declared_roles: Vec<Declared>,
    /// The contents of the file that `aclfile` names.
    users_file: Option<Vec<u8>>,
    pub(super) file: Option<ConfigFile>,
    /// Whether save points were configured, if only those that are the default.
    pub(super) has_save: bool,
}

/// The file that CONFIG REWRITE writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ConfigFile {
    pub(super) path: String,
    /// Its contents when it was last read or written.
    pub(super) text: Vec<u8>,
}

impl Default for Config {
    fn default() -> Self {
        let mut config = Self {
            values: SETTINGS.iter().map(Setting::default_value).collect(),
            typed: Typed::default(),
            renames: Vec::new(),
            declared_users: Vec::new(),
            declared_roles: Vec::new(),
            users_file: None,
            file: None,
            has_save: false,
        };
        for (setting, value) in SETTINGS.iter().zip(&config.values) {
            (setting.mirror)(&mut config.typed, value);
        }
        config
    }
}

impl Deref for Config {
    type Target = Typed;

    fn deref(&self) -> &Typed {
        &self.typed
    }
}

impl Config {
    /// Names the file that CONFIG REWRITE writes, by its absolute path, and what it holds.
    pub fn set_file(&mut self, path: String, text: Vec<u8>) {
        self.file = Some(ConfigFile { path, text });
    }

    /// Says what the working directory is, once the process has entered it.
    pub fn set_directory(&mut self, path: &str) {
        if let Some(index) = index_of(b"dir") {
            self.put(index, Value::Text(path.to_owned()));
        }
    }

    /// The path of the configuration file, if there is one.
    pub fn file_path(&self) -> Option<&str> {
        self.file.as_ref().map(|file| file.path.as_str())
    }

    /// Commands that the configuration gives other names, or none; nobody has checked them yet.
    pub fn renames(&self) -> &[Rename] {
        &self.renames
    }

    /// Says what the file holds that the setting `aclfile` names. Without it a node that has such a
    /// setting does not start.
    pub fn set_users_file(&mut self, text: Vec<u8>) {
        self.users_file = Some(text);
    }

    /// The contents of the file of users, as read at the start.
    pub(crate) fn users_file(&self) -> Option<&[u8]> {
        self.users_file.as_deref()
    }

    /// The `user` lines.
    pub(crate) fn declared_users(&self) -> &[Declared] {
        &self.declared_users
    }

    /// The `role` lines.
    pub(crate) fn declared_roles(&self) -> &[Declared] {
        &self.declared_roles
    }

    /// Whether there is a `user` or a `role` line.
    pub(crate) fn declares_users(&self) -> bool {
        !self.declared_users.is_empty() || !self.declared_roles.is_empty()
    }

    /// The value of a setting by its name or alias, as CONFIG GET shows it.
    pub fn get(&self, name: &str) -> Option<Vec<u8>> {
        index_of(name.as_bytes()).map(|index| self.shown(index))
    }

    /// The limit on the output of normal clients.
    pub fn output_limit_normal(&self) -> OutputLimit {
        self.typed.client_output_buffer_limit[0]
    }

    /// The limit on the output of subscribers.
    pub fn output_limit_pubsub(&self) -> OutputLimit {
        self.typed.client_output_buffer_limit[2]
    }

    /// The bytes that all clients together may occupy, if that is limited. It is never so low that
    /// the client which would raise it is closed first.
    pub fn clients_limit(&self) -> Option<u64> {
        let limit = self.maxmemory_clients.of(self.maxmemory);
        limit.map(|bytes| bytes.max(CLIENTS_LIMIT_LEAST))
    }

    /// The addresses and the socket that the server should be listening on.
    pub fn listen_plan(&self) -> ListenPlan {
        let clients = [
            (self.port, Transport::Plain),
            (self.tls_port, Transport::tls()),
        ];
        let clients = clients.map(|(port, transport)| (&self.bind, port, transport, Role::Client));
        let transport = match self.metrics_tls {
            true => Transport::tls(),
            false => Transport::Plain,
        };
        let metrics = (&self.metrics_bind, self.metrics_port, transport, Role::Http);
        let used = clients.into_iter().chain([metrics]);
        let used = used.filter(|(_, port, ..)| *port != 0);
        let tcp = used.flat_map(|(addresses, port, transport, role)| {
            addresses.iter().map(move |address| TcpBind {
                host: address.strip_prefix('-').unwrap_or(address).to_owned(),
                port,
                optional: address.starts_with('-'),
                role,
                transport: transport.clone(),
            })
        });
        let unix = (!self.unixsocket.is_empty()).then(|| UnixBind {
            path: self.unixsocket.clone(),
            mode: self.unixsocketperm,
            group: self.unixsocketgroup.clone(),
            ..UnixBind::default()
        });
        ListenPlan {
            tcp: tcp.collect(),
            unix,
            backlog: self.tcp_backlog,
            keepalive_s: self.tcp_keepalive,
            handshakes_per_turn: self.max_new_tls_connections_per_cycle,
        }
    }

    /// The TLS settings for the loop; none as long as no connection would use them.
    pub fn tls_settings(&self) -> Option<TlsSettings> {
        let dials = self.tls_cluster || self.tls_replication;
        let accepts = self.tls_port != 0 || self.metrics_tls && self.metrics_port != 0;
        (dials || accepts).then(|| TlsSettings {
            dials,
            ..self.tls.clone()
        })
    }

    /// The score that the out-of-memory killer is to see.
    pub fn oom_score(&self) -> OomScore {
        let score = self.oom_score_adj_values[0];
        match self.oom_score_adj {
            0 => OomScore::Unchanged,
            1 => OomScore::Relative(score),
            _ => OomScore::Absolute(score),
        }
    }

    /// The port that stands for the server where there is room for one: the plain one, if there is.
    pub fn main_port(&self) -> u16 {
        match self.port {
            0 => self.tls_port,
            port => port,
        }
    }

    /// The names and values that any of the patterns matches, each once.
    ///
    /// A pattern without special characters is a name and answers as it was written.
    pub(crate) fn find(&self, patterns: &[&[u8]]) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut found: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        // Of each setting, whether its name and its alias were found.
        let mut seen = vec![[false; 2]; SETTINGS.len()];
        for &pattern in patterns {
            if !pattern
                .iter()
                .any(|byte| matches!(byte, b'*' | b'?' | b'['))
            {
                if let Some((index, name)) = named(pattern) {
                    let is_alias = usize::from(name != SETTINGS[index].name);
                    if !std::mem::replace(&mut seen[index][is_alias], true) {
                        found.push((pattern.to_vec(), self.shown(index)));
                    }
                }
                continue;
            }
            for (index, setting) in SETTINGS.iter().enumerate().filter(|(_, s)| !s.is_hidden) {
                let names = std::iter::once(setting.name).chain(setting.alias);
                for (name, seen) in names.zip(&mut seen[index]) {
                    if !*seen && glob::matches_nocase(pattern, name.as_bytes()) {
                        *seen = true;
                        found.push((name.as_bytes().to_vec(), self.shown(index)));
                    }
                }
            }
        }
        found
    }

    fn shown(&self, index: usize) -> Vec<u8> {
        SETTINGS[index].kind.show(&self.values[index])
    }

    /// Replaces a value and gives back the one before. The only place where values change.
    pub(super) fn put(&mut self, index: usize, value: Value) -> Value {
        (SETTINGS[index].mirror)(&mut self.typed, &value);
        std::mem::replace(&mut self.values[index], value)
    }
}

/// The row of a name or alias, in any case.
pub(super) fn index_of(name: &[u8]) -> Option<usize> {
    named(name).map(|(index, _)| index)
}

/// The row of a name or alias, in any case, and which of the two it is, as the table spells it.
pub(super) fn named(name: &[u8]) -> Option<(usize, &'static str)> {
    let is = |known: &&str| known.as_bytes().eq_ignore_ascii_case(name);
    let spelled = |setting: &Setting| Some(setting.name).filter(is).or(setting.alias.filter(is));
    SETTINGS
        .iter()
        .enumerate()
        .find_map(|(index, setting)| spelled(setting).map(|known| (index, known)))
}

/// Whether the value of the setting with this name is kept out of logs.
pub(crate) fn is_sensitive(name: &[u8]) -> bool {
    named(name).is_some_and(|(index, _)| SETTINGS[index].is_sensitive)
}

/// Every row of the table, in alphabetical order.
pub(crate) fn rows() -> &'static [Setting] {
    SETTINGS
}
