--[[
  Runs every command that the other scripts run, so that a command that is not allowed is found before a turn needs it: Redis
  would abort a script in the middle, after its first writes. A command that is added to a script is added here.

  KEYS[1]  record   string, a probe's own; it expires
  KEYS[2]  journal  stream; it is never created
  ARGV[1]  text     of the record; without it the script does nothing
  ARGV[2]  ttlMs    of the record

  Returns {command, error, ...}   the commands that failed, each with its error; empty when all of them ran
]]
local record, journal = KEYS[1], KEYS[2]
local failed = {}
if not ARGV[1] then return failed end
local function try(command, ...)
  local reply = redis.pcall(command, ...)
  if type(reply) == 'table' and reply.err then
    failed[#failed + 1] = command
    failed[#failed + 1] = reply.err
  end
end

try('TIME')
try('SET', record, ARGV[1], 'PX', ARGV[2])
try('GET', record)
try('GETRANGE', record, 0, 15)
-- Of nothing: it would create a record that stays, where SET is not allowed.
try('SETRANGE', record, 0, '')
try('DEL', journal)
try('TYPE', journal)
try('XADD', journal, 'NOMKSTREAM', '*', 'entry', '')
try('XRANGE', journal, '-', '+', 'COUNT', 1)
return failed
