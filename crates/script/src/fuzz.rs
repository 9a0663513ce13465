//! The bodies of the fuzz targets `script_source`, `script_json`, `script_pack` and `script_text`.
//!
//! Always true: they panic only on a defect of this crate.
//! Not here: the targets themselves — the workspace's `fuzz/`

use std::sync::OnceLock;

use russet_resp::{ArgBuf, Args, Output, Protocol, Reply};

use crate::host::NoHost;
use crate::{Config, Engine};

/// Runs any bytes as a script, for a bounded time; the machine must be as before after it.
///
/// # Panics
///
/// When the machine is not as before.
pub fn source(input: &[u8]) {
    static FRESH: OnceLock<Vec<u8>> = OnceLock::new();
    let fresh = FRESH.get_or_init(|| run(&mut engine(), GLOBALS, &[]));
    let mut engine = engine();
    run(&mut engine, input, &[]);
    assert_eq!(&run(&mut engine, GLOBALS, &[]), fresh, "the libraries");
    assert_eq!(run(&mut engine, b"return 1 + 1", &[]), b":2\r\n");
}

/// Reads any bytes as JSON; the text written from a value has the same length once it was read.
///
/// # Panics
///
/// When it has another length.
pub fn json(input: &[u8]) {
    check(JSON, input);
}

/// Reads any bytes as MessagePack, and as a format and what `struct` and `bit` get.
///
/// # Panics
///
/// When packing what was unpacked gives another length each time.
pub fn pack(input: &[u8]) {
    check(PACK, input);
}

/// Uses any bytes as patterns, formats and numbers, on others as texts.
///
/// # Panics
///
/// When the matches of a pattern are not parts of the text.
pub fn text(input: &[u8]) {
    check(TEXT, input);
}

/// Runs the script that the first byte chooses. Its arguments are the rest, and the two parts of it
/// that the second byte divides.
fn check(scripts: &[&str], input: &[u8]) {
    let Some(([choice, at], rest)) = input.split_first_chunk() else {
        return;
    };
    let script = scripts[usize::from(*choice) % scripts.len()];
    let (first, second) = rest.split_at(usize::from(*at).min(rest.len()));
    let reply = run(&mut engine(), script.as_bytes(), &[rest, first, second]);
    assert!(!reply.starts_with(BROKEN), "{script}");
}

fn engine() -> Engine {
    Engine::new(&Config {
        memory_max: 16 << 20,
        ..Config::default()
    })
}

/// Runs a script for a bounded time; its reply, which is empty where it was not done.
fn run(engine: &mut Engine, text: &[u8], args: &[&[u8]]) -> Vec<u8> {
    let Ok(script) = engine.load(text) else {
        return Vec::new();
    };
    let args = ArgBuf::from_slices(args);
    if engine.start(&script, Args::EMPTY, args.args()).is_err() {
        return Vec::new();
    }
    engine.step(&mut NoHost, INSTRUCTIONS_MAX);
    let mut output = Output::new();
    engine.finish(&mut Reply::new(&mut output, Protocol::Resp3));
    engine.abort();
    let chunks = output.chunks();
    chunks.flat_map(|chunk| chunk.bytes().to_vec()).collect()
}

/// The beginning of a reply that says that something does not hold.
const BROKEN: &[u8] = b"+BROKEN";

/// Lists all names of the libraries.
const GLOBALS: &[u8] = b"local seen, names = {}, {} \
    local function walk(t, path) if seen[t] then return end seen[t] = true \
    for k, v in pairs(t) do local name = path .. tostring(k) names[#names + 1] = name .. type(v) \
    if type(v) == 'table' and v ~= KEYS and v ~= ARGV then walk(v, name .. '.') end end \
    if getmetatable(t) then walk(getmetatable(t), path .. '#') end end \
    walk(_G, '') walk(getmetatable(''), 's') table.sort(names) return table.concat(names, ' ')";

const JSON: &[&str] = &[
    "local first = cjson.encode(cjson.decode(ARGV[1])) \
     local second = cjson.encode(cjson.decode(first)) \
     if #first ~= #second then return {ok='BROKEN'} end",
    "cjson.decode_max_depth(5) cjson.decode_invalid_numbers(false) return cjson.decode(ARGV[1])",
    "cjson.encode_sparse_array(true, 1, 1) cjson.encode_invalid_numbers('null') \
     return cjson.encode({cjson.decode(ARGV[1]), [ARGV[2]] = 0 / 0, [9] = tonumber(ARGV[3])})",
];

const PACK: &[&str] = &[
    // Once, tables that are too deep become nil, and fields that are nil go.
    "local once = cmsgpack.pack(cmsgpack.unpack(cmsgpack.pack(cmsgpack.unpack(ARGV[1])))) \
     if #once ~= #cmsgpack.pack(cmsgpack.unpack(once)) then return {ok='BROKEN'} end",
    "return {cmsgpack.unpack_limit(ARGV[3], #ARGV[2] % 9, tonumber(ARGV[2]))}",
    "return {struct.unpack(ARGV[2], ARGV[3])}",
    "return struct.pack(ARGV[2], ARGV[3], 1, 2, 3, 4)",
    "local data = struct.pack(ARGV[2], ARGV[3], -1, 2.5, 'x', 4) \
     local values = {struct.unpack(ARGV[2], data)} \
     if values[#values] > #data + 1 then return {ok='BROKEN'} end",
    "return struct.size(ARGV[1])",
    "return {bit.tohex(ARGV[2], ARGV[3]), bit.bswap(ARGV[2]), bit.rol(ARGV[2], ARGV[3]), \
     bit.arshift(ARGV[2], ARGV[3]), bit.band(ARGV[2], ARGV[3]), bit.tobit(ARGV[1])}",
];

const TEXT: &[&str] = &[
    "return {string.gsub(ARGV[2], ARGV[3], '%1')}",
    "return {string.gsub(ARGV[2], '%w', ARGV[3])}",
    "local first, last = string.find(ARGV[2], ARGV[3]) \
     if first and (first < 1 or last > #ARGV[2] or last < first - 1) then \
     return {ok='BROKEN'} end \
     return {string.match(ARGV[2], ARGV[3])}",
    "for a, b in string.gmatch(ARGV[2], ARGV[3]) do \
     if type(a) == 'string' and not ARGV[2]:find(a, 1, true) then return {ok='BROKEN'} end end",
    "return string.gsub(ARGV[2], ARGV[3], function(...) return select('#', ...) end, 9)",
    "return string.format(ARGV[2], ARGV[3], 1.5, 2, 3)",
    "return string.format(ARGV[2], tonumber(ARGV[3]), ARGV[3], -7, 1e300)",
    "return {tonumber(ARGV[1]), tonumber(ARGV[1], 16), tonumber(ARGV[1], #ARGV[2])}",
    "local number = tonumber(ARGV[1]) \
     if number and tostring(tonumber(tostring(number))) ~= tostring(number) then \
     return {ok='BROKEN'} end",
    "return {ARGV[1]:rep(3), ARGV[1]:reverse(), ARGV[1]:sub(tonumber(ARGV[2]) or 2, -2), \
     ARGV[1]:byte(tonumber(ARGV[2]) or 1, -1)}",
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
        for len in 0..300 {
            let mut input = vec![0; len % 40];
            rng.fill(&mut input);
            let picked = input
                .iter()
                .map(|byte| words[usize::from(*byte) % words.len()]);
            let choice = [len as u8, (len % 7) as u8];
            let picked: Vec<u8> = choice.into_iter().chain(picked).collect();
            for input in [input, picked] {
                source(&input);
                json(&input);
                pack(&input);
                text(&input);
            }
        }
    }
}
