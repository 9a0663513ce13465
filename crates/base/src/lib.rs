//! Newtypes and pure functions shared by the Russet crates: time, chance, numbers as text, glob, quoting.
