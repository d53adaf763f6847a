--[[
  Changes records and appends to the journal, atomically. Redis has no rollback, so every check comes before the first write.
  The order of the writes matters, too:
  - XADD first: the ACL of an older version may lack it.
  - DEL last: Redis deletes even when it is out of memory.
  The deadline is checked here because a command still arrives after its caller has timed out.

  KEYS[1..n-1]  records     strings: <version, 16 digits>|<text>
  KEYS[n]       journal     stream with one field, entry
  ARGV[1]       deadlineMs  on the clock of Redis
  ARGV[2]       loadedMs    time of the load on the same clock; '' if nothing was loaded
  ARGV[3]       entries     number of journal entries that follow
  ARGV[4..]     entry       the journal entries; then four arguments per record, in the order of KEYS:
                expected    the version the record must have; '' if the record must not exist
                write       keep | touch | delete | put
                text        for put, else ''
                ttlMs       for put: whole milliseconds, at least 1; '' for no expiry

  Returns version     16 digits, the version of every record put; everything is written
          'conflict'  a record has another version; nothing is written
          'late'      the deadline has passed, or the clock was set back since the load; nothing is written
  Raises  WRONGTYPE   a key has another type; nothing is written
          BADARGS     the arguments are malformed; nothing is written
]]
local records, journal = #KEYS - 1, KEYS[#KEYS]
local deadlineMs, loadedMs, entries = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if not deadlineMs or not entries or #ARGV ~= 3 + entries + 4 * records then
  return redis.error_reply('BADARGS number of arguments')
end

local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
if not (nowMs <= deadlineMs) then return 'late' end
-- One second of slack: the clocks of a master and its replica differ, and a clock being slewed goes back a little.
if loadedMs and nowMs < loadedMs - 1000 then return 'late' end

-- The version is at least the clock's microseconds and greater than every version it replaces. So no version repeats, even
-- when a record is deleted and created again.
-- A double holds it exactly: microseconds since the epoch stay below 2^53 until the year 2255.
local version = time[1] * 1000000 + time[2]
for i = 1, records do
  local at = 3 + entries + 4 * (i - 1)
  local expected, write, ttlMs = ARGV[at + 1], ARGV[at + 2], ARGV[at + 4]
  if redis.call('GETRANGE', KEYS[i], 0, 15) ~= expected then return 'conflict' end
  if expected ~= '' then version = math.max(version, expected + 1) end
  if write ~= 'keep' and write ~= 'touch' and write ~= 'delete' and write ~= 'put' then
    return redis.error_reply('BADARGS write')
  end
  if ttlMs ~= '' and not (#ttlMs < 16 and ttlMs:find('^[1-9]%d*$')) then return redis.error_reply('BADARGS ttlMs') end
end
if entries > 0 then
  local kind = redis.call('TYPE', journal).ok
  if kind ~= 'none' and kind ~= 'stream' then return redis.error_reply('WRONGTYPE the journal is not a stream') end
end

for i = 1, entries do
  redis.call('XADD', journal, '*', 'entry', ARGV[3 + i])
end
local digits = string.format('%016.0f', version)
for i = 1, records do
  local at = 3 + entries + 4 * (i - 1)
  local write, text, ttlMs = ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  if write == 'touch' and ARGV[at + 1] ~= '' then
    -- Changes neither the text nor the TTL, but is a write: WAIT covers the writes of this connection only.
    redis.call('SETRANGE', KEYS[i], 0, ARGV[at + 1])
  elseif write == 'put' and ttlMs == '' then
    redis.call('SET', KEYS[i], digits .. '|' .. text)
  elseif write == 'put' then
    redis.call('SET', KEYS[i], digits .. '|' .. text, 'PX', ttlMs)
  end
end
for i = 1, records do
  if ARGV[3 + entries + 4 * (i - 1) + 2] == 'delete' then redis.call('DEL', KEYS[i]) end
end
return digits
