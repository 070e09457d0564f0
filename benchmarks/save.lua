-- Saves one field of one draft a request. Each draft has one writer, whose changes must come in
-- order: drafts take turns, and there are far more of them than requests under way. Every run has
-- writers of its own, which know (`also`) what those before them wrote, as a reloaded page does.
local drafts, turn = {}, 0
local writer, also

function init(args)
  local run = tonumber(args[2])
  local known = { '"w_fill":1000000' }
  for earlier = 1, run - 1 do
    known[#known + 1] = string.format('"w_%d":1000000', earlier)
  end
  writer, also = "w_" .. run, table.concat(known, ",")
  for line in io.lines(args[1]) do
    local id, token = line:match("(%S+) (%S+)")
    drafts[#drafts + 1] = { path = "/v1/drafts/" .. id .. "/changes", seq = 0, token = token }
  end
end

function request()
  turn = turn % #drafts + 1
  local draft = drafts[turn]
  draft.seq = draft.seq + 1
  local body = string.format(
    '{"writer":"%s","changes":[{"seq":%d,"ops":[{"op":"set","path":"/applicant/field_%d",'
      .. '"value":"a value as people type it, of some sixty characters, %s %d","seen":0,"also":{%s}}]}]}',
    writer, draft.seq, draft.seq % 16, writer, draft.seq, also)
  return wrk.format("POST", draft.path,
    { ["Authorization"] = "Bearer " .. draft.token, ["Content-Type"] = "application/json" }, body)
end
