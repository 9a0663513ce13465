#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod check;
mod error;
mod input;
mod item;
pub mod payload;
mod read;
mod stream;
mod string;
mod wire;
mod write;

pub use error::{Error, Part};
pub use input::Input;
pub use item::{
    Consumer, Group, Item, Packed, Pending, ProducerFacts, Shape, StreamFacts, StreamId,
};
pub use read::ObjectReader;
pub use russet_pack::listpack::Entry;
pub use stream::{BlockEntry, BlockWriter, StreamBlock};
pub use string::Text;
pub use wire::{Kind, ObjectType, Version};
pub use write::Writer;
