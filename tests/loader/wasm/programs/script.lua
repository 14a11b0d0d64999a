-- Tables, strings, patterns, closures, numbers, files and the arguments, printed.
print(_VERSION, arg[1], arg[2], #arg)
local counts = {}
for word in ("the quick brown fox jumps over the lazy dog the end"):gmatch("%a+") do counts[word] = (counts[word] or 0) + 1 end
local words = {}
for word in pairs(counts) do words[#words + 1] = word end
table.sort(words, function(a, b) return counts[a] > counts[b] or (counts[a] == counts[b] and a < b) end)
for i, word in ipairs(words) do print(i, word, counts[word]) end

local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
print(fib(20), 7 // 2, -7 // 2, 7 % -3, 2 ^ 0.5, 1 / 3, math.maxinteger + 1 == math.mininteger, 0x7fp-3)
print(string.format("%5d|%-8s|%08.3f|%x|%q", 42, "ab", 3.14159, 255, 'a "quote"\n'), ("x"):rep(5, "-"), ("hello"):byte(1, -1))
print(("key = value; other=thing"):gsub("(%w+)%s*=%s*(%w+)", "%2=%1"), utf8.char(8364, 252), utf8.len("über"))

local Account = setmetatable({}, {__call = function(class, balance) return setmetatable({balance = balance}, class) end})
Account.__index = Account
Account.__add = function(a, b) return Account(a.balance + b.balance) end
Account.__tostring = function(a) return "account of " .. a.balance end
print(tostring(Account(10) + Account(32.5)))

local out = assert(io.open("lines.txt", "w"))
for i = 1, 100 do out:write(i, "\t", i * i, "\n") end
out:close()
local sum = 0
for line in io.lines("lines.txt") do sum = sum + tonumber(line:match("\t(%d+)")) end
local back = io.open("lines.txt", "rb")
print(sum, back:seek("end"), back:seek("set", 10), back:read(5), back:read("n"), back:read("a"):len())
back:close()
print(os.rename("lines.txt", "kept.txt"), io.open("lines.txt") == nil, os.getenv("GREETING"), io.read("L"), io.read("n"))

local t = {}
for i = 1, 20000 do t[i] = {i, tostring(i)} end
for i = 1, 20000, 2 do t[i] = nil end
collectgarbage()
local rest = 0
for _, v in pairs(t) do rest = rest + v[1] end
print(rest, load("return ...", "chunk")(5), select("#", table.unpack({1, nil, 3}, 1, 3)), table.concat({1, 2, 3}, ","))
os.exit(3)
