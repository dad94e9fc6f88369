-- wrk's requests, all made before the first is sent: formatting at each call would take time from the store.
-- Arguments: the method, then for each request its path, and its body behind a tab where it has one.
local requests, last, at = {}, 0, 0

function init(args)
  local method, headers = args[1], { ["content-type"] = "application/json" }
  for i = 2, #args do
    local path, body = args[i]:match("^(%S+)\t(.*)$")
    requests[i - 1] = wrk.format(method, path or args[i], body and headers or {}, body)
  end
  last = #requests
end

function request()
  at = at % last + 1
  return requests[at]
end
