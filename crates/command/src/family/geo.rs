//! Commands of the geo family: positions are the scores of a sorted set.
//!
//! ```text
//!  member.rs   GEOADD, GEODIST, GEOHASH, GEOPOS       cell.rs    positions as numbers
//!  search.rs   GEOSEARCH…, GEORADIUS…             shape.rs   distances, circles, boxes, polygons
//!  options.rs  what a search asks for                 area.rs    cells around a shape
//!  unit.rs     units and positions, in and out
//! ```
//! Always true: `cell.rs`, `shape.rs` and `area.rs` know numbers only.
//! Not here: sorted sets — `sorted_set.rs`.

mod area;
mod cell;
mod member;
mod options;
mod search;
mod shape;
mod unit;

use super::rows::DataRow;
use crate::ctx::Handler;
use crate::row::Arity::AtLeast;
use crate::row::{Begin, Family, Find, Group, KeyFlags, KeySpec};

const READS: KeyFlags = KeyFlags::RO.with(KeyFlags::ACCESS);
const OVERWRITES: KeyFlags = KeyFlags::OW.with(KeyFlags::UPDATE);

const KEY_READ: &[KeySpec] = &[KeySpec::one(1, READS)];

/// A key behind a word that is searched from an argument on.
const fn after(word: &'static str, from: i8) -> KeySpec {
    KeySpec {
        begin: Begin::Keyword(word, from),
        find: Find::Range {
            last: 0,
            step: 1,
            limit: 0,
        },
        flags: OVERWRITES,
        notes: "",
    }
}

const RADIUS_KEYS: &[KeySpec] = &[
    KeySpec::one(1, READS),
    after("STORE", 6),
    after("STOREDIST", 6),
];
const MEMBER_KEYS: &[KeySpec] = &[
    KeySpec::one(1, READS),
    after("STORE", 5),
    after("STOREDIST", 5),
];

const ANY_CAME: (&str, &str) = ("6.2.0", "`ANY` of `COUNT`.");
const UNITS_CAME: (&str, &str) = ("7.0.0", "Units in upper case.");
const POLYGON_CAME: (&str, &str) = ("V9.0.0", "`BYPOLYGON`.");

const SEARCH_COST: &str = "O(N+log(M)) where N is the number of members in the cells around the \
                           shape and M the number of members.";

/// The geo family.
pub const FAMILY: Family<Handler> = Family {
    group: Group::Geo,
    rows: &[
        DataRow::write("GEOADD", AtLeast(5), member::geoadd)
            .takes(
                "key [NX | XX]:condition{6.2.0} [CH:change]{6.2.0} \
                 longitude:double latitude:double member \
                 [longitude:double latitude:double member ...]:data",
            )
            .keys(&[KeySpec::one(1, KeyFlags::RW.with(KeyFlags::UPDATE))])
            .deny_oom()
            .since("3.2.0")
            .history(&[("6.2.0", "`CH`, `NX` and `XX`.")])
            .cost("O(log(N)) for each member, where N is the number of members.")
            .does("Adds members at positions, or moves them."),
        DataRow::read("GEODIST", AtLeast(4), member::geodist)
            .takes("key member1 member2 [M | KM | FT | MI]:unit")
            .keys(KEY_READ)
            .since("3.2.0")
            .cost("O(1)")
            .does("Returns the distance of two members."),
        DataRow::read("GEOHASH", AtLeast(2), member::geohash)
            .takes("key [member [member ...]]")
            .keys(KEY_READ)
            .since("3.2.0")
            .cost("O(N) where N is the number of members asked for.")
            .does("Returns positions as geohashes of 11 digits."),
        DataRow::read("GEOPOS", AtLeast(2), member::geopos)
            .takes("key [member [member ...]]")
            .keys(KEY_READ)
            .since("3.2.0")
            .cost("O(N) where N is the number of members asked for.")
            .does("Returns longitudes and latitudes of members."),
        DataRow::write("GEORADIUS", AtLeast(6), search::georadius)
            .takes(
                "key longitude:double latitude:double radius:double <M | KM | FT | MI>:unit \
                 [WITHCOORD] [WITHDIST] [WITHHASH] [(COUNT count [ANY]{6.2.0}):count-block] \
                 [ASC | DESC]:order [STORE key=storekey:key | STOREDIST key=storedistkey:key]:store",
            )
            .keys(RADIUS_KEYS)
            .deny_oom()
            .since("3.2.0")
            .history(&[ANY_CAME, UNITS_CAME])
            .cost(SEARCH_COST)
            .does("Returns or stores the members within a radius of a position.")
            .deprecated("6.2.0", "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument"),
        DataRow::write("GEORADIUSBYMEMBER", AtLeast(5), search::georadiusbymember)
            .takes(
                "key member radius:double <M | KM | FT | MI>:unit [WITHCOORD] [WITHDIST] \
                 [WITHHASH] [(COUNT count [ANY]):count-block] [ASC | DESC]:order \
                 [STORE key=storekey:key | STOREDIST key=storedistkey:key]:store",
            )
            .keys(MEMBER_KEYS)
            .deny_oom()
            .since("3.2.0")
            .history(&[ANY_CAME, UNITS_CAME])
            .cost(SEARCH_COST)
            .does("Returns or stores the members within a radius of another member.")
            .deprecated(
                "6.2.0",
                "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments",
            ),
        DataRow::read("GEORADIUSBYMEMBER_RO", AtLeast(5), search::georadiusbymember_ro)
            .takes(
                "key member radius:double <M | KM | FT | MI>:unit [WITHCOORD] [WITHDIST] \
                 [WITHHASH] [(COUNT count [ANY]):count-block] [ASC | DESC]:order",
            )
            .keys(KEY_READ)
            .since("3.2.10")
            .history(&[ANY_CAME, UNITS_CAME])
            .cost(SEARCH_COST)
            .does("Returns the members within a radius of another member.")
            .deprecated(
                "6.2.0",
                "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments",
            ),
        DataRow::read("GEORADIUS_RO", AtLeast(6), search::georadius_ro)
            .takes(
                "key longitude:double latitude:double radius:double <M | KM | FT | MI>:unit \
                 [WITHCOORD] [WITHDIST] [WITHHASH] [(COUNT count [ANY]{6.2.0}):count-block] \
                 [ASC | DESC]:order",
            )
            .keys(KEY_READ)
            .since("3.2.10")
            .history(&[ANY_CAME, UNITS_CAME])
            .cost(SEARCH_COST)
            .does("Returns the members within a radius of a position.")
            .deprecated("6.2.0", "`GEOSEARCH` with the `BYRADIUS` argument"),
        DataRow::read("GEOSEARCH", AtLeast(7), search::geosearch)
            .takes(
                "key <FROMMEMBER member | FROMLONLAT (longitude:double latitude:double)>:from \
                 <(BYRADIUS radius:double <M | KM | FT | MI>:unit):circle | \
                 (BYBOX width:double height:double <M | KM | FT | MI>:unit):box | \
                 (BYPOLYGON num-vertices:integer longitude:double latitude:double \
                 [longitude:double latitude:double ...]:vertices):polygon>:by \
                 [ASC | DESC]:order [(COUNT count [ANY]):count-block] [WITHCOORD] [WITHDIST] \
                 [WITHHASH]",
            )
            .keys(KEY_READ)
            .since("6.2.0")
            .history(&[UNITS_CAME, POLYGON_CAME])
            .cost(SEARCH_COST)
            .does("Returns the members in a circle, a box or a polygon."),
        DataRow::write("GEOSEARCHSTORE", AtLeast(8), search::geosearchstore)
            .takes(
                "destination:key source:key \
                 <FROMMEMBER member | FROMLONLAT (longitude:double latitude:double)>:from \
                 <(BYRADIUS radius:double <M | KM | FT | MI>:unit):circle | \
                 (BYBOX width:double height:double <M | KM | FT | MI>:unit):box | \
                 (BYPOLYGON num-vertices:integer longitude:double latitude:double \
                 [longitude:double latitude:double ...]:vertices):polygon>:by \
                 [ASC | DESC]:order [(COUNT count [ANY]):count-block] [STOREDIST]",
            )
            .keys(&[KeySpec::one(1, OVERWRITES), KeySpec::one(2, READS)])
            .deny_oom()
            .since("6.2.0")
            .history(&[UNITS_CAME, POLYGON_CAME])
            .cost(SEARCH_COST)
            .does("Stores the members in a circle, a box or a polygon."),
    ],
};

const _: () = FAMILY.check();
