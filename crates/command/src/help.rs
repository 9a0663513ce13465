//! The HELP subcommand of containers: a title, what each subcommand does, and HELP itself.

use russet_resp::Reply;

/// Writes the reply: a title of the protocol's form, these lines, and the lines about HELP.
pub fn write(reply: &mut Reply<'_>, container: &str, lines: &[&str]) {
    reply.array(lines.len() + 3);
    reply.simple(&format!(
        "{container} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"
    ));
    for line in lines {
        reply.simple(line);
    }
    reply.simple("HELP");
    reply.simple("    Print this help.");
}
