//! The one door to every chore of the workspace.

fn main() {}
