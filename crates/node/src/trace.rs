//! Keys that commands touch, compared with those that their key specs declare.
//!
//! ACL rules, cluster slots and client-side caching rely on key specs: a command that looks up
//! another key goes around them.
//!
//! Always true: without the feature `trace-keys` nothing is compared, and a call costs nothing.
//! Not here: the lookups — `trace.rs` of `russet-engine`

use crate::core::Core;
use crate::invoke::Call;

/// A command begins: what was looked up before is not its doing.
#[inline(always)]
pub(crate) fn begin() {
    #[cfg(feature = "trace-keys")]
    drop(russet_engine::take_touched_keys());
}

/// A command has run in this database.
///
/// # Panics
/// With the feature `trace-keys`, if the command has looked up a key that it does not declare.
#[inline(always)]
pub(crate) fn end(core: &Core, db: usize, call: Call<'_>) {
    #[cfg(feature = "trace-keys")]
    compare(core, db, call);
    #[cfg(not(feature = "trace-keys"))]
    let _ = (core, db, call);
}

/// Commands that are about whichever keys there are, and EXEC, which looks at those of WATCH.
#[cfg(feature = "trace-keys")]
const ANY_KEYS: &[&str] = &["debug", "exec", "keys", "randomkey", "scan", "swapdb"];

#[cfg(feature = "trace-keys")]
fn compare(core: &Core, db: usize, call: Call<'_>) {
    use russet_command::{Flags, keys::keys_told};

    let touched = russet_engine::take_touched_keys();
    let command = core.commands.get(call.permit.id());
    let is_any =
        command.spec.flags.has(Flags::READS_OTHERS) || ANY_KEYS.contains(&&*command.full_name);
    if touched.is_empty() || is_any {
        return;
    }
    let args = *call.args;
    let found = keys_told(command.spec, args);
    let declared: Vec<&[u8]> = found.iter().map(|key| &args[key.position]).collect();
    for (touched_db, key) in touched {
        assert!(
            declared.contains(&&*key),
            "{} has touched {} of database {touched_db}, which its key specs do not declare; \
             it ran in database {db} with {:?}",
            command.full_name,
            key.escape_ascii(),
            args.iter()
                .map(|arg| arg.escape_ascii().to_string())
                .collect::<Vec<_>>(),
        );
    }
}
