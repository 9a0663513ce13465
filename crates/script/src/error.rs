//! Why a script or library is not accepted.
//!
//! Always true: the text is the one of the protocol, without the code `ERR`.
//! Not here: errors while a script runs, which are replies — `reply.rs`

/// Why a script is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScriptError {
    /// Its first line is invalid.
    #[error("{0}")]
    Shebang(String),
    /// It does not compile.
    #[error("{0}")]
    Syntax(String),
    /// A library does not register its functions.
    #[error("{0}")]
    Registration(String),
    /// There is no memory for it.
    #[error("not enough memory")]
    Memory,
}
