-- wrk's requests: one piece of a random toy each.
local toys = { "Tux", "Whale", "Elephant", "Fox", "Python", "Dolphin" }
wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
function request()
  return wrk.format(nil, "/orders", nil, '{"name":"' .. toys[math.random(#toys)] .. '","quantity":1}')
end
