#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod api;
mod ast;
mod build;
mod code;
mod compile;
mod config;
mod convert;
mod debug;
mod engine;
mod error;
#[doc(hidden)]
pub mod fuzz;
mod heap;
mod host;
mod inspect;
mod lex;
mod library;
mod number;
mod parse;
mod register;
mod reply;
mod settings;
mod sha1;
mod shebang;
mod table;
mod thread;
mod value;
mod vm;

pub use config::Config;
pub use debug::{Halt, Level, Local};
pub use engine::{Engine, Errors, Progress, Script, script_sha};
pub use error::ScriptError;
pub use host::{CallContext, LogLevel, ScriptHost};
pub use register::{LOAD_MAX, Library, LibraryFunction};
pub use shebang::Flags;
pub use vm::Message;
