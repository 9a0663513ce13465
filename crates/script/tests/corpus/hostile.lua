return {pcall(loadstring, ('('):rep(300) .. '1' .. (')'):rep(300))}
----
local f, e = loadstring('return ' .. ('{'):rep(250) .. ('}'):rep(250)) return {tostring(f), e}
----
local s = 'return 1' for i=1,150 do s = s .. '+1' end return loadstring(s)()
----
local f, e = loadstring(('do '):rep(250) .. ('end '):rep(250)) return {tostring(f), e}
----
local s = '' for i=1,201 do s = s .. 'local a' .. i .. '=1 ' end local f, e = loadstring(s) return {tostring(f), e}
----
local s = 'local a0' for i=1,70 do s = s .. ',a' .. i end s = s .. '\nreturn function() return a0' for i=1,70 do s = s .. '+a' .. i end s = s .. ' end' local f, e = loadstring(s) return {tostring(f), e}
----
local s = {} for i=1,1000 do s[i] = tostring(i) end return #loadstring('return {' .. table.concat(s, ',') .. '}')()
----
local s = {} for i=1,1000 do s[i] = '"k' .. i .. '"' end return #loadstring('return {' .. table.concat(s, ',') .. '}')()
----
return {pcall(string.rep, 'x', -2147483648)}
----
return #string.rep('ab', 100000)
----
return {pcall(unpack, {}, 0, 2147483647)}
----
return {pcall(unpack, {}, 2147483647)}
----
return {bit.tohex(65535, -2147483648)}
----
return {pcall(struct.unpack, 'i4294967296', 'aaaa')}
----
return {pcall(struct.unpack, 'c0', ('a'):rep(100))}
----
return {pcall(struct.unpack, '>I2147483647', 'aaaa')}
----
return {pcall(struct.pack, '>I2147483648', '10')}
----
return {pcall(struct.pack, 'I32', 1)}
----
local t = {} local a = t for i=1,100 do a[1] = {} a = a[1] end return #cmsgpack.pack(t)
----
return {pcall(cmsgpack.unpack, ('\145'):rep(10))}
----
return {pcall(loadstring('return function() end'))} and 1
----
local f = loadstring('\27LuaQ') return tostring(f)
----
local s = ('a'):rep(50) return {pcall(string.find, s, ('a?'):rep(20) .. ('a'):rep(20))}
----
return {pcall(string.find, 'x', ('('):rep(40))}
----
return {pcall(string.gsub, 'abc', '(', '%1')}
----
return {pcall(string.match, 'abc', '%')}
----
return {pcall(string.match, 'abc', '[%')}
----
return {pcall(string.match, 'abc', '[a-')}
----
return {pcall(string.match, 'abc', '[]')}
----
return {pcall(string.match, 'abc', '[^]')}
----
return {string.match('a-]', '[a-]+'), string.match('^x', '[x^]+')}
----
setmetatable({}, {__gc=function() error('x') end}) collectgarbage() return 1
----
local t = setmetatable({}, {__mode='k'}) t[{}]=1 collectgarbage() return 1
----
local t = setmetatable({}, {__index=function(t,k) error('idx '..k) end}) return t.foo
----
local t = setmetatable({}, {}) getmetatable(t).__index = t return {pcall(function() return t.x end)}
----
local t = setmetatable({}, {}) getmetatable(t).__newindex = t return {pcall(function() t.x = 1 end)}
----
local t = setmetatable({}, {__call=function(self, ...) return select('#', ...) end}) return t(1,2,3)
----
local t = setmetatable({}, {__call=5}) return {pcall(t)}
----
local t = setmetatable({}, {__eq=function() return true end}) return {tostring(t == {}), tostring(t == 1)}
----
local t = setmetatable({}, {__tostring=function() return 5 end}) return {pcall(tostring, t)}
----
local t = setmetatable({}, {__concat=function(a,b) return 'C' end}) return {1 .. t, t .. 1, t .. t, 'a' .. 'b' .. t .. 'c' .. 'd'}
----
local t = setmetatable({}, {__unm=function() return 'neg' end}) return -t
----
return {pcall(function() local a = {} ; a.b.c.d = 1 end)}
----
return {pcall(function() local up = nil; return (function() return up.x end)() end)}
----
return {pcall(function() local up = nil; return (function() return up() end)() end)}
----
return {pcall(function() local up = nil; return (function() return up + 1 end)() end)}
----
return {pcall(function() local t = {} return t.a + 1 end)}
----
return {pcall(function() local t = {} return 1 + t.a end)}
----
return {pcall(function() local t = {} return t.a .. 'x' end)}
----
return {pcall(function() local t = {} return t[1] .. 'x' end)}
----
return {pcall(function() local t = {} return t[1][2] end)}
----
return {pcall(function() local t = {} t[1][2] = 3 end)}
----
return {pcall(function() local t = {} t[1]() end)}
----
return {pcall(function() return math.foo() end)}
----
return {pcall(function() return ("x").y.z end)}
----
return {pcall(function() return #nil end)}
----
return {pcall(function() local a = 5 return #a end)}
----
return {pcall(function() local t = {} return #t.x end)}
----
return {pcall(function() local t = {} return -t.x end)}
----
local t = {1,2,3} for k in pairs(t) do t[k] = nil end return next(t) == nil and 'empty'
----
local t = {} for i=1,100 do t['k'..i]=i end local n = 0 for k in pairs(t) do t[k] = nil n = n + 1 end return {n, tostring(next(t))}
----
local r = {} for k, v in next, {a=1} do r[#r+1] = k end return r
----
return {tostring(nil), tostring(true), tostring(0), tostring(-1.5)}
----
return math.max(1, 2, '3')
----
return {pcall(math.max, 1, {})}
----
return {1, 2, 3, nil, 5}
----
return {a=1}
----
return function() end
----
return coroutine.create(function() end)
----
return cjson.null
----
return {{ok='a'}, {err='ERR b'}, 'c'}
----
return 'with\r\nlines\0and zero'
----
return {ok='with\r\nlines'}
----
return {err='ERR with\r\nlines'}
----
error('with\r\nlines')
----
return redis.error_reply('ERR with\r\nlines')
----
return redis.error_reply('\r\n trimmed \r\n')
----
local a = 1 local b = 2 local c = a and b or 3 local d = a or b local e = not a and b return {c, d, tostring(e)}
----
local x = 1 x = x and x + 1 or 0 return x
----
local x = 5 x = (x > 3) return tostring(x)
----
local x = {1} x = {x, x[1]} return #x
----
local x = 'a' x = x .. x .. x return x
----
local t = {} for i = 1, 10 do local j = i t[i] = function() j = j + 1 return j end end return {t[1](), t[1](), t[2]()}
----
local function a() local b = 1 local function c() b = b + 1 return b end return c end local x, y = a(), a() return {x(), x(), y()}
----
local function f(a, b, ...) local c, d = ... return a, b, c, d end return {f(1, 2, 3, 4, 5)}
----
local function f(...) local function g(...) return ... end return g(...), g(...) end return {f(1, 2)}
----
local function f(...) return (...) end return {f(1, 2), (f(3, 4))}
----
local t = {(function() return 1, 2 end)(), (function() return 3, 4 end)()} return t
----
local t = {(function() return 1, 2 end)(), x = 5, (function() return 3, 4 end)()} return t
----
local a <= 1
----
return 1 <= 2 == true and 'y'
----
do local a = 1 end return a
----
if nil then return 1 elseif false then return 2 else return 3 end
----
while false do end return 'w'
----
repeat local done = true until done return 'r'
----
for i = 1, 0 do return 'never' end return 'none'
----
for i = 3, 1 do return 'never' end return 'none'
----
for i = 1, 3 do local i = i * 2 if i == 4 then return i end end
----
return ((1 + 2) * 3 - 4) / 5 % 6 ^ 2
----
return {2^0.5 == math.sqrt(2) and 1, 10 % 3.5, -10 % 3, 1e308 * 10 == math.huge and 'inf'}
