-- Requests that wrk makes anew each time, and what it found, as one line of JSON.
-- Arguments: what to send ("get", "add", "add-once", "change"), and a word that no other run has.
local json = { ["Content-Type"] = "application/json" }
local run, number = "", 0

local function product()
  number = number + 1
  return string.format('{"sku": "%s-%d", "name": "Steel bottle %d with handle", "description": "A bottle of stainless steel, double walled.", "price": "%d.90"}', run, number, number, number % 100)
end

local function add()
  return wrk.format("POST", nil, json, product())
end

local function add_once()
  local body = product()
  return wrk.format("POST", nil, { ["Content-Type"] = "application/json", ["Idempotency-Key"] = run .. "-" .. number }, body)
end

local function change()
  number = number + 1
  local path = string.format("%s/%d", wrk.path, math.random(1, 1000))
  local headers = { ["Content-Type"] = "application/json", ["If-Match"] = "*" }
  return wrk.format("PATCH", path, headers, string.format('{"price": "%d.%02d"}', math.random(1, 999), math.random(0, 99)))
end

function init(arguments)
  run = arguments[2]
  math.randomseed(os.time())
  request = ({ add = add, ["add-once"] = add_once, change = change })[arguments[1]]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('\n{"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "failed": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
