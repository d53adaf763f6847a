--[[
  Reads records and the clock in one round trip, so that a deadline is set on the clock it will be measured on.

  KEYS[1..n]  records   strings: <version, 16 digits>|<text>

  Returns {nowMs, record or false, ...}   in the order of KEYS; false where there is no record
  Raises  WRONGTYPE                       a key holds something else than a string (MGET would hide it)
]]
local time = redis.call('TIME')
local reply = { time[1] * 1000 + math.floor(time[2] / 1000) }
for i, record in ipairs(KEYS) do
  reply[i + 1] = redis.call('GET', record)
end
return reply
