-- Looks at counters, admits and records, as one step. Every counter is a sorted set of times of admission, in
-- microseconds by this server's clock, and of one further member, the longest window it was ever asked for: below that,
-- nothing is forgotten. A receipt is a hash. All keys are of one app, and so on one node of a cluster.
--
-- KEYS: the receipt, if there is one, then the counters
-- ARGV: "1" if there is a receipt, its content ("": only look), its life in milliseconds, "1" to take, then for each
--       counter its count, its window in microseconds, and "1" if it is binding
-- Returns the content on record, or "", and the usages as JSON: [used, frees_in in seconds or null, full] each.
local has_receipt, content, life, take = ARGV[1] == "1", ARGV[2], ARGV[3], ARGV[4] == "1"
local first = has_receipt and 1 or 0

if has_receipt then
  local kept = redis.call("HMGET", KEYS[1], "content", "usages")
  if kept[1] then return kept end
end

local function whole(number) return string.format("%.0f", number) end

local OLDEST_TIME = 1e15 -- of the year 2001; no window is as long

-- The server's clock may be set back, and another server may take over: time on record is never in the future.
local told = redis.call("TIME")
local clock = told[1] * 1000000 + told[2]
local now = clock
local counters = {}
for index = first + 1, #KEYS do
  local newest = redis.call("ZRANGE", KEYS[index], -1, -1, "WITHSCORES")
  if newest[2] and tonumber(newest[2]) >= now then now = tonumber(newest[2]) + 1 end
end

local admits = true
for index = first + 1, #KEYS do
  local base = 4 + (index - first - 1) * 3
  local counter = { key = KEYS[index], count = tonumber(ARGV[base + 1]), per = tonumber(ARGV[base + 2]) }
  local since = "(" .. whole(now - counter.per)
  counter.used = redis.call("ZCOUNT", counter.key, since, "+inf")
  counter.full = counter.used >= counter.count
  if counter.used > 0 then
    local skip = math.max(0, counter.used - counter.count)
    local leaves = redis.call("ZRANGEBYSCORE", counter.key, since, "+inf", "WITHSCORES", "LIMIT", skip, 1)
    counter.frees_in = tonumber(leaves[2]) + counter.per - clock
  end
  if counter.full and ARGV[base + 3] == "1" then admits = false end
  counters[#counters + 1] = counter
end

local usages = {}
for index, counter in ipairs(counters) do
  if take and admits and not counter.full then
    local longest = math.max(counter.per, tonumber(redis.call("ZSCORE", counter.key, "longest") or 0))
    redis.call("ZREMRANGEBYSCORE", counter.key, whole(OLDEST_TIME), whole(now - longest))
    redis.call("ZADD", counter.key, whole(now), whole(now), whole(longest), "longest")
    redis.call("PEXPIRE", counter.key, whole(longest / 1000 + 1000))
    counter.used = counter.used + 1
    counter.frees_in = counter.frees_in or counter.per
  end
  local frees_in = counter.frees_in and string.format("%.6f", counter.frees_in / 1000000) or "null"
  usages[index] = string.format("[%d,%s,%s]", counter.used, frees_in, tostring(counter.full))
end
local written = "[" .. table.concat(usages, ",") .. "]"

if has_receipt and content ~= "" then
  redis.call("HSET", KEYS[1], "content", content, "usages", written)
  redis.call("PEXPIRE", KEYS[1], life)
end
return { "", written }
