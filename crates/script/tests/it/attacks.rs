//! One script for each published hole of the Lua in Redis and Valkey: each is harmless here.

use crate::{engine, eval};

/// Each is run, gives any reply, and leaves the machine as it was.
pub(crate) const ATTACKS: &[(&str, &str)] = &[
    (
        "CVE-2015-4335",
        "local f = loadstring('\\27Lua\\81\\0\\1\\4\\8\\4\\8\\0') return tostring(f)",
    ),
    (
        "CVE-2015-4335, dump",
        "return {pcall(string.dump, function() return 1 end)}",
    ),
    (
        "CVE-2015-8080",
        "return {pcall(struct.pack, '>I2147483648', '10')}",
    ),
    (
        "CVE-2020-14147",
        "return {pcall(struct.unpack, 'i9999999999', 'x')}",
    ),
    (
        "CVE-2018-11218",
        "return {pcall(cmsgpack.unpack, string.rep('\\129\\1', 100000))}",
    ),
    (
        "CVE-2018-11218, arrays",
        "return {pcall(cmsgpack.unpack, string.rep('\\145', 1000000))}",
    ),
    (
        "CVE-2018-11218, maps within maps",
        "local s = string.rep('\\222\\255\\255', 50000) return {pcall(cmsgpack.unpack, s)}",
    ),
    (
        "CVE-2018-11218, lengths that are not there",
        "return {pcall(cmsgpack.unpack, '\\221\\255\\255\\255\\255\\1'), \
         pcall(cmsgpack.unpack, '\\219\\255\\255\\255\\255x'), \
         pcall(cmsgpack.unpack_limit, '\\1', -1, 1), pcall(cmsgpack.unpack_one, '\\1', -5)}",
    ),
    (
        "CVE-2018-11219",
        "return {pcall(struct.unpack, '>I2bc0', '\\255\\255\\255', -2147483648)}",
    ),
    (
        "CVE-2021-32626",
        "local t = {} for i = 1, 8000 do t[i] = i end \
         return {pcall(cmsgpack.unpack, cmsgpack.pack(unpack(t, 1, 7000)))} and 1",
    ),
    (
        "CVE-2021-32626, deep calls of libraries",
        "local t = {} for i = 1, 5000 do t = {t} end \
         local s = string.rep('[', 5000) .. string.rep(']', 5000) \
         return {pcall(cjson.encode, t), pcall(cjson.decode, s), pcall(cmsgpack.pack, t)} and 1",
    ),
    (
        "CVE-2022-24735",
        "return {pcall(function() getmetatable('').__index = nil end), \
         pcall(rawset, string, 'len', error), pcall(setmetatable, _G, {})}",
    ),
    (
        "CVE-2022-0543",
        "return {pcall(function() return package.loadlib('liblua.so', 'luaopen_io') end), \
         pcall(function() return require('io') end), pcall(loadstring('return io.popen'))}",
    ),
    ("CVE-2022-24736", "return {pcall(loadstring, nil)}"),
    (
        "CVE-2022-24736, a function without a body",
        "return {pcall(loadstring('')), pcall(load, function() return nil end), \
         pcall(coroutine.wrap(loadstring('')))}",
    ),
    (
        "CVE-2022-24834",
        "local s = string.rep('a', 1024 * 1024) for i = 1, 4 do s = s .. s end \
         return {pcall(cjson.encode, s)} and 1",
    ),
    (
        "CVE-2022-24834, cmsgpack",
        "local s = string.rep('a', 1024 * 1024 * 8) return {pcall(cmsgpack.pack, s, s)} and 1",
    ),
    ("CVE-2024-31449", "return bit.tohex(65535, -2147483648)"),
    (
        "CVE-2024-46981",
        "local t = setmetatable({}, {__gc = function() end}) t = nil \
         for i = 1, 50 do collectgarbage() end return collectgarbage('count') > 0 and 1",
    ),
    (
        "CVE-2025-46817",
        "return {pcall(unpack, {1, 2, 3}, -2147483648, 2147483647), \
         pcall(unpack, {}, 0, 2147483647)}",
    ),
    (
        "CVE-2025-46818",
        "local m = getmetatable('') return {pcall(function() m.__index = {} end), \
         pcall(rawset, m, '__add', error), pcall(setmetatable, m, {__index = error})}",
    ),
    ("CVE-2025-46819", "return {pcall(loadstring, '[=======')}"),
    (
        "CVE-2025-46819, levels that do not fit",
        "for _, n in ipairs({1, 255, 256, 65535, 65536, 1000000}) do \
         local level = string.rep('=', n) \
         local f = loadstring('return [' .. level .. '[x]' .. level .. ']') \
         if not f or f() ~= 'x' then return redis.error_reply('ERR wrong') end \
         pcall(loadstring, '--[' .. level) pcall(loadstring, '[' .. level .. '[') end return 1",
    ),
    (
        "CVE-2025-46819, closed late",
        "return {pcall(loadstring, 'return [==[' .. string.rep('=', 1000))}",
    ),
    (
        "CVE-2025-49844",
        "for i = 1, 200 do local f = loadstring(string.rep('a' .. i .. '=1 ', 200), \
         string.rep('chunk', 200) .. i) collectgarbage() end return 1",
    ),
    (
        "CVE-2025-67733",
        "return redis.error_reply('ERR a\\r\\n+OK\\0\\r\\n$3\\r\\nfoo\\r\\n')",
    ),
    ("CVE-2025-67733, raised", "error('x\\r\\n+OK\\r\\n\\0')"),
    (
        "CVE-2025-67733, status",
        "return {ok = 'x\\r\\n+OK\\r\\n\\0'}",
    ),
    ("CVE-2025-26269", "return {pcall(struct.unpack, 'c0', '')}"),
    (
        "CVE-2025-52935",
        "return {pcall(struct.unpack, 'bc0', '\\255')}",
    ),
];

#[test]
fn every_published_attack_is_harmless() {
    let mut engine = engine();
    for (name, text) in ATTACKS {
        let reply = eval(&mut engine, text);
        let lines = reply.matches("\r\n").count();
        assert!(
            !reply.is_empty() && reply.ends_with("\r\n"),
            "{name}: {reply}"
        );
        if name.contains("67733") {
            assert_eq!(lines, 1, "{name}: {reply}");
        }
        assert_eq!(
            eval(
                &mut engine,
                "return ('x'):rep(3) .. #string.format('%d', 5)"
            ),
            "$4\r\nxxx1\r\n",
            "{name}"
        );
    }
}

#[test]
fn every_table_that_a_script_finds_is_read_only() {
    let text = "local seen, open = {}, {} \
                local function try(t, path) if seen[t] then return end seen[t] = true \
                if t ~= KEYS and t ~= ARGV then \
                if pcall(function() t.new = 1 end) or pcall(rawset, t, 'new', 1) \
                or pcall(table.insert, t, 1) or pcall(setmetatable, t, {}) then \
                open[#open + 1] = path end end \
                for k, v in pairs(t) do if type(v) == 'table' then \
                try(v, path .. '.' .. tostring(k)) end end \
                if getmetatable(t) then try(getmetatable(t), path .. '#') end end \
                try(_G, '_G') try(getmetatable(''), 'string#') return open";
    assert_eq!(eval(&mut engine(), text), "*0\r\n");
}
