//! The bodies of the fuzz targets `script_source` and `script_libraries`.
//!
//! Always true: they panic only on a defect of this crate.
//! Not here: the targets themselves — the workspace's `fuzz/`

use russet_resp::{ArgBuf, Args, Output, Protocol, Reply};

use crate::host::NoHost;
use crate::{Config, Engine};

/// Runs any bytes as a script, for a bounded time; the machine must be as before after it.
pub fn source(input: &[u8]) {
    let mut engine = engine();
    run(&mut engine, input, &[]);
    run(&mut engine, b"return 'alive'", &[]);
}

/// Gives any bytes to a function of a library, which the first byte chooses.
pub fn libraries(input: &[u8]) {
    let Some((choice, rest)) = input.split_first() else {
        return;
    };
    let script = SCRIPTS[usize::from(*choice) % SCRIPTS.len()];
    let (first, second) = rest.split_at(rest.len() / 2);
    run(&mut engine(), script.as_bytes(), &[rest, first, second]);
}

fn engine() -> Engine {
    Engine::new(&Config {
        memory_max: 16 << 20,
        ..Config::default()
    })
}

fn run(engine: &mut Engine, text: &[u8], args: &[&[u8]]) {
    let Ok(script) = engine.load(text) else {
        return;
    };
    let args = ArgBuf::from_slices(args);
    if engine.start(&script, Args::EMPTY, args.args()).is_err() {
        return;
    }
    engine.step(&mut NoHost, INSTRUCTIONS_MAX);
    let mut output = Output::new();
    engine.finish(&mut Reply::new(&mut output, Protocol::Resp3));
    engine.abort();
}

/// Scripts whose arguments are all of the input, and its halves.
const SCRIPTS: &[&str] = &[
    "return cjson.encode(cjson.decode(ARGV[1]))",
    "return cmsgpack.pack(cmsgpack.unpack(ARGV[1]))",
    "return {cmsgpack.unpack_limit(ARGV[1], 3, 1)}",
    "return {struct.unpack(ARGV[2], ARGV[3])}",
    "return struct.pack(ARGV[2], ARGV[3], 1, 2, 3, 4)",
    "return {bit.tohex(ARGV[2], ARGV[3]), bit.bswap(ARGV[2]), bit.rol(ARGV[2], ARGV[3])}",
    "return {string.gsub(ARGV[2], ARGV[3], '%1')}",
    "return string.format(ARGV[2], ARGV[3], 1.5, 2, 3)",
    "return {tonumber(ARGV[1]), tonumber(ARGV[1], 16)}",
];
/// The most instructions of a run.
const INSTRUCTIONS_MAX: u64 = 200_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_bytes_are_harmless_to_scripts_and_libraries() {
        let mut rng = russet_base::Rng::new(7);
        let words = b"{}[]\",:0123456789.eE-+truefalsn%()*^$\\u >!bBhHiIlLcsfdx\x91\xdc\xa5\xc4";
        for len in 0..600 {
            let mut input = vec![0; len % 40];
            rng.fill(&mut input);
            source(&input);
            libraries(&input);
            let picked = input
                .iter()
                .map(|byte| words[usize::from(*byte) % words.len()]);
            let picked: Vec<u8> = [len as u8].into_iter().chain(picked).collect();
            libraries(&picked);
            source(&picked);
        }
    }
}
