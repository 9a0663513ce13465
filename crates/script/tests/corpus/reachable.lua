-- Lists all that a script reaches from its globals, from values of each type and from results of
-- the libraries, by pairs and by getmetatable: a path and a type a line.
local seen, lines = {}, {}
local function walk(value, path)
  lines[#lines + 1] = path .. ' ' .. type(value)
  local meta = getmetatable(value)
  if type(value) ~= 'string' and meta ~= nil then walk(meta, path .. '@') end
  if type(value) ~= 'table' or seen[value] then return end
  seen[value] = true
  local names, fields = {}, {}
  for key, field in pairs(value) do
    local name = tostring(key)
    names[#names + 1], fields[name] = name, field
  end
  table.sort(names)
  for _, name in ipairs(names) do
    if name ~= 'KEYS' and name ~= 'ARGV' then walk(fields[name], path .. '.' .. name) end
  end
end
walk(_G, '_G')
walk(getmetatable(''), "''@")
walk(1, '1')
walk(true, 'true')
walk(walk, 'function')
walk(coroutine.create(walk), 'thread')
walk(cjson.null, 'null')
walk(cjson.decode('[{}]'), 'cjson.decode')
walk(cmsgpack.unpack('\129\161a\144'), 'cmsgpack.unpack')
walk(redis.error_reply('x'), 'redis.error_reply')
walk({pcall(error, {})}, 'pcall')
return table.concat(lines, '\n')
