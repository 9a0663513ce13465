return cjson.encode({1,2,3})
----
return cjson.encode({a=1})
----
return cjson.encode({a=1,b='x',c=true,d=false,e=cjson.null,f={1,{2}},g={}})
----
return cjson.encode({})
----
return cjson.encode('a"b\\c/d\n\t\r\b\f\0\127é')
----
return {cjson.encode(1), cjson.encode(1.5), cjson.encode(1e100), cjson.encode(0.1), cjson.encode(123456789012345), cjson.encode(-0.0)}
----
return {cjson.encode(nil), cjson.encode(true), cjson.encode(cjson.null)}
----
return {pcall(cjson.encode, 1/0)}
----
return {pcall(cjson.encode, 0/0)}
----
return {pcall(cjson.encode, {[1]=1,[100]=2})}
----
return cjson.encode({[1]=1,[2]=2,[4]=4})
----
return {pcall(cjson.encode, function() end)}
----
return {pcall(cjson.encode, {[true]=1})}
----
return {pcall(cjson.encode)}
----
return {pcall(cjson.encode, 1, 2)}
----
local t = {} for i=1,1100 do t = {t} end return {pcall(cjson.encode, t)}
----
local t = {} t.t = t return {pcall(cjson.encode, t)}
----
return cjson.encode({[1.5]='x'})
----
return cjson.encode({[10]='x'})
----
cjson.encode_sparse_array(true) local r = cjson.encode({[1]=1,[100]=2}) cjson.encode_sparse_array(false) return r
----
return {cjson.encode_sparse_array()}
----
return {cjson.encode_max_depth(), cjson.decode_max_depth(), cjson.encode_number_precision(), cjson.encode_keep_buffer(), cjson.encode_invalid_numbers(), cjson.decode_invalid_numbers()}
----
cjson.encode_number_precision(3) local r = cjson.encode(1/3) cjson.encode_number_precision(14) return r
----
return {pcall(cjson.encode_number_precision, 20)}
----
return {pcall(cjson.encode_max_depth, 0)}
----
cjson.encode_invalid_numbers(true) local r = {cjson.encode(1/0), cjson.encode(0/0), cjson.encode(-1/0)} cjson.encode_invalid_numbers(false) return r
----
cjson.encode_invalid_numbers('null') local r = {cjson.encode(1/0)} cjson.encode_invalid_numbers(false) return r
----
return {pcall(cjson.encode_invalid_numbers, 'foo')}
----
local t = cjson.decode('{"a":[1,2,{"b":null}],"c":"x","d":true,"e":1.5e2}') return {t.a[1], t.a[2], tostring(t.a[3].b), t.c, tostring(t.d), t.e}
----
return {cjson.decode('[]'), cjson.decode('{}'), #cjson.decode('[1,2,3]')}
----
return {cjson.decode('"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\\n\\/"')}
----
return {pcall(cjson.decode, '')}
----
return {pcall(cjson.decode, '{')}
----
return {pcall(cjson.decode, '[1,')}
----
return {pcall(cjson.decode, '[1 2]')}
----
return {pcall(cjson.decode, '{"a" 1}')}
----
return {pcall(cjson.decode, '{a:1}')}
----
return {pcall(cjson.decode, '{"a":1,}')}
----
return {pcall(cjson.decode, '[1,]')}
----
return {pcall(cjson.decode, '1 2')}
----
return {pcall(cjson.decode, 'nul')}
----
return {pcall(cjson.decode, '"abc')}
----
return {pcall(cjson.decode, '"\\x"')}
----
return {pcall(cjson.decode, '"\\ud800"')}
----
return {pcall(cjson.decode, '"\\u12"')}
----
return {pcall(cjson.decode, '-')}
----
return {pcall(cjson.decode, '+1')}
----
return {tostring(cjson.decode('0x10')), tostring(cjson.decode('inf')), tostring(cjson.decode('-Infinity')), cjson.decode('01'), cjson.decode('1.'), cjson.decode('1e5')}
----
cjson.decode_invalid_numbers(false) local r = {pcall(cjson.decode, '0x10')} cjson.decode_invalid_numbers(true) return r
----
cjson.decode_invalid_numbers(false) local r = {pcall(cjson.decode, '01')} cjson.decode_invalid_numbers(true) return r
----
return {pcall(cjson.decode, ('['):rep(1001) .. (']'):rep(1001))}
----
cjson.decode_max_depth(2) local r = {pcall(cjson.decode, '[[[1]]]')} cjson.decode_max_depth(1000) return r
----
return {pcall(cjson.decode, '\0\0a')}
----
return {pcall(cjson.decode)}
----
return {pcall(cjson.decode, {})}
----
return {cjson.decode(' 5 '), cjson.decode('true') and 1, cjson.decode('null') == cjson.null and 'null'}
----
return {cjson._NAME, cjson._VERSION, type(cjson.new())}
----
return cjson.encode(cjson.decode('{"z":1,"y":2,"x":3,"w":{"v":[1,2,3]}}'))
----
return cmsgpack.pack(1, 127, 128, 255, 256, 65535, 65536, 4294967295, 4294967296, -1, -32, -33, -128, -129, -32768, -32769, -2147483648, -2147483649)
----
return cmsgpack.pack(1.5, 0.1, 1e100, true, false, nil)
----
return cmsgpack.pack('', 'abc', ('x'):rep(31), ('x'):rep(32), ('x'):rep(255), ('x'):rep(256))
----
return cmsgpack.pack({1,2,3}, {a=1}, {}, {1,2,x=3}, {[1]=1,[3]=3})
----
local t = {} for i=1,20 do t[i]=i end return cmsgpack.pack(t)
----
local t = {} for i=1,20 do t['k'..i]=i end return cmsgpack.pack(t)
----
local a = {} a.x = a return cmsgpack.pack(a)
----
return {pcall(cmsgpack.pack)}
----
local t = cmsgpack.unpack(cmsgpack.pack({1,2,{a='b'}})) return {t[1],t[2],t[3].a}
----
return {cmsgpack.unpack(cmsgpack.pack(1,'x',true,2.5))}
----
return {cmsgpack.unpack('')}
----
return {pcall(cmsgpack.unpack, '\xda\x00')}
----
return {pcall(cmsgpack.unpack, '\193')}
----
return {pcall(cmsgpack.unpack, '\217')}
----
return {pcall(cmsgpack.unpack, '\220\255')}
----
return {cmsgpack.unpack_one(cmsgpack.pack(1,2,3))}
----
return {cmsgpack.unpack_one(cmsgpack.pack(1,2,3), 1)}
----
return {cmsgpack.unpack_one(cmsgpack.pack(1,2,3), 2)}
----
return {cmsgpack.unpack_limit(cmsgpack.pack(1,2,3), 2)}
----
return {cmsgpack.unpack_limit(cmsgpack.pack(1,2,3), 2, 1)}
----
return {pcall(cmsgpack.unpack_limit, 'x', -1)}
----
return {pcall(cmsgpack.unpack_one, 'x', 5)}
----
return {pcall(cmsgpack.unpack_one, 'x', -5)}
----
return {cmsgpack.unpack('\203\063\240\000\000\000\000\000\000\202\063\128\000\000\211\255\255\255\255\255\255\255\255\207\000\000\000\000\000\000\000\005')}
----
return {cmsgpack._NAME, cmsgpack._VERSION, cmsgpack._COPYRIGHT, cmsgpack._DESCRIPTION}
----
return struct.pack('>I2h<i4b', 1, -2, 3, -4)
----
return struct.pack('!4 bi d', 1, 2, 3.5)
----
return struct.pack('sc3c0x', 'abc', 'defg', 'hi')
----
return struct.pack('fdLl', 1.5, 2.5, 5, -6)
----
return struct.pack('>I8i16', 2^52, -1)
----
return {struct.unpack('>I2h<i4b', struct.pack('>I2h<i4b', 1, -2, 3, -4))}
----
return {struct.unpack('sc3', struct.pack('sc3', 'abc', 'def'))}
----
return {struct.unpack('bc0', struct.pack('bc0', 3, 'xyz'))}
----
return {struct.unpack('b', 'abc', 2)}
----
return {struct.size('i4d!8bL'), struct.size('c10'), struct.size('!4bi')}
----
return {pcall(struct.size, 's')}
----
return {pcall(struct.size, 'c0')}
----
return {pcall(struct.pack, 'i33', 1)}
----
return {pcall(struct.pack, 'i99999999999', 1)}
----
return {pcall(struct.pack, '!3i', 1)}
----
return {pcall(struct.pack, 'y', 1)}
----
return {pcall(struct.pack, 'i')}
----
return {pcall(struct.pack, 'c5', 'x')}
----
return {pcall(struct.unpack, 'i', 'x')}
----
return {pcall(struct.unpack, 's', 'x')}
----
return {pcall(struct.unpack, 'c0', 'x')}
----
return {pcall(struct.unpack, 'b', 'x', 0)}
----
return {pcall(struct.unpack, 'b', 'x', 10)}
----
return {pcall(struct.unpack, 'c2147483647', 'x')}
----
return {bit.band(0xff, 0x0f), bit.bor(1, 2, 4), bit.bxor(5, 3), bit.bnot(0), bit.lshift(1, 31), bit.rshift(-1, 28), bit.arshift(-8, 1), bit.rol(0x12345678, 8), bit.ror(0x12345678, 8), bit.bswap(0x12345678), bit.tobit(2^32+5), bit.tobit(2^31)}
----
return {bit.tohex(255), bit.tohex(255, 4), bit.tohex(255, -4), bit.tohex(-1), bit.tohex(1, 0), bit.tohex(1, 100), bit.tohex(1,-2147483648)}
----
return {bit.tobit(1.5), bit.tobit(2.5), bit.tobit(-1.5), bit.tobit(1e15), bit.lshift(1, 33), bit.band(-1, '255')}
----
return {pcall(bit.band)}
----
return {pcall(bit.bor, 'x')}
----
return {pcall(bit.tohex)}
