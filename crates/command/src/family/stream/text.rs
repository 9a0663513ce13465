//! The texts of errors that only commands of streams have.
//!
//! Always true: every text begins with its code.
//! Not here: errors that other families share — `crate::error`

use crate::error::CommandError;

pub(super) const COUNT_RANGE: CommandError = CommandError::text("ERR COUNT must be > 0");
pub(super) const ELEMENTS_TOO_LARGE: CommandError =
    CommandError::text("ERR Elements are too large to be stored");
pub(super) const ENTRIES_ADDED_LOW: CommandError = CommandError::text(
    "ERR The entries_added specified in XSETID is smaller than the target stream length",
);
pub(super) const ENTRIES_ADDED_NEGATIVE: CommandError =
    CommandError::text("ERR entries_added must be positive");
pub(super) const ENTRIES_READ: CommandError =
    CommandError::text("ERR value for ENTRIESREAD must be positive or -1");
pub(super) const GROUP_EXISTS: CommandError =
    CommandError::text("BUSYGROUP Consumer Group name already exists");
pub(super) const GROUP_NEEDS_KEY: CommandError = CommandError::text(
    "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use \
     the MKSTREAM option to create an empty stream automatically.",
);
pub(super) const GROUP_OUTSIDE: CommandError = CommandError::text(
    "ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.",
);
pub(super) const GROUP_MISSING: CommandError =
    CommandError::text("ERR Missing GROUP option for XREADGROUP");
pub(super) const ID_EXHAUSTED: CommandError = CommandError::text(
    "ERR The stream has exhausted the last possible ID, unable to add more items",
);
pub(super) const ID_INVALID: CommandError =
    CommandError::text("ERR Invalid stream ID specified as stream command argument");
pub(super) const ID_NOT_ABOVE: CommandError = CommandError::text(
    "ERR The ID specified in XADD is equal or smaller than the target stream top item",
);
pub(super) const ID_ZERO: CommandError =
    CommandError::text("ERR The ID specified in XADD must be greater than 0-0");
pub(super) const INTERVAL_END: CommandError =
    CommandError::text("ERR invalid end ID for the interval");
pub(super) const INTERVAL_START: CommandError =
    CommandError::text("ERR invalid start ID for the interval");
pub(super) const LIMIT_EXACT: CommandError =
    CommandError::text("ERR syntax error, LIMIT cannot be used without the special ~ option");
pub(super) const LIMIT_NEGATIVE: CommandError =
    CommandError::text("ERR The LIMIT argument must be >= 0.");
pub(super) const LIMIT_WITHOUT_TRIM: CommandError = CommandError::text(
    "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy",
);
pub(super) const MAXLEN_NEGATIVE: CommandError =
    CommandError::text("ERR The MAXLEN argument must be >= 0.");
pub(super) const NEW_OUTSIDE: CommandError = CommandError::text(
    "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> \
     option.",
);
pub(super) const NOACK_OUTSIDE: CommandError = CommandError::text(
    "ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.",
);
pub(super) const NO_DOLLAR: CommandError = CommandError::text(
    "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this \
     consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just \
     return an empty result set.",
);
pub(super) const NO_PLUS: CommandError = CommandError::text(
    "ERR The + ID is meaningless in the context of XREADGROUP: you want to read the history of this \
     consumer by specifying a proper ID, or use the > ID to get new messages. The + ID would just \
     return an empty result set.",
);
pub(super) const SETID_BELOW_DELETED: CommandError = CommandError::text(
    "ERR The ID specified in XSETID is smaller than current max_deleted_entry_id",
);
pub(super) const SETID_BELOW_GIVEN: CommandError = CommandError::text(
    "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id",
);
pub(super) const SETID_BELOW_TOP: CommandError =
    CommandError::text("ERR The ID specified in XSETID is smaller than the target stream top item");
pub(super) const TRIM_MISSING: CommandError =
    CommandError::text("ERR syntax error, XTRIM must be called with a trimming strategy");
pub(super) const TRIM_TWICE: CommandError = CommandError::text(
    "ERR syntax error, MAXLEN and MINID options at the same time are not compatible",
);

/// A group that is not there, or a key.
pub(super) fn no_group(key: &[u8], group: &[u8]) -> CommandError {
    CommandError::quoting(&[
        b"NOGROUP No such key '",
        key,
        b"' or consumer group '",
        group,
        b"'",
    ])
}

/// A group that is not there, where XREADGROUP was to read.
pub(super) fn no_group_to_read(key: &[u8], group: &[u8]) -> CommandError {
    CommandError::quoting(&[
        b"NOGROUP No such key '",
        key,
        b"' or consumer group '",
        group,
        b"' in XREADGROUP with GROUP option",
    ])
}

/// A group that is not there, although the key is.
pub(super) fn no_group_of_key(key: &[u8], group: &[u8]) -> CommandError {
    CommandError::quoting(&[
        b"NOGROUP No such consumer group '",
        group,
        b"' for key name '",
        key,
        b"'",
    ])
}

/// Arguments that no subcommand takes.
pub(super) fn bad_subcommand(container: &str, subcommand: &[u8]) -> CommandError {
    CommandError::quoting(&[
        b"ERR unknown subcommand or wrong number of arguments for '",
        &subcommand[..subcommand.len().min(128)],
        b"'. Try ",
        container.as_bytes(),
        b" HELP.",
    ])
}

/// An option that XCLAIM does not have.
pub(super) fn bad_claim_option(option: &[u8]) -> CommandError {
    CommandError::quoting(&[b"ERR Unrecognized XCLAIM option '", option, b"'"])
}

/// Keys without identifiers, or the reverse.
pub(super) fn unbalanced(command: &str, symbol: char) -> CommandError {
    owned(format!(
        "ERR Unbalanced '{command}' list of streams: for each stream key an ID or '{symbol}' must \
         be specified."
    ))
}

/// An error with a text made at run time.
pub(super) fn owned(text: String) -> CommandError {
    CommandError::Text(text.into())
}
