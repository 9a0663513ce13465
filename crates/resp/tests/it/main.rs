//! What the codec promises whatever the bytes are and however they arrive.

mod output;
mod reply;
mod request;
