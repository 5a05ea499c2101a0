def primes(n):
    sieve = bytearray([1]) * (n + 1)
    for p in range(2, int(n**0.5) + 1):
        if sieve[p]:
            sieve[p * p :: p] = bytes(len(range(p * p, n + 1, p)))
    return sum(sieve[2:])


# --- tests ---
TESTS = {"kind": "io_call", "fn_name": "primes", "cases": [{"args": [2_000_000], "output": 148933}]}
