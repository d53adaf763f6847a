--[[
  Reads records and the clock of Redis in one round trip. Deadlines are set and checked on this clock.

  KEYS[1..n]  records   strings: <version, 16 digits>|<text>

  Returns {nowMs, record or false, ...}   in the order of KEYS; false for a missing record
  Raises  WRONGTYPE                       a key is not a string (MGET would hide this)
]]
local time = redis.call('TIME')
local reply = { time[1] * 1000 + math.floor(time[2] / 1000) }
for i, record in ipairs(KEYS) do
  reply[i + 1] = redis.call('GET', record)
end
return reply
