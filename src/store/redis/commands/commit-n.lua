--[[
  Changes records and appends to the journal, together or not at all. Redis has no rollback: every check stands before the
  first write. The clock decides whether it is too late, because a command whose caller gave up still arrives.

  KEYS[1..n-1]  records     strings: <version, 16 digits>|<text>
  KEYS[n]       journal     stream: entry
  ARGV[1]       deadlineMs  on the clock of Redis
  ARGV[2]       entries     how many entries of the journal follow
  ARGV[3..]     entry       the entries; then for each record, in the order of KEYS:
                expect      version it must have; '' where there must be no record
                become      same | again | gone | value
                text        of a value, else ''
                ttlMs       of a value, whole milliseconds from 1; '' for one that stays

  Returns 'ok'        written
          'conflict'  a record has moved; nothing is written
          'late'      the deadline has passed; nothing is written
  Raises  WRONGTYPE   a key holds another type; nothing is written
          BADARGS     the arguments are not of this form; nothing is written
]]
local records, journal = #KEYS - 1, KEYS[#KEYS]
local deadlineMs, entries = tonumber(ARGV[1]), tonumber(ARGV[2])
if not deadlineMs or not entries or #ARGV ~= 2 + entries + 4 * records then
  return redis.error_reply('BADARGS number of arguments')
end

local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
if not (nowMs <= deadlineMs) then return 'late' end

-- A number rises with the clock and with what was there, so a version does not come back when a record does.
-- Doubles hold it exactly: microseconds since the epoch stay below 2^53 until the year 2255.
local version = time[1] * 1000000 + time[2]
for i = 1, records do
  local at = 2 + entries + 4 * (i - 1)
  local expect, become, ttlMs = ARGV[at + 1], ARGV[at + 2], ARGV[at + 4]
  if redis.call('GETRANGE', KEYS[i], 0, 15) ~= expect then return 'conflict' end
  if expect ~= '' then version = math.max(version, expect + 1) end
  if become ~= 'same' and become ~= 'again' and become ~= 'gone' and become ~= 'value' then
    return redis.error_reply('BADARGS become')
  end
  if ttlMs ~= '' and not (#ttlMs < 16 and ttlMs:find('^[1-9]%d*$')) then return redis.error_reply('BADARGS ttlMs') end
end
if entries > 0 then
  local kind = redis.call('TYPE', journal).ok
  if kind ~= 'none' and kind ~= 'stream' then return redis.error_reply('WRONGTYPE the journal is not a stream') end
end

local prefix = string.format('%016.0f|', version)
for i = 1, records do
  local at = 2 + entries + 4 * (i - 1)
  local become, text, ttlMs = ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  if become == 'gone' then
    redis.call('DEL', KEYS[i])
  elseif become == 'again' and ARGV[at + 1] ~= '' then
    -- Changes nothing, also not its time to live, but is a write: WAIT asks replicas for what this connection has written.
    redis.call('SETRANGE', KEYS[i], 0, ARGV[at + 1])
  elseif become == 'value' and ttlMs == '' then
    redis.call('SET', KEYS[i], prefix .. text)
  elseif become == 'value' then
    redis.call('SET', KEYS[i], prefix .. text, 'PX', ttlMs)
  end
end
for i = 1, entries do
  redis.call('XADD', journal, '*', 'entry', ARGV[2 + i])
end
return 'ok'
