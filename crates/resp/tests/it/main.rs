//! Guarantees of the codec, whatever the bytes are and however they arrive.

mod output;
mod reply;
mod request;
