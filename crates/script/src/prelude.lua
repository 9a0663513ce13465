-- The functions of the libraries that call back. Written in Lua, they need no stack of the process,
-- so a run can stop within them. The order of the results is that of `library::prelude`.
local step, check_value, put_back, sub, concat, next, loadstring, create, resume, invalid_order, piece = ...

local function gmatch(text, pattern)
  local at = 1
  local function go_on(after, ...)
    at = after
    return ...
  end
  return function() return go_on(step(text, pattern, at)) end
end

local function gsub(text, pattern, replacement, max, is_anchored, is_table)
  local parts, n, at, count, len = {}, 0, 1, 0, #text
  local function replace(start, stop, first, ...)
    if not start then return false end
    local value
    if is_table then value = replacement[first] else value = replacement(first, ...) end
    parts[n + 1] = sub(text, at, start - 1)
    parts[n + 2] = check_value(value, text, start, stop - 1)
    n = n + 2
    count = count + 1
    at = stop
    if stop == start then
      n = n + 1
      parts[n] = sub(text, at, at)
      at = at + 1
    end
    return at <= len + 1
  end
  while count < max and replace(step(text, pattern, at, true)) and not is_anchored do end
  parts[n + 1] = sub(text, at)
  return concat(parts), count
end

local function sort_range(a, low, high, before)
  while low < high do
    if before(a[high], a[low]) then a[low], a[high] = a[high], a[low] end
    if high - low == 1 then return end
    local i = (low + high - (low + high) % 2) / 2
    if before(a[i], a[low]) then
      a[i], a[low] = a[low], a[i]
    elseif before(a[high], a[i]) then
      a[i], a[high] = a[high], a[i]
    end
    if high - low == 2 then return end
    local pivot = a[i]
    a[i], a[high - 1] = a[high - 1], pivot
    i = low
    local j = high - 1
    while true do
      i = i + 1
      while before(a[i], pivot) do
        if i > high then invalid_order() end
        i = i + 1
      end
      j = j - 1
      while before(pivot, a[j]) do
        if j < low then invalid_order() end
        j = j - 1
      end
      if j < i then break end
      a[i], a[j] = a[j], a[i]
    end
    a[high - 1], a[i] = a[i], a[high - 1]
    if i - low < high - i then
      sort_range(a, low, i - 1, before)
      low = i + 1
    else
      sort_range(a, i + 1, high, before)
      high = i - 1
    end
  end
end

local function sort(copy, n, before, target)
  sort_range(copy, 1, n, before or function(a, b) return a < b end)
  put_back(target, copy, n)
end

local function foreach(t, f)
  for k, v in next, t do
    local result = f(k, v)
    if result ~= nil then return result end
  end
end

local function foreachi(t, f, n)
  for i = 1, n do
    local result = f(i, t[i])
    if result ~= nil then return result end
  end
end

local function load(reader, name)
  local parts, n = {}, 0
  while true do
    local part = piece(reader())
    if not part then break end
    n = n + 1
    parts[n] = part
  end
  return loadstring(concat(parts), name)
end

local function wrap(f)
  local thread = create(f)
  return function(...) return resume(thread, ...) end
end

return gmatch, gsub, sort, foreach, foreachi, load, wrap
