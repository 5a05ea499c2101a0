"""Print the right answers in another order.

kinds: stdio
expected: failed
"""

for n in reversed(input().split()):
    print(((int(n) + 7919) ** 2 * 6364136223846793005 + 1442695040888963407) % 10**12)
