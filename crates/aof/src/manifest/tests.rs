use super::*;

fn parse(text: &str) -> Result<Manifest, ManifestError> {
    Manifest::parse(text.as_bytes())
}

fn refused(text: &str) -> ManifestFault {
    parse(text).expect_err(text).fault
}

fn layout() -> Layout {
    Layout::new(FileName::new("appendonly.aof").unwrap()).unwrap()
}

fn names<'a>(parts: impl IntoIterator<Item = &'a Part>) -> Vec<&'a str> {
    parts.into_iter().map(|part| part.name.as_str()).collect()
}

#[test]
fn the_text_of_redis_is_read_and_written_back() {
    let text = "file appendonly.aof.2.base.rdb seq 2 type b\n\
                file appendonly.aof.1.incr.aof seq 1 type h\n\
                file appendonly.aof.4.incr.aof seq 4 type i startoffset 0 endoffset 77\n\
                file appendonly.aof.9.incr.aof seq 9 type i startoffset 77\n";
    let manifest = parse(text).unwrap();
    assert_eq!(names(manifest.base()), ["appendonly.aof.2.base.rdb"]);
    assert_eq!(names(manifest.history()), ["appendonly.aof.1.incr.aof"]);
    assert_eq!(manifest.incrs()[0].end_offset, Some(77));
    assert_eq!(manifest.last_incr().unwrap().seq, 9);
    assert_eq!(String::from_utf8(manifest.to_text()).unwrap(), text);
}

#[test]
fn what_redis_refuses_is_refused_with_its_text() {
    let a = "file a seq 1 type i\n";
    let long = format!("file {} seq 1 type i\n", "x".repeat(1100));
    for (text, fault) in [
        ("", ManifestFault::Empty),
        ("\n", ManifestFault::Format),
        (" \t\n", ManifestFault::Format),
        (
            &*format!("{a}\nfile b seq 2 type i\n"),
            ManifestFault::Format,
        ),
        (&a[..a.len() - 1], ManifestFault::LineTooLong),
        (&long, ManifestFault::LineTooLong),
        ("file a\0 seq 1 type i\n", ManifestFault::LineTooLong),
        ("filx a seq 1 type b\n", ManifestFault::Format),
        ("file a type i\n", ManifestFault::Format),
        ("file a seq 1 type i key\n", ManifestFault::Format),
        ("file a seq 0 type i\n", ManifestFault::Format),
        ("file a seq x type i\n", ManifestFault::Format),
        ("file a seq 1 type \"\"\n", ManifestFault::Format),
        ("file \"a seq 1 type i\n", ManifestFault::Format),
        ("file a/b seq 1 type i\n", ManifestFault::Path),
        ("file a\\b seq 1 type i\n", ManifestFault::Path),
        ("file a seq 1 type x\n", ManifestFault::UnknownType),
        ("file a seq -1 type i\n", ManifestFault::NotMonotonic),
        (&format!("{a}{a}"), ManifestFault::NotMonotonic),
        (
            "file a seq 1 type b\nfile b seq 2 type b\n",
            ManifestFault::DuplicateBase,
        ),
    ] {
        assert_eq!(refused(text), fault, "{text:?}");
    }
}

#[test]
fn names_that_leave_the_directory_are_refused() {
    for name in ["..", ".", "\"\"", "../a", "/etc/passwd", "\"\\xff\""] {
        let text = format!("file {name} seq 1 type i\n");
        assert_eq!(refused(&text), ManifestFault::Path, "{name}");
    }
}

#[test]
fn what_redis_tolerates_is_accepted() {
    for text in [
        "#\n",
        "# a comment\nfile a seq 1 type i\n",
        "FILE a SEQ 1 TYPE i\n",
        "  file a seq 1 type i \t\r\n",
        "type i seq 1 file a\n",
        "file a seq 1 type i key value\n",
        "file a seq 1x type incr\n",
        "file b seq 1 type b file a seq 1 type i\n",
        "file a seq +1 type i\nfile c seq 3 type i\n",
        "file a seq 1 type i\nfile b seq -5 type b\n",
        "file a seq 1 type i\n# the last line without its end",
    ] {
        parse(text).expect(text);
    }
    let long = format!("#{}file a seq 1 type i\n", "x".repeat(1023));
    assert_eq!(names(parse(&long).unwrap().incrs()), ["a"]);
}

#[test]
fn the_line_at_fault_is_told() {
    let error = parse("# one\nfile a seq 1 type i\n  file b seq 1 type i \n").unwrap_err();
    assert_eq!(error.line, Some((3, b"file b seq 1 type i".to_vec())));
    assert_eq!(error.to_string(), "Found a non-monotonic sequence number");
}

#[test]
fn names_with_blanks_or_quotes_are_quoted() {
    for name in ["a b", "it's", "say \"a\"", "tab\tbed", "größe"] {
        let layout = Layout::new(FileName::new(name).unwrap()).unwrap();
        let mut manifest = Manifest::default();
        manifest.add_incr(&layout, Units::Plain).unwrap();
        let text = manifest.to_text();
        assert!(text.is_ascii());
        assert!(text.starts_with(b"file \""), "{name}");
        assert_eq!(Manifest::parse(&text), Ok(manifest), "{name}");
    }
}

#[test]
fn the_longest_names_fit_into_a_line() {
    let name = |len: usize| FileName::new("ß".repeat(len / 2));
    assert!(name(256).is_none());
    assert!(Layout::new(name(202).unwrap()).is_none());
    let layout = Layout::new(name(200).unwrap()).unwrap();
    let mut manifest = parse("file a seq 9223372036854775800 type i\n").unwrap();
    manifest.add_incr(&layout, Units::Checked).unwrap();
    let last = manifest.last_incr_mut().unwrap();
    (last.start_offset, last.end_offset) = (Some(i64::MAX), Some(i64::MAX));
    last.size = Some(u64::MAX);
    assert_eq!(Manifest::parse(&manifest.to_text()), Ok(manifest));
}

#[test]
fn history_is_in_the_order_of_redis() {
    let (layout, mut manifest) = (layout(), Manifest::default());
    manifest.add_base(&layout, BaseFormat::Rdb).unwrap();
    for _ in 0..3 {
        manifest.add_incr(&layout, Units::Plain).unwrap();
    }
    manifest.add_base(&layout, BaseFormat::Rdb).unwrap();
    manifest.retire_incrs(Keep::Last);
    manifest.add_incr(&layout, Units::Plain).unwrap();
    manifest
        .add_base(&layout, BaseFormat::Aof(Units::Plain))
        .unwrap();
    manifest.retire_incrs(Keep::Last);
    let expected = "file appendonly.aof.3.base.aof seq 3 type b\n\
                    file appendonly.aof.3.incr.aof seq 3 type h\n\
                    file appendonly.aof.2.base.rdb seq 2 type h\n\
                    file appendonly.aof.1.incr.aof seq 1 type h\n\
                    file appendonly.aof.2.incr.aof seq 2 type h\n\
                    file appendonly.aof.1.base.rdb seq 1 type h\n\
                    file appendonly.aof.4.incr.aof seq 4 type i\n";
    assert_eq!(String::from_utf8(manifest.to_text()).unwrap(), expected);
    assert_eq!(manifest.take_history().len(), 5);
    assert_eq!(manifest.history(), []);
}

#[test]
fn a_listed_name_is_not_given_again_and_a_file_in_use_is_no_history() {
    let text = "file appendonly.aof.1.incr.aof seq 1 type h\n\
                file appendonly.aof.1.base.rdb seq 1 type h\n\
                file appendonly.aof.1.base.rdb seq 1 type b\n";
    let mut manifest = parse(text).unwrap();
    let incr = manifest.add_incr(&layout(), Units::Plain).unwrap();
    assert_eq!(incr.name.as_str(), "appendonly.aof.2.incr.aof");
    let history = manifest.take_history();
    assert_eq!(names(&history), ["appendonly.aof.1.incr.aof"]);
}

#[test]
fn numbers_that_are_used_up_are_an_error() {
    let mut manifest = parse("file a seq 9223372036854775807 type i\n").unwrap();
    assert_eq!(
        manifest.add_incr(&layout(), Units::Plain),
        Err(NumbersUsedUp)
    );
}

#[test]
fn every_cut_and_every_flipped_bit_of_a_manifest_with_checked_files_is_found() {
    let (layout, mut manifest) = (layout(), Manifest::default());
    manifest.add_base(&layout, BaseFormat::Rdb).unwrap().size = Some(88);
    manifest.add_incr(&layout, Units::Checked).unwrap();
    manifest.add_incr(&layout, Units::Checked).unwrap();
    manifest.note_size(Some(104));
    let text = manifest.to_text();
    assert_eq!(Manifest::parse(&text), Ok(manifest));
    for len in 0..text.len() {
        let result = Manifest::parse(&text[..len]);
        assert!(result.is_err(), "{}", text[..len].escape_ascii());
    }
    for bit in 0..text.len() * 8 {
        let mut flipped = text.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let result = Manifest::parse(&flipped);
        assert!(result.is_err(), "{}", flipped.escape_ascii());
    }
}

#[test]
fn the_checksum_is_the_first_line_and_covers_all_others() {
    let (layout, mut manifest) = (layout(), Manifest::default());
    manifest.add_base(&layout, BaseFormat::Rdb).unwrap().size = Some(88);
    manifest.add_incr(&layout, Units::Checked).unwrap();
    manifest.add_incr(&layout, Units::Checked).unwrap();
    manifest.note_size(Some(104));
    let text = String::from_utf8(manifest.to_text()).unwrap();
    let (first, rest) = text.split_once('\n').unwrap();
    assert_eq!(
        rest,
        "file appendonly.aof.1.base.rdb seq 1 type b size 88\n\
         file appendonly.aof.1.incr.aof seq 1 type i units crc64 size 104\n\
         file appendonly.aof.2.incr.aof seq 2 type i units crc64\n"
    );
    for (text, fault) in [
        (rest.to_owned(), ManifestFault::ChecksumMissing),
        (format!("#\n{text}"), ManifestFault::Checksum),
        (format!("{rest}{first}\n"), ManifestFault::Checksum),
        (format!("{text}# more\n"), ManifestFault::Checksum),
        (
            "file a seq 1 type b size 1\n".to_owned(),
            ManifestFault::ChecksumMissing,
        ),
        (
            "file a seq 1 type b size x\n".to_owned(),
            ManifestFault::Format,
        ),
    ] {
        assert_eq!(refused(&text), fault, "{text}");
    }
}

#[test]
fn a_manifest_without_checked_files_is_exactly_as_redis_writes_it() {
    let (layout, mut manifest) = (layout(), Manifest::default());
    manifest.add_incr(&layout, Units::Checked).unwrap();
    manifest.add_incr(&layout, Units::Plain).unwrap();
    manifest.retire_incrs(Keep::Last);
    manifest.take_history();
    assert_eq!(
        manifest.to_text(),
        b"file appendonly.aof.2.incr.aof seq 2 type i\n"
    );
}

#[test]
fn a_copy_has_the_base_and_the_increment_behind_it_alone() {
    let text = "file appendonly.aof.2.base.rdb seq 2 type b\n\
                file appendonly.aof.1.incr.aof seq 1 type h\n\
                file appendonly.aof.4.incr.aof seq 4 type i\n\
                file appendonly.aof.9.incr.aof seq 9 type i\n";
    let manifest = parse(text).unwrap();
    let name = |name: &str| FileName::new(name).unwrap();
    let copy = manifest.up_to(&name("appendonly.aof.4.incr.aof")).unwrap();
    let text = "file appendonly.aof.2.base.rdb seq 2 type b\n\
                file appendonly.aof.4.incr.aof seq 4 type i\n";
    assert_eq!(String::from_utf8(copy.to_text()).unwrap(), text);
    assert_eq!(manifest.up_to(&name("appendonly.aof.9.incr.aof")), None);
    assert_eq!(Manifest::default().up_to(&name("a")), None);
}

#[test]
fn a_manifest_is_known_by_its_first_line_behind_comments() {
    for (beginning, is_manifest) in [
        (&b"file a seq 1 type i\n"[..], true),
        (b"# a comment\n# another\nfile a", true),
        (b"# a comment\nfil", false),
        (b"#file a seq 1 type i\n", false),
        (b"*1\r\n$4\r\nPING\r\nfile", false),
        (b"REDIS0011", false),
        (b"", false),
    ] {
        assert_eq!(Manifest::is_manifest(beginning), is_manifest);
    }
}

#[test]
fn a_manifest_without_data_is_empty_whatever_its_history() {
    assert!(Manifest::default().is_empty());
    assert!(parse("file a seq 1 type h\n").unwrap().is_empty());
    for kind in ["b", "i"] {
        let text = format!("file a seq 1 type {kind}\n");
        assert!(!parse(&text).unwrap().is_empty());
    }
}

#[test]
fn numbers_that_may_have_been_used_are_left_out() {
    let mut manifest = Manifest::default();
    manifest.add_incr(&layout(), Units::Plain).unwrap();
    manifest.skip_numbers();
    manifest.add_incr(&layout(), Units::Plain).unwrap();
    manifest.add_base(&layout(), BaseFormat::Rdb).unwrap();
    let expected = [
        "appendonly.aof.2.base.rdb",
        "appendonly.aof.1.incr.aof",
        "appendonly.aof.3.incr.aof",
    ];
    assert_eq!(names(manifest.files()), expected);
}

#[test]
fn an_increment_is_listed_under_a_name_and_a_number_of_its_own() {
    let part = |name: &str, seq| Part::new(FileName::new(name).unwrap(), seq, Units::Plain);
    let mut manifest = parse("file a seq 1 type b\nfile b seq 3 type i\n").unwrap();
    for (name, seq) in [("c", 3), ("c", 1), ("a", 4), ("b", 4)] {
        assert_eq!(
            manifest.list_incr(part(name, seq)),
            Err(NumbersUsedUp),
            "{name} {seq}"
        );
    }
    assert_eq!(manifest.list_incr(part("c", 4)), Ok(()));
    assert_eq!(names(manifest.incrs()), ["b", "c"]);
}
