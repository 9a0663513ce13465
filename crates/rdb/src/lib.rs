#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod buffer;
mod check;
mod error;
pub mod file;
pub mod functions;
#[doc(hidden)]
pub mod fuzz;
mod input;
mod item;
mod limits;
pub mod payload;
mod pieces;
mod read;
mod shape;
mod sink;
mod stream;
mod string;
mod wire;
mod write;

pub use buffer::Buffer;
pub use error::{Error, Part};
pub use input::Input;
pub use item::{Consumer, Group, Item, Packed, Pending, ProducerFacts, StreamFacts};
pub use limits::Limits;
pub use pieces::Pieces;
pub use read::{Next, Reader};
pub use russet_pack::listpack::Entry;
pub use shape::{Shape, StreamId};
pub use sink::Sink;
pub use stream::{BlockEntry, BlockWriter, StreamBlock};
pub use string::{Piece, Text};
pub use wire::{Kind, ObjectType, Version};
pub use write::Writer;
