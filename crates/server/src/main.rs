//! The Russet server binary.

fn main() {}
