-- Asks for each line of a file in turn and holds every answer against what it should say.
-- A line: method, path, body, then the value expected; tabs between. WRK_TARGETS names the file,
-- WRK_VALUE is the pattern that finds a value in an answer, WRK_KEY is sent as X-API-Key.
local asked, expected, place = {}, {}, 0
local threads = {}
wrong, bad_status, shown = 0, 0, ""

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  local headers = { ["Content-Type"] = "application/json" }
  if os.getenv("WRK_KEY") then headers["X-API-Key"] = os.getenv("WRK_KEY") end
  for line in io.lines(os.getenv("WRK_TARGETS")) do
    local method, path, body, value = line:match("^(.-)\t(.-)\t(.-)\t(.*)$")
    table.insert(asked, wrk.format(method, path, headers, body ~= "" and body or nil))
    expected[string.format("%.9f", tonumber(value))] = true
  end
end

function request()
  place = place % #asked + 1
  return asked[place]
end

function response(status, headers, body)
  if status ~= 200 then
    bad_status = bad_status + 1
    shown = body:sub(1, 200)
    return
  end
  local found = body:match(os.getenv("WRK_VALUE"))
  if not found or not expected[string.format("%.9f", tonumber(found))] then
    wrong = wrong + 1
    shown = body:sub(1, 200)
  end
end

function done(summary, latency, requests)
  local faults, what = 0, ""
  for _, thread in ipairs(threads) do
    faults = faults + thread:get("wrong") + thread:get("bad_status")
    if thread:get("shown") ~= "" then what = thread:get("shown") end
  end
  local errors = summary.errors
  faults = faults + errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format("RESULT %d %d %.3f %.3f %d %s\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), faults, what))
end
