-- Saves one field of one draft a request. Each draft has one writer, whose changes must come in
-- order: drafts take turns, and there are far more of them than requests under way.
local drafts, turn, failed = {}, 0, 0

function init(args)
  for line in io.lines(args[1]) do
    local id, token, seq = line:match("(%S+) (%S+) (%d+)")
    drafts[#drafts + 1] = { path = "/v1/drafts/" .. id .. "/changes", seq = tonumber(seq), token = token }
  end
end

function request()
  turn = turn % #drafts + 1
  local draft = drafts[turn]
  draft.seq = draft.seq + 1
  local body = string.format(
    '{"writer":"w_bench","changes":[{"seq":%d,"ops":[{"op":"set","path":"/applicant/field_%d","value":"%s %d","seen":0}]}]}',
    draft.seq, draft.seq % 16, "a value as people type it, of some sixty characters, number", draft.seq)
  return wrk.format("POST", draft.path,
    { ["Authorization"] = "Bearer " .. draft.token, ["Content-Type"] = "application/json" }, body)
end
