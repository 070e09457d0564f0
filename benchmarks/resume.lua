-- Picks up one draft a request, one after the other.
local drafts, turn = {}, 0

function init(args)
  for line in io.lines(args[1]) do
    local id, token = line:match("(%S+) (%S+)")
    drafts[#drafts + 1] = { path = "/v1/drafts/" .. id, token = token }
  end
end

function request()
  turn = turn % #drafts + 1
  local draft = drafts[turn]
  return wrk.format("GET", draft.path, { ["Authorization"] = "Bearer " .. draft.token })
end
