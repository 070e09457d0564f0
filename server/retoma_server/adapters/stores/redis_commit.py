"""A commit as one Lua script: the script, and what it is called with."""

import hashlib

from retoma_server.adapters.stores import redis_keys
from retoma_server.adapters.stores.contract import Commit

SCRIPT = """
-- Bodies and index entries are opaque bytes; numbers that must stay exact stay text.
local due, terms, heads = KEYS[1], KEYS[2], KEYS[3]
local next_key, next_argument = 3, 0
local function key() next_key = next_key + 1; return KEYS[next_key] end
local function argument() next_argument = next_argument + 1; return ARGV[next_argument] end
local function each(step) for _ = 1, tonumber(argument()) do step() end end

local function unlist(packed)
  local at, member = 1, nil
  while at <= #packed do
    member, at = struct.unpack('>I2c0', packed, at)
    redis.call('ZREM', terms, member)
  end
end

local function list(packed)
  local at, member = 1, nil
  while at <= #packed do
    member, at = struct.unpack('>I2c0', packed, at)
    redis.call('ZADD', terms, 0, member)
  end
end

local function delete()
  local record, name = key(), argument()
  local old = redis.call('HMGET', record, 't', 'd')
  redis.call('DEL', record)
  if old[1] then unlist(old[1]) end
  if (old[2] or '') ~= '' then redis.call('ZREM', due, name) end
end

local function drop()
  redis.call('DEL', key())
  redis.call('HDEL', heads, argument())
end

local function write()
  local record, name, revision, body = key(), argument(), argument(), argument()
  local entries, at = argument(), argument()
  local old = redis.call('HMGET', record, 't', 'd')
  redis.call('HSET', record, 'r', revision, 'b', body, 't', entries, 'd', at)
  if entries ~= old[1] then
    if old[1] then unlist(old[1]) end
    list(entries)
  end
  if at ~= (old[2] or '') then
    if at == '' then redis.call('ZREM', due, name) else redis.call('ZADD', due, at, name) end
  end
end

local channel = argument()
local positions = {}
local function append()
  local log, name, body, keep, nudge = key(), argument(), argument(), argument(), argument()
  local position = string.format('%.0f', redis.call('HINCRBY', heads, name, 1))
  redis.call('XADD', log, 'MAXLEN', '~', keep, position .. '-0', 'b', body)
  if nudge == '1' then redis.call('PUBLISH', channel, name) end
  positions[#positions + 1] = position
end

local stale = false
each(function()
  if (redis.call('HGET', key(), 'r') or '0') ~= argument() then stale = true end
end)
if stale then return false end
-- Redis refuses for want of memory only before a script's first change. Deleting comes first, so that
-- what makes room is let through; a commit that only adds begins with a change that can be refused.
each(delete)
each(drop)
each(write)
each(append)
return positions
"""

DIGEST = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()
"""The name under which Redis keeps the script."""


def arguments(partition: int, commit: Commit) -> list[str | bytes | int]:
    """The number of keys, the keys and the arguments, in the order in which the script takes them."""
    record, log = redis_keys.records(partition), redis_keys.logs(partition)
    keys = [redis_keys.due(partition), redis_keys.terms(partition), redis_keys.heads(partition)]
    given: list[str | bytes | int] = [redis_keys.channel(partition), len(commit.expects)]
    for key, revision in commit.expects.items():
        keys.append(record + key)
        given.append(revision)
    given.append(len(commit.deletes))
    for key in commit.deletes:
        keys.append(record + key)
        given.append(key)
    given.append(len(commit.drops))
    for name in commit.drops:
        keys.append(log + name)
        given.append(name)
    given.append(len(commit.writes))
    for write in commit.writes:
        keys.append(record + write.key)
        entries = redis_keys.pack(
            redis_keys.entry(term, write.rank, write.key) for term in dict.fromkeys(write.terms)
        )
        at = "" if write.due is None else write.due
        given += (write.key, commit.expects[write.key] + 1, write.body, entries, at)
    given.append(len(commit.appends))
    for append in commit.appends:
        keys.append(log + append.log)
        given += (append.log, append.body, append.keep, int(append.nudge))
    return [len(keys), *keys, *given]
