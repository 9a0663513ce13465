#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod check_line;
mod error;
mod layout;
mod manifest;
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
