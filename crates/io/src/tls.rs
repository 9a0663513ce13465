//! Settings of TLS, as a service hands them to its loop: names of files and wishes, nothing read
//! yet.
//!
//! Always true: a passphrase is never shown, whoever prints the settings.
//! Not here: which transport a connection has — `listen.rs`.

use core::fmt;

/// Whether peers that connect must show a certificate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum PeerCertificate {
    /// None is asked for.
    Unwanted,
    /// One that is shown must be good.
    Optional,
    /// Without a good one there is no connection.
    #[default]
    Required,
}

/// The field of a peer's certificate that names its user.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum PeerField {
    /// No field does.
    #[default]
    Nothing,
    /// The common name of the subject.
    CommonName,
    /// The URIs among the alternative names of the subject.
    Uri,
}

/// A certificate with its key, by the files that hold them in PEM.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The certificate, and those that lead to its root.
    pub cert_file: String,
    /// The private key.
    pub key_file: String,
    /// The passphrase of the key; empty without one.
    pub passphrase: Vec<u8>,
}

/// The passphrase is left out.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("cert_file", &self.cert_file)
            .field("key_file", &self.key_file)
            .finish_non_exhaustive()
    }
}

/// All that a loop needs to speak TLS.
///
/// # Examples
/// ```
/// use russet_io::{Identity, TlsSettings};
///
/// let settings = TlsSettings {
///     server: Identity { passphrase: b"secret".to_vec(), ..Identity::default() },
///     ..TlsSettings::default()
/// };
/// assert!(!format!("{settings:?}").contains("secret"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct TlsSettings {
    /// Whom listeners say that they are.
    pub server: Identity,
    /// Whom dials say that they are; without files, the same as listeners.
    pub client: Identity,
    /// A file of certificates that are trusted; empty without one.
    pub ca_file: String,
    /// A directory of such files; empty without one.
    pub ca_dir: String,
    /// Whether dials are wanted too: they need certificates to trust.
    pub dials: bool,
    /// Whether peers must show a certificate.
    pub peer_certificate: PeerCertificate,
    /// The field that names their user.
    pub peer_field: PeerField,
    /// Versions, separated by spaces; empty for all.
    pub protocols: String,
    /// A list of ciphers of TLS 1.2 in OpenSSL's notation; empty for the usual ones.
    pub ciphers: String,
    /// A list of ciphers of TLS 1.3; empty for all.
    pub ciphersuites: String,
    /// Whether our order of ciphers counts, not the peer's.
    pub prefers_own_ciphers: bool,
    /// Whether peers may resume a session.
    pub resumes: bool,
    /// The number of sessions of TLS 1.2 that are remembered; 0: no limit.
    pub sessions_max: u32,
    /// Seconds in which a session can be resumed.
    pub session_s: u32,
}
