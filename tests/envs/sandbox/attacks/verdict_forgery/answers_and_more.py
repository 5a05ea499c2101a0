"""Print the right answers and further tokens after them.

kinds: stdio
expected: failed
"""

for n in map(int, input().split()):
    print(((n + 7919) ** 2 * 6364136223846793005 + 1442695040888963407) % 10**12)
print(0)
