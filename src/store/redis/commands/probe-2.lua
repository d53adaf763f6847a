--[[
  Runs every command that the other scripts run, to find a command that the ACL denies before a turn needs it. Otherwise
  Redis would abort a script in the middle, after its first writes. When you add a command to a script, add it here, too.

  KEYS[1]  record   string of the probe's own; it expires
  KEYS[2]  journal  stream; never created
  ARGV[1]  text     of the record; if absent, the script does nothing
  ARGV[2]  ttlMs    of the record

  Returns {command, error, ...}   each failed command and its error; empty when all succeeded
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
-- An empty string: any other would create a record without a TTL when SET is denied.
try('SETRANGE', record, 0, '')
try('DEL', journal)
try('TYPE', journal)
try('XADD', journal, 'NOMKSTREAM', '*', 'entry', '')
try('XRANGE', journal, '-', '+', 'COUNT', 1)
return failed
