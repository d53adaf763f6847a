--[[
  Changes records and appends to the journal, together or not at all. Redis has no rollback, so every check comes before the
  first write, and a write that Redis may refuse comes before one that it never refuses: XADD first, because an access list that
  was written for an older version lacks it; DEL last, because Redis deletes even when it is out of memory.
  The clock decides whether it is too late, because a command whose caller gave up still arrives.

  KEYS[1..n-1]  records     strings: <version, 16 digits>|<text>
  KEYS[n]       journal     stream: entry
  ARGV[1]       deadlineMs  on the clock of Redis
  ARGV[2]       loadedMs    when the records were loaded, on the same clock; '' where they were not
  ARGV[3]       entries     how many entries of the journal follow
  ARGV[4..]     entry       the entries; then for each record, in the order of KEYS:
                expect      version it must have; '' where there must be no record
                write      keep | touch | delete | put
                text        of a value, else ''
                ttlMs       of a value, whole milliseconds from 1; '' for one that stays

  Returns version     16 digits, of every record that was put; everything is written
          'conflict'  a record has moved; nothing is written
          'late'      the deadline has passed, or the clock was set back since the load; nothing is written
  Raises  WRONGTYPE   a key holds another type; nothing is written
          BADARGS     the arguments are not of this form; nothing is written
]]
local records, journal = #KEYS - 1, KEYS[#KEYS]
local deadlineMs, loadedMs, entries = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if not deadlineMs or not entries or #ARGV ~= 3 + entries + 4 * records then
  return redis.error_reply('BADARGS number of arguments')
end

local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
if not (nowMs <= deadlineMs) then return 'late' end
-- A second: clocks of a master and its successor differ, and a clock that is slewed goes back a little.
if loadedMs and nowMs < loadedMs - 1000 then return 'late' end

-- A number rises with the clock and with what was there, so a version does not come back when a record does.
-- Doubles hold it exactly: microseconds since the epoch stay below 2^53 until the year 2255.
local version = time[1] * 1000000 + time[2]
for i = 1, records do
  local at = 3 + entries + 4 * (i - 1)
  local expect, write, ttlMs = ARGV[at + 1], ARGV[at + 2], ARGV[at + 4]
  if redis.call('GETRANGE', KEYS[i], 0, 15) ~= expect then return 'conflict' end
  if expect ~= '' then version = math.max(version, expect + 1) end
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
    -- Changes nothing, also not its time to live, but is a write: WAIT asks replicas for what this connection has written.
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
