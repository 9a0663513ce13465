//! Random requests, made from the syntax of the command rows.
//!
//! Always true: nothing waits for longer than a second, and nothing asks for much memory.
//! Not here: requests that are compared with another server — `tools/src/bin/differ/`.

use russet_base::Rng;
use russet_command::family::FAMILIES;
use russet_command::syntax::{Argument, ArgumentKind, parse};
use russet_command::{Row, Spec};

/// Commands that are left out: they stop the server, or look into it.
const LEFT_OUT: &[&str] = &[
    "DEBUG",
    "PFSELFTEST",
    "LOLWUT",
    "FLUSHALL",
    "FLUSHDB",
    "SWAPDB",
];

const KEYS: &[&str] = &["a", "b", "c", "d", "e", "f", "g", "h"];
const MEMBERS: &[&str] = &["a", "b", "c", "1", "2", "3", "-1", "1.5", "", "foo"];
const NUMBERS: &[&str] = &["0", "1", "2", "3", "-1", "-2", "5", "10", "100", "x"];
const IDS: &[&str] = &["0", "1-1", "2-0", "$", "*", "-", "+", "5-1", ">"];

/// A command and the tree of its arguments.
struct Shape {
    words: Vec<&'static str>,
    syntax: Vec<Argument<'static>>,
}

/// Makes requests.
pub(crate) struct Requests {
    shapes: Vec<Shape>,
}

impl Requests {
    /// Of all data commands but these.
    pub(crate) fn without(names: &[&str]) -> Self {
        let mut shapes = Vec::new();
        for row in FAMILIES.iter().flat_map(|family| family.rows) {
            add(&mut shapes, None, row);
        }
        shapes.retain(|shape| {
            !LEFT_OUT.contains(&shape.words[0]) && !names.contains(&shape.words[0])
        });
        Self { shapes }
    }

    /// The words of one request.
    pub(crate) fn next(&self, rng: &mut Rng) -> Vec<Vec<u8>> {
        let shape = &self.shapes[rng.index(self.shapes.len())];
        let words = shape.words.iter().map(|word| (*word).to_owned());
        let mut maker = Maker {
            words: words.collect(),
            counted: None,
        };
        maker.all(rng, &shape.syntax);
        // A request without words has no reply.
        if maker.words.len() > 1 && rng.below(40) == 0 {
            maker.words.pop();
        }
        maker.words.into_iter().map(String::into_bytes).collect()
    }
}

fn add<H: Copy>(shapes: &mut Vec<Shape>, container: Option<&'static Spec>, row: &'static Row<H>) {
    for sub in row.subcommands {
        add(shapes, Some(&row.spec), sub);
    }
    let spec = &row.spec;
    if row.run.is_some()
        && let Ok(syntax) = parse(spec.syntax, spec.keys.len())
    {
        let words = container.map(|container| container.name).into_iter();
        let words = words.chain([spec.name]).collect();
        shapes.push(Shape { words, syntax });
    }
}

/// Makes the arguments of one request.
struct Maker {
    words: Vec<String>,
    /// Where a count stands that is to be the number of what follows it.
    counted: Option<usize>,
}

impl Maker {
    fn all(&mut self, rng: &mut Rng, arguments: &[Argument<'_>]) {
        for argument in arguments {
            if !argument.optional || rng.below(5) < 2 {
                self.argument(rng, argument);
            }
        }
    }

    fn argument(&mut self, rng: &mut Rng, argument: &Argument<'_>) {
        let times = match argument.multiple {
            true => 1 + rng.below(3),
            false => 1,
        };
        if let Some(at) = self.counted.take_if(|_| argument.multiple) {
            self.words[at] = times.to_string();
        }
        for at in 0..times {
            let has_token = at == 0 || argument.multiple_token;
            let token = argument.token.as_deref().filter(|_| has_token);
            self.words.extend(token.map(str::to_owned));
            self.value(rng, argument);
        }
    }

    fn value(&mut self, rng: &mut Rng, argument: &Argument<'_>) {
        let name = &*argument.name;
        let word = match argument.kind {
            ArgumentKind::PureToken => return,
            ArgumentKind::Block => return self.all(rng, &argument.arguments),
            ArgumentKind::OneOf => {
                let at = rng.index(argument.arguments.len());
                return self.argument(rng, &argument.arguments[at]);
            }
            ArgumentKind::Integer if matches!(name, "numkeys" | "numfields" | "numids") => {
                self.counted = Some(self.words.len());
                "1"
            }
            ArgumentKind::Integer if matches!(name, "milliseconds" | "seconds") => {
                pick(rng, &["1", "10", "100", "500"])
            }
            ArgumentKind::Double if name == "timeout" => pick(rng, &["0.01", "0.1", "0.7"]),
            ArgumentKind::Key => pick(rng, KEYS),
            ArgumentKind::Pattern => pick(rng, &["*", "a*", "?"]),
            ArgumentKind::UnixTime => pick(rng, &["1704067201", "1704067200500", "1"]),
            ArgumentKind::Integer | ArgumentKind::Double => pick(rng, NUMBERS),
            ArgumentKind::String if name.contains("id") || matches!(name, "start" | "end") => {
                pick(rng, IDS)
            }
            ArgumentKind::String => pick(rng, MEMBERS),
        };
        self.words.push(word.to_owned());
    }
}

fn pick<'w>(rng: &mut Rng, words: &[&'w str]) -> &'w str {
    words[rng.index(words.len())]
}
