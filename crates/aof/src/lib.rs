#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod check;
mod check_line;
mod error;
#[doc(hidden)]
pub mod fuzz;
mod layout;
mod manifest;
mod number;
pub mod plan;
mod reader;
mod unit;
mod writer;

pub use check_line::Line;
pub use error::{Error, Missing};
pub use layout::{BaseFormat, FileName, Layout};
pub use manifest::{Keep, Manifest, ManifestError, ManifestFault, NumbersUsedUp, Part, Units};
pub use reader::{Expect, Next, Reader};
pub use unit::{Annotation, Unit};
pub use writer::{GroupWriter, Timestamps};
