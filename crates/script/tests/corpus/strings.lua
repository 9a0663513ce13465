return {string.byte('abc'), string.byte('abc', 2), string.byte('abc', -1), string.byte('abc', 1, 3)}
----
return {string.byte('', 1), 1}
----
return string.char(65, 66, 0, 67)
----
return {pcall(string.char, 256)}
----
return {pcall(string.char, -1)}
----
return {string.find('hello world', 'wor'), string.find('hello', 'l+'), string.find('hello', 'xyz') == nil and 'nil', string.find('a.b', '.', 1, true), string.find('abc', 'b', -1) == nil and 'nil', string.find('', ''), string.find('abc', '', 10)}
----
return {string.find('hello world', '(o)( )(w)')}
----
return {string.find('abc', '()b()')}
----
return {string.match('key=value', '(%w+)=(%w+)'), string.match('2024-01-02', '(%d+)-(%d+)-(%d+)'), string.match('abc', '^b') == nil and 'nil', string.match('  x  ', '^%s*(.-)%s*$')}
----
local r = {} for k, v in string.gmatch('a=1, b=2', '(%w+)=(%w+)') do r[#r+1] = k r[#r+1] = v end return r
----
local r = {} for w in string.gmatch('one two', '%a+') do r[#r+1] = w end return r
----
local r = {} for w in string.gmatch('abc', '') do r[#r+1] = 'e' end return r
----
local r = {} for w in string.gmatch('abc', '^a') do r[#r+1] = w end return r
----
return {string.gsub('hello', 'l', 'L')}
----
return {string.gsub('hello', 'l', 'L', 1)}
----
return {string.gsub('hello', '', '-')}
----
return {string.gsub('hello world', '(%w+)', '<%1>')}
----
return {string.gsub('hello world', '%w+', '%0 %0', 1)}
----
return {string.gsub('hello', 'l', {l='X'})}
----
return {string.gsub('hello', '.', {h='1', e=false})}
----
return {string.gsub('hello', 'l', function(c) return c:upper() .. '!' end)}
----
return {string.gsub('hello', 'l', function(c) return nil end)}
----
return {string.gsub('abc', '', function() return 'x' end)}
----
return {string.gsub('abc', '^a', 'x')}
----
return {string.gsub('aaa', '^a', function() return 'x' end)}
----
return {string.gsub('abc def', '(%w)(%w)', function(a, b) return b .. a end)}
----
return {pcall(string.gsub, 'x', 'x', function() return {} end)}
----
return {pcall(string.gsub, 'x', 'x')}
----
return {pcall(string.gsub, 'x', '(', 'y')}
----
return {pcall(string.gsub, 'x', '%', 'y')}
----
return {pcall(string.gsub, 'x', '[', 'y')}
----
return {pcall(string.gsub, 'x', '[a', 'y')}
----
return {pcall(string.gsub, 'x', 'x', '%2')}
----
return {pcall(string.find, 'x', '%f')}
----
return {pcall(string.find, 'x', '%b')}
----
return {pcall(string.find, 'x', ')')}
----
return {pcall(string.find, 'x', '%1')}
----
return {pcall(string.find, 'aa', '(a)%1')}
----
return {string.find('THE (quick) fox', '%((%a+)%)')}
----
return {string.find('THE (quick (x)) fox', '%b()')}
----
return {string.gsub('THE (quick) fox', '%f[%a]%a+', 'W')}
----
return {string.match('[[x]]', '%[%[(.*)%]%]'), string.match('a-b', '[a%-]+'), string.match('x]y', '[]]'), string.match('abc', '[^a]+'), string.match('a1B2', '[%l%d]+')}
----
return {string.match('hello', '.-l'), string.match('hello', '.*l'), string.match('aaa', 'a?a?a?a?'), string.match('x', 'y*')}
----
return {string.format('%d %5d %-5d| %05d %+d % d', 1, 2, 3, 4, 5, 6)}
----
return {string.format('%x %X %#x %o %u', 255, 255, 255, 8, 7)}
----
return {string.format('%f %.2f %10.3f %-10.1f| %e %.3e %g %g %g', 1.5, 2.345, 3.14159, 2.5, 12345.678, 0.00012, 0.1, 1e20, 100)}
----
return {string.format('%s %10s %-10s| %.2s', 'a', 'b', 'c', 'defg')}
----
return string.format('%q', 'a"b\\c\nd\0e\rf')
----
return {string.format('%c%c', 65, 66), string.format('%%'), string.format('%5%')}
----
return {string.format('%i', 3.7), string.format('%d', -3.7), string.format('%d', '10')}
----
return {string.format('%g %g %g', 1/0, -1/0, 0.5), string.format('%5.1f|%-8g|%08.2f', 2.25, 1.5, -3.14159)}
----
return {string.format('%#g %#.3e %#o %+.1f', 1.5, 2, 8, 0.05)}
----
return {string.format('%.0f %.0f %.0f', 0.5, 1.5, 2.5), string.format('%.14g', 0.1), string.format('%.17g', 0.1), string.format('%.3g', 1234567)}
----
return {pcall(string.format, '%d')}
----
return {pcall(string.format, '%d', 'x')}
----
return {pcall(string.format, '%y', 1)}
----
return {pcall(string.format, '%', 1)}
----
return {pcall(string.format, '%1234d', 1)}
----
return {pcall(string.format, '%.123d', 1)}
----
return {pcall(string.format, '%-+ #0-d', 1)}
----
return {pcall(string.format, '%s')}
----
return {pcall(string.format, '%s', {}) and 1}
----
return {pcall(string.format, '%s', nil)}
----
return {string.len('a\0b'), string.lower('ABC'), string.upper('abc'), string.reverse('abc'), string.rep('ab', 3), string.rep('x', 0)}
----
return {string.sub('hello', 2), string.sub('hello', 2, 3), string.sub('hello', -3), string.sub('hello', -3, -2), string.sub('hello', 0), string.sub('hello', 10), string.sub('hello', 3, 2), string.sub('hello', -100, 100)}
----
return {pcall(string.sub, 'x')}
----
return {pcall(string.sub)}
----
return {pcall(string.sub, {}, 1)}
----
return {table.concat({1,2,3}), table.concat({1,2,3}, ','), table.concat({'a','b','c'}, '-', 2), table.concat({'a','b','c'}, '-', 2, 3), table.concat({})}
----
return {pcall(table.concat, {1,{},3})}
----
return {pcall(table.concat, {1,nil,3}, ',', 1, 3)}
----
local t = {1,2,3} table.insert(t, 4) table.insert(t, 1, 0) table.insert(t, 3, 'x') return t
----
local t = {} table.insert(t, 5, 'x') return {#t, t[5]}
----
return {pcall(table.insert, {}, 1, 2, 3)}
----
return {pcall(table.insert, {})}
----
return {pcall(table.insert, nil, 1)}
----
local t = {1,2,3,4} return {table.remove(t), table.remove(t, 1), #t, t[1], tostring(table.remove({})), tostring(table.remove(t, 10))}
----
local t = {5,2,8,1,9} table.sort(t) return t
----
local t = {'b','a','c'} table.sort(t) return t
----
local t = {5,2,8,1,9} table.sort(t, function(a,b) return a > b end) return t
----
local t = {} for i=1,50 do t[i] = {k=i%7, i=i} end table.sort(t, function(a,b) return a.k < b.k end) local r = {} for i=1,50 do r[i]=t[i].k*100+t[i].i end return r
----
local t = {} for i=1,100 do t[i] = (i*7919)%101 end table.sort(t, function(a,b) return a < b end) return t
----
return {pcall(table.sort, {1,'x',2})}
----
return {pcall(table.sort, {{},{}})}
----
return {pcall(table.sort, {3,1,2}, function() return true end)}
----
return {pcall(table.sort, {3,1,2,5,4,6,7,8,9,10}, function() error('in sort') end)}
----
return {pcall(table.sort, {1,2}, 5)}
----
return {table.getn({1,2,3}), table.maxn({1,2,[10]=3}), pcall(table.setn, {}, 1)}
----
local r = {} table.foreach({1,2}, function(k,v) r[#r+1]=k*10+v end) table.foreachi({5,6}, function(i,v) r[#r+1]=i*100+v end) return r
----
return {table.foreach({1,2}, function(k,v) if v == 2 then return 'found' end end)}
----
return {math.floor(1.5), math.ceil(1.5), math.abs(-2), math.max(1,5,3), math.min(4,2,8), math.sqrt(16), math.pow(2,8), math.fmod(7,3), math.mod(7,3)}
----
return {tostring(math.pi), tostring(math.huge), tostring(math.exp(1)), tostring(math.log(10)), tostring(math.log10(1000)), tostring(math.sin(1)), tostring(math.cos(1)), tostring(math.tan(1)), tostring(math.asin(1)), tostring(math.atan2(1,2)), tostring(math.sinh(1)), tostring(math.deg(1)), tostring(math.rad(180))}
----
return {tostring(math.frexp(8)), select(2, math.frexp(8)), math.ldexp(0.5, 4), tostring(math.modf(3.7)), tostring(select(2, math.modf(3.7)))}
----
math.randomseed(7) return {tostring(math.random()), tostring(math.random()), math.random(100), math.random(5,10), math.random(1000000)}
----
math.randomseed(42) return {tostring(math.random()), math.random(1000)}
----
math.randomseed(-1) return {tostring(math.random()), math.random(1000)}
----
return {pcall(math.random, 0)}
----
return {pcall(math.random, 5, 1)}
----
return {pcall(math.random, 1, 2, 3)}
----
return {pcall(math.floor)}
----
return {pcall(math.floor, 'x')}
----
return {pcall(math.max)}
----
return type(os.clock())
