-- The kernels of kernels.vit.
function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
function collatz(n)
    local longest = 0
    for i = 1, n - 1 do
        local steps, x = 0, i
        while x ~= 1 do
            if x % 2 == 0 then x = x // 2 else x = 3 * x + 1 end
            steps = steps + 1
        end
        if steps > longest then longest = steps end
    end
    return longest
end
function sieve(n)
    local composite = {}
    for i = 0, n do composite[i] = false end
    local primes = 0
    for i = 2, n do
        if not composite[i] then
            primes = primes + 1
            for k = i * i, n, i do composite[k] = true end
        end
    end
    return primes
end
function mandelbrot(n)
    local inside = 0
    for py = 0, n - 1 do
        for px = 0, n - 1 do
            local cx, cy = 3.0 * px / n - 2.0, 2.0 * py / n - 1.0
            local x, y, i = 0.0, 0.0, 0
            while i < 50 and x * x + y * y <= 4.0 do
                x, y = x * x - y * y + cx, 2.0 * x * y + cy
                i = i + 1
            end
            if i == 50 then inside = inside + 1 end
        end
    end
    return inside
end
function join(n)
    local parts = {}
    for i = 0, n - 1 do parts[#parts + 1] = tostring(i) end
    return #table.concat(parts)
end
