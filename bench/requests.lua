-- wrk's requests, all made before the first is sent: formatting at each call would take time from the store.
-- Arguments: the method, how often {n} in a path is to be counted up from 0 (0: paths have none), a seed (0: none), then for
-- each request its path, and its body behind a tab where it has one. Numbered requests are sent once each, and what is beyond
-- them finds nothing; with a seed they are drawn at random instead, again and again.
local requests, last, at, numbered, seed = {}, 0, 0, 0, 0

local function make(method, path, body)
  last = last + 1
  requests[last] = wrk.format(method, path, body and { ["content-type"] = "application/json" } or {}, body)
end

function init(args)
  local method = args[1]
  numbered = tonumber(args[2])
  seed = tonumber(args[3])
  math.randomseed(seed)
  for i = 4, #args do
    local path, body = args[i]:match("^(%S+)\t(.*)$")
    path = path or args[i]
    if numbered == 0 then make(method, path, body) end
    for n = 0, numbered - 1 do make(method, (path:gsub("{n}", tostring(n))), body) end
  end
  if numbered > 0 and seed == 0 then make(method, "/no-more-of-them") end
end

function request()
  if seed > 0 then return requests[math.random(last)] end
  at = at + 1
  if at > last then at = numbered > 0 and last or 1 end
  return requests[at]
end
