//! Rules: what they make, what they show, and that reading back what is shown makes the same.

use proptest::prelude::*;
use russet_command::Registry;

use super::rule::RuleError;
use super::selector::Channels;
use super::users::SetError;
use super::*;
use crate::core::Handler;
use crate::registry;

fn table() -> Registry<Handler> {
    registry::commands(&[])
}

fn set(users: &mut Users, table: &Registry<Handler>, rules: &[&str]) -> Result<Changed, SetError> {
    let book = Rulebook {
        table,
        channels: Channels::by_default(false),
    };
    let rules: Vec<&[u8]> = rules.iter().map(|rule| rule.as_bytes()).collect();
    users.set(b"alice", rules, &book)
}

fn line(users: &Users) -> String {
    let user = users.find(b"alice").expect("she is there");
    String::from_utf8(user.line()).expect("rules are text")
}

/// The line of a user that these rules make.
fn made(rules: &[&str]) -> String {
    let mut users = Users::default();
    set(&mut users, &table(), rules).expect("the rules are right");
    line(&users)
}

#[test]
fn rules_are_shown_as_redis_shows_them() {
    let hash = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
    let cases: &[(&[&str], &str)] = &[
        (&[], "off sanitize-payload resetchannels -@all"),
        (
            &["on", "nopass"],
            "on nopass sanitize-payload resetchannels -@all",
        ),
        (
            &["nopass", ">x"],
            &format!("off sanitize-payload #{hash} resetchannels -@all"),
        ),
        (
            &[">x", ">x", "<x"],
            "off sanitize-payload resetchannels -@all",
        ),
        (
            &["~a", "%R~b", "%w~b", "%RW~c"],
            "off sanitize-payload ~a ~b ~c resetchannels -@all",
        ),
        (
            &["%R~a", "%W~b"],
            "off sanitize-payload %R~a %W~b resetchannels -@all",
        ),
        (
            &["ALLKEYS", "&a", "&b"],
            "off sanitize-payload ~* resetchannels &a &b -@all",
        ),
        (&["&a", "allchannels"], "off sanitize-payload &* -@all"),
        (
            &["%RW~*", "~a"],
            "off sanitize-payload %RW~* ~a resetchannels -@all",
        ),
        (
            &["+SELECT|A", "+Config|Get"],
            "off sanitize-payload resetchannels -@all +select|a +config|get",
        ),
        (
            &["+config|get", "+config"],
            "off sanitize-payload resetchannels -@all +config",
        ),
        (
            &["+select|0", "-select"],
            "off sanitize-payload resetchannels -@all -select",
        ),
        (
            &["+@all", "-@string", "+get"],
            "off sanitize-payload resetchannels +@all -@string +get",
        ),
        (
            &["+get", "+@all"],
            "off sanitize-payload resetchannels +@all",
        ),
        (
            &["db=3,1,03"],
            "off sanitize-payload resetchannels db=1,3 -@all",
        ),
        (
            &["db=1", "resetdbs"],
            "off sanitize-payload resetchannels resetdbs -@all",
        ),
        (
            &["()"],
            "off sanitize-payload resetchannels -@all (resetchannels -@all)",
        ),
        (
            &["(~a", "+get", ")"],
            "off sanitize-payload resetchannels -@all (~a resetchannels -@all +get)",
        ),
        (
            &["on", "~*", "(~a)", "skip-sanitize-payload", "reset"],
            "off sanitize-payload resetchannels -@all",
        ),
    ];
    for (rules, shown) in cases {
        assert_eq!(made(rules), format!("user alice {shown}"), "{rules:?}");
    }
}

#[test]
fn a_rule_that_does_not_fit_changes_nothing() {
    let cases: &[(&[&str], RuleError)] = &[
        (&["foo"], RuleError::Syntax),
        (&["%~a"], RuleError::Syntax),
        (&["%RR~a"], RuleError::Syntax),
        (&["%R"], RuleError::Syntax),
        (&["~a b"], RuleError::Syntax),
        (&["&a\tb"], RuleError::Syntax),
        (&["(on)"], RuleError::Syntax),
        (&["(~a (~b))"], RuleError::Syntax),
        (&[")"], RuleError::Syntax),
        (&["+debug|"], RuleError::Syntax),
        (&["+debug|a b"], RuleError::Syntax),
        (&["db="], RuleError::Syntax),
        (&["db=1,"], RuleError::Syntax),
        (&["db=-1"], RuleError::DatabaseRange),
        (&["db=2147483648"], RuleError::DatabaseRange),
        (&["+nosuch"], RuleError::Unknown),
        (&["+"], RuleError::Unknown),
        (&["-config|nosuch"], RuleError::Unknown),
        (&["+config|nosuch"], RuleError::Unknown),
        (&["-select|0"], RuleError::Unknown),
        (&["+get|a|b"], RuleError::Unknown),
        (&["+@nosuch"], RuleError::Unknown),
        (&["+@"], RuleError::Unknown),
        (&["+config|get|x"], RuleError::FirstArgument),
        (&["~*", "~a"], RuleError::AfterAllKeys),
        (&["&*", "&a"], RuleError::AfterAllChannels),
        (&["<x"], RuleError::NoSuchPassword),
        (&["#x"], RuleError::BadDigest),
    ];
    let (table, mut users) = (table(), Users::default());
    set(&mut users, &table, &["on"]).expect("the rules are right");
    let before = users.clone();
    for (rules, why) in cases {
        let last = rules.last().expect("there is one").as_bytes().to_vec();
        let refused = set(&mut users, &table, rules).expect_err("it does not fit");
        assert_eq!(refused, SetError::Rule(last, *why), "{rules:?}");
        assert_eq!(users, before);
    }
    let refused = set(&mut users, &table, &["on", "(~a", "+get"]).expect_err("it has no end");
    assert_eq!(refused, SetError::Unmatched(b"(~a".to_vec()));
}

#[test]
fn a_user_of_ten_rules_is_restricted_and_one_with_all_rights_is_not() {
    let table = table();
    let mut users = Users::default();
    assert!(!users.default_user().is_restricted());
    for (rules, is_restricted) in [
        (&["+@all", "~*"][..], true),
        (&["&*"], false),
        (&["-get"], true),
        (&["(+@all ~* &*)"], false),
        (&["clearselectors"], true),
        (&["+@all", "db=1"], true),
        (&["alldbs"], false),
    ] {
        let changed = set(&mut users, &table, rules).expect("the rules are right");
        assert_eq!(changed.new.is_restricted(), is_restricted, "{rules:?}");
    }
}

#[test]
fn channels_that_a_change_takes_away_are_found_by_the_rules() {
    let table = table();
    for (before, after, is_kept) in [
        (&["&a", "&b"][..], &["&c"][..], true),
        (&["&a"], &["allchannels"], true),
        (&["allchannels"], &["resetchannels", "&a"], false),
        (&["&a*"], &["resetchannels", "&ab"], false),
        (&["&a"], &["resetchannels", "(&a)"], true),
    ] {
        let mut users = Users::default();
        set(&mut users, &table, before).expect("the rules are right");
        let changed = set(&mut users, &table, after).expect("the rules are right");
        let old = changed.old.expect("she was there");
        assert_eq!(
            changed.new.may_channels_of(&old),
            is_kept,
            "{before:?} {after:?}"
        );
    }
    let mut users = Users::default();
    let changed = set(&mut users, &table, &["&a*", "&b"]).expect("the rules are right");
    let may = |channel: &str, is_pattern| changed.new.may_channel(channel.as_bytes(), is_pattern);
    assert!(may("ab", false) && may("b", false) && may("a*", true));
    assert!(!may("c", false) && !may("ab", true) && !may("b*", true));
}

fn rule() -> impl Strategy<Value = String> {
    let word = "[a-c*?\\[\\]\"'\\\\)(|]{0,4}";
    let grant = prop_oneof![
        Just("allkeys".to_owned()),
        Just("resetkeys".to_owned()),
        Just("allchannels".to_owned()),
        Just("resetchannels".to_owned()),
        Just("+@all".to_owned()),
        Just("-@all".to_owned()),
        Just("alldbs".to_owned()),
        Just("resetdbs".to_owned()),
        "[+-](@read|@write|@slow|get|set|config|config\\|get|client|select)",
        word.prop_map(|word| format!("+select|{word}")),
        word.prop_map(|word| format!("~{word}")),
        word.prop_map(|word| format!("%R~{word}")),
        word.prop_map(|word| format!("%W~{word}")),
        word.prop_map(|word| format!("&{word}")),
        "db=[0-9](,[0-9]){0,2}",
    ];
    let grants = proptest::collection::vec(grant.clone(), 0..6);
    prop_oneof![
        6 => grant,
        2 => grants.prop_map(|grants| format!("({})", grants.join(" "))),
        1 => "(on|off|nopass|resetpass|reset|clearselectors|skip-sanitize-payload)",
        1 => "[><][a-c ]{0,3}",
        1 => "(resetroles|role=(r|s|t)(,(r|s)){0,2})",
    ]
}

proptest! {
    #[test]
    fn a_user_that_is_shown_and_read_back_is_the_same(
        rules in proptest::collection::vec(("[rsu]", rule()), 0..20),
    ) {
        let (table, mut users) = (table(), Users::default());
        let book = Rulebook { table: &table, channels: Channels::by_default(false) };
        for (name, rule) in &rules {
            let _ = match name.as_str() {
                "u" => set(&mut users, &table, &[rule]).map(drop),
                role => users.set_role(role.as_bytes(), [rule.as_bytes()], &book).map(drop),
            };
        }
        let _ = set(&mut users, &table, &[]);
        let text = file::write(&users);
        let read = file::read(&text, "f", &book);
        let read = read.map_err(|error| String::from_utf8_lossy(&error).into_owned());
        let read = read.expect("it loads");
        prop_assert_eq!(file::write(&read), text);
        let (one, other) = (users.find(b"alice"), read.find(b"alice"));
        let count = |user: &std::sync::Arc<User>| user.selectors().len();
        prop_assert_eq!(one.map(count), other.map(count));
    }
}

#[test]
fn the_selectors_of_roles_are_added_once_behind_all_rules() {
    let (mut users, table) = (Users::default(), table());
    let book = Rulebook {
        table: &table,
        channels: Channels::All,
    };
    let rules: [&[u8]; 3] = [b"(~a +get)", b"(~b +get)", b"(~* +@all)"];
    users.set_role(b"r", rules, &book).unwrap();
    let mut user = User::new(b"alice", &book.channels);
    for (rule, count) in [("role=r", 1), ("(~c +get)", 2), ("role=r", 2), ("~k", 2)] {
        user.apply(rule.as_bytes(), &book, users.roles()).unwrap();
        assert_eq!(user.selectors().len(), count, "{rule}");
    }
    let user = users.put(user);
    assert_eq!((user.selectors().len(), user.own_selectors().len()), (6, 2));
    assert!(!user.is_restricted());
}

#[test]
fn roles_of_a_file_may_stand_behind_their_users_and_errors_in_them_are_named() {
    let table = table();
    let book = Rulebook {
        table: &table,
        channels: Channels::by_default(false),
    };
    let text = b"user alice role=b,a\nrole a ~* +@all\nrole b &*\n";
    let users = file::read(text, "f", &book).expect("it is right");
    let alice = users.find(b"alice").expect("she is there");
    assert_eq!(alice.selectors().len(), 3);
    assert!(alice.is_restricted(), "no selector alone allows everything");
    let text = b"role\nrole a,b\nrole a\nrole a\nrole b >secret on\nrole c +nosuch (+get\n\
                 role d +nosuch\nuser alice role=e\n";
    let errors = file::read(text, "f", &book).expect_err("it is wrong");
    assert_eq!(
        String::from_utf8_lossy(&errors),
        "f:1: role line requires a role name. \
         f:2: invalid role name 'a,b': Role names can't contain commas. \
         WARNING: Duplicate role 'a' found on line 4. \
         f:5: Error in role declaration: Syntax error. \
         f:6: Unmatched parenthesis in selector definition.\
         f:7: Error in role declaration: Error in applying operation '+nosuch': Unknown command or \
         category name in ACL. \
         f:8: The specified ACL role does not exist. \
         WARNING: ACL errors detected, no change to the previously active ACL rules was performed"
    );
}

#[test]
fn a_file_with_errors_gives_no_users_and_names_each() {
    let table = table();
    let book = Rulebook {
        table: &table,
        channels: Channels::by_default(false),
    };
    let text = b"user alice on +nosuch ~* ~a ~b\n\nalice\nuser a\tb\nuser bob (~a\nuser bob\n";
    let errors = file::read(text, "f", &book).expect_err("it is wrong");
    assert_eq!(
        String::from_utf8_lossy(&errors),
        "f:1: Error in applying operation '+nosuch': Unknown command or category name in ACL. \
         f:1: Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not \
         have any effect. Try 'resetkeys' to start with an empty list of patterns. \
         f:3 should start with user keyword followed by the username. \
         'f:4: username 'a\tb' contains invalid characters. \
         f:5: Unmatched parenthesis in selector definition.\
         WARNING: Duplicate user 'bob' found on line 6. \
         WARNING: ACL errors detected, no change to the previously active ACL rules was performed"
    );
    let users = file::read(b" user alice on nopass \r\n", "f", &book).expect("it is right");
    assert_eq!(users.iter().len(), 2);
    assert!(!users.default_user().is_restricted());
}
