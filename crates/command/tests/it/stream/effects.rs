//! Changes counted, events, and what goes to the journal.

use crate::world::check_effects;

#[test]
fn entries_are_recorded_with_the_identifiers_that_they_got() {
    check_effects(&[
        ("XADD s 1-1 f v", "1 | new s, xadd s | verbatim"),
        ("XADD s 1-* f v", "1 | xadd s | XADD s 1-2 f v"),
        ("XADD s * f v", "1 | xadd s | XADD s 1700000000000-0 f v"),
        ("XADD s 1-1 f v", "0 |  | "),
        ("XADD none NOMKSTREAM * f v", "0 |  | "),
        (
            "XADD s MAXLEN = 2 * limit 5",
            "1 | xadd s, xtrim s | XADD s MAXLEN = 2 1700000000000-1 limit 5",
        ),
        (
            "XADD s MAXLEN ~ 1 LIMIT 10 * limit 5",
            "1 | xadd s | XADD s MAXLEN = 3 1700000000000-2 limit 5",
        ),
        (
            "XADD s NOMKSTREAM MINID ~ 5 1800000000000-0 f v",
            "1 | xadd s | XADD s NOMKSTREAM MINID = 1700000000000-0 1800000000000-0 f v",
        ),
        (
            "XADD p LIMIT 0 IDMP me n1 MAXLEN ~ 5 * f v",
            "1 | new p, xadd p | XADD p MAXLEN = 1 1700000000000-0 f v; \
             XIDMPRECORD p me n1 1700000000000-0",
        ),
        ("XADD p IDMP me n1 * f other", "0 |  | "),
        ("XCFGSET p IDMP-MAXSIZE 5", "1 |  | verbatim"),
        ("XIDMPRECORD p me n1 1700000000000-0", "1 |  | verbatim"),
        ("XIDMPRECORD p me n1 1700000000000-0", "0 |  | "),
    ]);
}

#[test]
fn trims_are_recorded_by_what_they_left() {
    check_effects(&[
        ("XADD s 1-1 f v", "1 | new s, xadd s | verbatim"),
        ("XADD s 2-1 f v", "1 | xadd s | verbatim"),
        ("XADD s 3-1 f v", "1 | xadd s | verbatim"),
        ("XTRIM s MAXLEN ~ 2", "0 |  | "),
        ("XTRIM s MINID 2", "1 | xtrim s | verbatim"),
        ("XTRIM s MAXLEN ~ 0", "2 | xtrim s | XTRIM s MAXLEN = 0"),
        ("XADD s 4-1 f v", "1 | xadd s | verbatim"),
        (
            "XTRIM s MINID ~ 9 LIMIT 100 KEEPREF",
            "1 | xtrim s | XTRIM s MINID = 18446744073709551615-18446744073709551615 KEEPREF",
        ),
        ("XTRIM s MAXLEN 0", "0 |  | "),
        ("XADD s 5-1 f v", "1 | xadd s | verbatim"),
        ("XDEL s 5-1 6-1", "1 | xdel s | verbatim"),
        ("XDEL s 5-1", "0 |  | "),
        ("XADD s 6-1 f v", "1 | xadd s | verbatim"),
        ("XDELEX s IDS 2 6-1 7-1", "1 | xdel s | verbatim"),
        ("XDELEX s IDS 1 6-1", "0 |  | "),
        ("XSETID s 9-9", "1 | xsetid s | verbatim"),
        ("XLEN none", "0 | keymiss none | "),
        ("XRANGE none - +", "0 | keymiss none | "),
    ]);
}

#[test]
fn reads_of_groups_are_recorded_by_who_has_what() {
    check_effects(&[
        (
            "XGROUP CREATE s g $ MKSTREAM",
            "1 | new s, xgroup-create s | verbatim",
        ),
        ("XGROUP CREATE s h 0", "1 | xgroup-create s | verbatim"),
        ("XADD s 1-1 f v", "1 | xadd s | verbatim"),
        ("XADD s 2-1 f v", "1 | xadd s | verbatim"),
        (
            "XREADGROUP GROUP g ann COUNT 1 STREAMS s >",
            "2 | xgroup-createconsumer s | XCLAIM s g ann 0 1-1 TIME 1700000000000 RETRYCOUNT 1 \
             FORCE JUSTID LASTID 1-1; XGROUP SETID s g 1-1 ENTRIESREAD 1",
        ),
        ("XREADGROUP GROUP g ann STREAMS s 0", "0 |  | "),
        (
            "XREADGROUP GROUP h ann NOACK STREAMS s >",
            "2 | xgroup-createconsumer s | XGROUP CREATECONSUMER s h ann; \
             XGROUP SETID s h 2-1 ENTRIESREAD 2",
        ),
        ("XREADGROUP GROUP h ann STREAMS s >", "0 |  | "),
        (
            "XCLAIM s g bob 0 1-1 RETRYCOUNT 7 IDLE 5",
            "2 | xgroup-createconsumer s | XCLAIM s g bob 0 1-1 TIME 1699999999995 RETRYCOUNT 7 \
             FORCE JUSTID LASTID 1-1",
        ),
        (
            "XCLAIM s g bob 0 9-1 LASTID 2-1",
            "1 |  | XGROUP SETID s g 2-1 ENTRIESREAD 1",
        ),
        (
            "XAUTOCLAIM s g ann 0 - JUSTID",
            "1 |  | XCLAIM s g ann 0 1-1 TIME 1700000000000 RETRYCOUNT 7 FORCE JUSTID LASTID 2-1",
        ),
        ("XDEL s 1-1", "1 | xdel s | verbatim"),
        (
            "XAUTOCLAIM s g bob 0 -",
            "1 |  | XCLAIM s g ann 0 1-1 TIME 1700000000000 RETRYCOUNT 7 FORCE JUSTID LASTID 2-1",
        ),
        ("XACK s g 1-1", "0 |  | "),
        ("XADD s 3-1 f v", "1 | xadd s | verbatim"),
        (
            "XREADGROUP GROUP g ann STREAMS s >",
            "1 |  | XCLAIM s g ann 0 3-1 TIME 1700000000000 RETRYCOUNT 1 FORCE JUSTID LASTID 3-1; \
             XGROUP SETID s g 3-1 ENTRIESREAD 2",
        ),
        (
            "XREADGROUP GROUP g bob CLAIM 0 STREAMS s >",
            "1 |  | XCLAIM s g bob 0 3-1 TIME 1700000000000 RETRYCOUNT 2 FORCE JUSTID LASTID 3-1",
        ),
        ("XNACK s g FAIL IDS 2 3-1 9-1", "1 |  | verbatim"),
        ("XACKDEL s g IDS 2 3-1 9-1", "1 | xdel s | verbatim"),
        ("XACK s g 3-1", "0 |  | "),
        (
            "XGROUP CREATECONSUMER s g eve",
            "1 | xgroup-createconsumer s | verbatim",
        ),
        ("XGROUP CREATECONSUMER s g eve", "0 |  | "),
        (
            "XGROUP DELCONSUMER s g eve",
            "1 | xgroup-delconsumer s | verbatim",
        ),
        ("XGROUP SETID s g 0", "1 | xgroup-setid s | verbatim"),
        ("XGROUP DESTROY s g", "1 | xgroup-destroy s | verbatim"),
        ("XGROUP DESTROY s g", "0 |  | "),
        (
            "XREADGROUP GROUP g ann STREAMS none >",
            "0 | keymiss none | ",
        ),
    ]);
}
