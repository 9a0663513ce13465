//! Redis data commands over the Russet key space: table, argument grammar, handlers.
