return 1
----
return {1,2,3,'x',{4}}
----
local t = {} for i=1,10 do t[i]=i*i end return t
----
local function fib(n) if n < 2 then return n end return fib(n-1)+fib(n-2) end return fib(15)
----
local s='' for i=1,5 do s = s .. i .. ',' end return s
----
local a,b,c = (function() return 1,2,3 end)() return {a,b,c}
----
local function f(...) return select('#',...), ... end return {f(1,nil,3)}
----
local function f(...) local t = {...} return #t end return f(1,2,3)
----
local function f(...) return arg.n end return f(1,2,3)
----
local t = setmetatable({}, {__index=function(t,k) return k..'!' end}) return t.foo
----
local t = setmetatable({}, {__index={a=1}}) return {t.a, t.b == nil and 'nil' or 'x'}
----
local t = setmetatable({}, {__newindex=function(t,k,v) rawset(t,k,v..'?') end}) t.x='y' return t.x
----
local mt = {__add=function(a,b) return 'add' end,__sub=function() return 'sub' end,__mul=function() return 'mul' end,__div=function() return 'div' end,__mod=function() return 'mod' end,__pow=function() return 'pow' end,__unm=function() return 'unm' end,__concat=function(a,b) return 'cat' end,__len=function() return 7 end,__eq=function() return true end,__lt=function() return true end,__le=function() return false end,__call=function(self,a) return 'call'..a end,__tostring=function() return 'str' end}
local a,b = setmetatable({},mt), setmetatable({},mt)
return {a+b,a-1,1*a,a/b,a%b,a^b,-a,a..b,a..'x','x'..a,'x'..1 ..a,tostring(a==b),tostring(a<b),tostring(a<=b),tostring(a>b),a('z'),tostring(a),#a}
----
local mt={__lt=function(a,b) return a.v<b.v end} local a,b=setmetatable({v=1},mt),setmetatable({v=2},mt) return {tostring(a<=b),tostring(b<=a),tostring(a>=b)}
----
local t={} for i=1,3 do t[i]=function() return i end end return {t[1](),t[2](),t[3]()}
----
local t={} local x=0 for i=1,3 do t[i]=function() x=x+i return x end end return {t[1](),t[2](),t[3](),x}
----
local i=0 while true do i=i+1 if i>5 then break end end return i
----
local i=0 repeat local j=i i=i+1 until j>=5 return i
----
local r={} for k,v in pairs({a=1,b=2,c=3,d=4,e=5,f=6}) do r[#r+1]=k r[#r+1]=v end return r
----
local r={} for k,v in pairs({10,20,30,x=1,y=2,[100]='z',[true]=5,[1.5]=6}) do r[#r+1]=tostring(k) r[#r+1]=tostring(v) end return r
----
local r={} local t={} for i=1,40 do t['key'..i]=i end for k,v in pairs(t) do r[#r+1]=k end return r
----
local r={} local t={} for i=1,40 do t['key'..i]=i end for i=1,40,3 do t['key'..i]=nil end for i=1,10 do t['n'..i]=i end for k,v in pairs(t) do r[#r+1]=k end return r
----
local r={} local t={} for i=100,1,-7 do t[i]=i end for k,v in pairs(t) do r[#r+1]=k end return r
----
local r={} for i,v in ipairs({1,2,nil,4}) do r[#r+1]=v end return r
----
return {#{1,2,3,nil},#{1,nil,3},#{nil,nil,3},#{n=1},#'abc'}
----
local t={1,2,3,4,5,6,7,8} t[4]=nil t[8]=nil return #t
----
return {tostring(1e15),tostring(1e14),tostring(123456789012345),tostring(0.1),tostring(1/3),tostring(1e100),tostring(-1e-7),tostring(1/0),tostring(-1/0),tostring(2^31),tostring(2^63)}
----
return {1 == 1.0 and 'eq' or 'ne', '1' == 1 and 'eq' or 'ne', 1 < 2 and 'lt' or 'ge', 'a' < 'b' and 'lt' or 'ge'}
----
return {5%3,-5%3,5%-3,-5%-3,5.5%2,2^10,7/2,'10'+5,'0x10'+0,' 5 '*2,-'3'}
----
return {not nil == true and 'a' or 'b', 1 and 2, nil or 'x', false and 1 or 2, (nil and 1) == nil and 'n' or 'm'}
----
local x <const> = 1
----
return 1 +
----
for i=1 do end
----
x = = 1
----
local function end
----
if x then
----
return "abc
----
return [[abc
----
return 'a\300b'
----
break
----
return ...
----
function f() return ... end
----
goto x
----
local t = {1,2 return t
----
return 3x
----
return 0x
----
a.b:c = 1
----
(f)
----
local a = 1 a() b()
----
f
(1)
----
return {0x10, 1e2, .5, 3., 0xA, 1E-2}
----
return "\65\066\x41\n\t\\\"\'\z"
----
return [==[
a]]b]=]c]==]
----
--[[ comment
more ]] return 1 -- x
----
--[==[ x ]] ]==] return 2
----
return {f=1}, 2
----
local a <close> = 2
----
return 1 ~= 2 and 'ok' or 'no'
----
local t = {['a b']=1; 2, 3; x=4} return {t['a b'],t[1],t[2],t.x}
----
local s = 'x' return s:rep(3):upper():len()
----
return ('x'):rep(3)
----
return #"abc" + 1
----
return 2^3^2
----
return -2^2
----
return 1 .. 2
----
return 'a'..'b'..'c' == 'abc' and 1 or 0
----
local t = {} t.x, t.y = 1, 2, 3 return {t.x,t.y}
----
local i, t = 1, {} i, t[i] = i+1, 20 return {i, t[1], tostring(t[2])}
----
local a, b = 1, 2 a, b = b, a return {a,b}
----
local t = {f=function(self, x) return self.v + x end, v=10} return t:f(5)
----
local t = {a={b={}}} function t.a.b.f(x) return x end function t.a.b:g(x) return self == t.a.b and x end return {t.a.b.f(1), t.a.b:g(2)}
----
for i=10,1,-3 do if i < 5 then return i end end
----
for i=1,3 do for j=1,3 do if i*j==4 then return {i,j} end end end
----
for i='1',2 do return i end
----
for i='x',2 do return i end
----
for i=1,{} do return i end
----
for i=1,2,'y' do return i end
----
for x in nil do end
----
for x in 5 do end
----
local t = {} t[nil] = 1
----
local t = {} t[0/0] = 1
----
local t = nil t.x = 1
----
local t = {} t.x.y = 1
----
local t = {} t.x.y.z()
----
local t = {} t.x()
----
local t = {} t:x()
----
local x = 5 x()
----
local x = 5 return x.y.z
----
local s = 'abc' return s.x.y
----
local s = 'abc' s.x = 1
----
undefined_function()
----
return {} + 1
----
return 1 + {}
----
local a = {} return a + 1
----
local a = {} return 1 - a
----
local a = {b={}} return a.b * 2
----
return 'abc' + 1
----
local a = 'abc' return a + 1
----
return {} .. 'x'
----
local a return 'x' .. a
----
local a return a .. 'x'
----
local t = {} return 'x' .. t.y .. 'z'
----
return #5
----
local a return #a
----
return -{}
----
return {} < {}
----
return {} < 1
----
return 1 < 'x'
----
return nil > 1
----
return 'a' <= 1
----
local function f() error('inner') end
f()
----
local function f() error('inner', 2) end
f()
----
local function f() error('inner', 0) end f()
----
error({err='CODE text'})
----
error({err='text'})
----
error({code=5})
----
error()
----
error(nil)
----
error(42)
----
error(true)
----
return {pcall(error, 'x')}
----
return {pcall(error, 'x', 1)}
----
return {pcall(error, {1,2})}
----
return {pcall(function() error('x') end)}
----
return {pcall(function() local x = nil; x.y = 1 end)}
----
return {pcall(function() return 1,2,3 end)}
----
return {pcall(pcall, error, 'x')}
----
return {pcall()}
----
return {pcall(nil)}
----
return {select(2, pcall(5))}
----
return {xpcall(function() error('x') end, function(e) return 'h:'..e end)}
----
return {xpcall(function() return 1, 2 end, function(e) return 'h:'..e end)}
----
return {xpcall(function() error('x') end, function(e) error('y') end)}
----
return {pcall(string.rep)}
----
return {pcall(string.rep, 'x', -1)}
----
return {pcall(function() string.rep() end)}
----
local x = string.rep; return {pcall(function() x() end)}
----
return {pcall(function() ('x'):rep({}) end)}
----
return {pcall(function() ('x'):bad() end)}
----
return {pcall(setmetatable, 1, {})}
----
return {pcall(setmetatable, {}, 1)}
----
return {pcall(setmetatable, {})}
----
return {tostring(setmetatable({}, {__metatable='locked'})) ~= nil and getmetatable(setmetatable({}, {__metatable='locked'}))}
----
return {pcall(setmetatable, setmetatable({}, {__metatable=1}), {})}
----
local co = coroutine.create(function(a,b) local c = coroutine.yield(a+b) local d,e = coroutine.yield(c*2) return d+e end)
return {coroutine.resume(co,1,2), select(2,coroutine.resume(co,10)), select(2,coroutine.resume(co,3,4)), coroutine.status(co), select(2,coroutine.resume(co))}
----
local f = coroutine.wrap(function() for i=1,3 do coroutine.yield(i) end end) return {f(),f(),f()}
----
local co = coroutine.create(function() error('oops') end) local ok, e = coroutine.resume(co) return {tostring(ok), e, coroutine.status(co)}
----
return {pcall(coroutine.yield, 1)}
----
local co co = coroutine.create(function() return coroutine.resume(co) end) return {coroutine.resume(co)}
----
return tostring(coroutine.running())
----
local f = coroutine.wrap(function() error('in wrap') end) return {pcall(f)}
----
local f = coroutine.wrap(function() error({err='in wrap'}) end) return f()
----
local f = coroutine.wrap(function() return pcall(function() coroutine.yield(5) error('z') end) end) return {f(), 9}
----
local function f(n) if n == 0 then return 'done' end return f(n-1) end return f(100000)
----
local function f(n) return f(n+1)+1 end return {pcall(f, 1)}
----
local t = {} for i=1,300 do t[i] = i end return {#t, select('#', unpack(t)), (select(300, unpack(t)))}
----
return {unpack({1,2,3},2)}
----
return {unpack({1,2,3},2,3)}
----
return {unpack({},1,3)}
----
return {pcall(unpack, {}, 1, 1e8)}
----
return {pcall(unpack, {}, -2147483648, 2147483647)}
----
return {select(-1, 1, 2, 3), select(2, 'a', 'b')}
----
return {pcall(select, 0)}
----
return {pcall(select, -5, 1)}
----
return {tonumber('10',2), tonumber('ff',16), tonumber('zz',36), tonumber('8',8) == nil and 'nil', tonumber('0x10'), tonumber('1e1'), tonumber(' 12 '), tonumber('') == nil and 'nil', tonumber('1 2') == nil and 'nil', tonumber('-0x10'), tonumber('0x'), tonumber('7', 10)}
----
return {tostring(tonumber('nan')), tostring(tonumber('inf')), tostring(tonumber('-inf')), tonumber('1e'), tonumber('e1')}
----
return {pcall(tonumber)}
----
return {pcall(tonumber, 'x', 99)}
----
return {pcall(tonumber, {}, 10), tonumber({}) == nil and 'nil'}
----
return {type(nil), type(1), type('x'), type({}), type(print), type(pcall), type(cjson.null), type(coroutine.create(function() end))}
----
return {pcall(type)}
----
return {next({}) == nil and 'nil', next({10})}
----
return {pcall(next, {}, 'x')}
----
return {rawequal('a','a') and 1 or 0, rawget({5},1), tostring(rawget({},'x'))}
----
local f = loadstring('return 1+1') return f()
----
return {loadstring('return +')}
----
return {loadstring('x y', '=chunk')}
----
return {loadstring('x y', '@chunk.lua')}
----
return {loadstring('local a = 1\nlocal b = = 2')}
----
return {pcall(loadstring('error("x")', '=c'))}
----
local n = 0 local f = load(function() n = n + 1 if n == 1 then return 'return ' elseif n == 2 then return '42' end end) return f()
----
return {load(function() return 5 == 5 and nil end)}
----
return {pcall(loadstring, '\27Lua')}
----
return {assert(1, 2, 3)}
----
return {pcall(assert, false)}
----
return {pcall(assert, nil, 'msg')}
----
return {pcall(assert, false, {1})}
----
return {pcall(assert)}
----
return {collectgarbage('collect'), pcall(collectgarbage, 'foo')}
----
return {pcall(string.dump, pcall)}
----
return _VERSION
----
return tostring(_G._G == _G)
----
local t = {} t[1]=1 t[2]=2 t[4]=4 return {#t}
----
local t = {n=0} for i=1,1000 do t[i]=i end for i=1,1000 do t[i]=nil end return #t
----
return {1,2,nil,4}
----
return {{{{}}}}
----
return nil
----
return true
----
return false
----
return 3.99
----
return -3.99
----
return 1e20
----
return {ok='fine'}
----
return {err='MY error'}
----
return {double=3.5}
----
return redis.status_reply('x')
----
return redis.error_reply('x')
----
return redis.error_reply('-X y z')
----
return redis.error_reply('X y z')
----
return redis.error_reply()
----
return redis.status_reply({})
----
return redis.call()
----
return redis.call({})
----
return redis.pcall()
----
return redis.pcall(nil)
----
return redis.call('nosuch')
----
return redis.pcall('nosuch')
----
return {pcall(redis.call, 'nosuch')}
----
local ok, e = pcall(redis.call, 'nosuch') return {tostring(ok), type(e), e}
----
local e = redis.pcall('nosuch') return e.err
----
redis.call('nosuch')
return 1
----
local function f()
  return redis.call('nosuch')
end
return f()
----
return redis.call('echo', 1.5)
----
return redis.call('echo', 12345678901234567890)
----
return redis.call('echo', -0.1)
----
return redis.call('echo', 1e21)
----
return redis.call('echo', 1/3)
----
return redis.sha1hex('abc')
----
return redis.sha1hex()
----
return redis.log()
----
return redis.log('x', 'y')
----
return redis.log(9, 'y')
----
return redis.setresp(7)
----
return redis.setresp()
----
return redis.set_repl(8)
----
return redis.set_repl()
----
return redis.acl_check_cmd()
----
return redis.acl_check_cmd('nosuchcmd')
----
return redis.acl_check_cmd('get', 'x')
----
return redis.breakpoint()
----
return redis.debug('x')
----
return redis.replicate_commands()
----
return {redis.LOG_DEBUG, redis.LOG_VERBOSE, redis.LOG_NOTICE, redis.LOG_WARNING, redis.REPL_ALL, redis.REPL_AOF, redis.REPL_SLAVE, redis.REPL_REPLICA, redis.REPL_NONE}
----
x = 1
----
return x
----
_G.x = 1
----
rawset(_G, 'x', 1)
----
setmetatable(_G, nil)
----
getmetatable(_G).__index = nil
----
getmetatable('').__index = nil
----
setmetatable(getmetatable(''), {})
----
string.x = 1
----
redis.call = nil
----
table.insert(string, 1)
----
rawset(string, 'x', 1)
----
KEYS[1] = 'x' return KEYS[1]
----
ARGV.x = 1 return ARGV.x
----
local a = {} a.a = a return #a
----
local a = {} local b = {a} for i=1,5 do b = {b} end return b
