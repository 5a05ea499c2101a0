"""Print the right first answer and leave the others out.

kinds: stdio
expected: failed
"""

n = int(input().split()[0])
print(((n + 7919) ** 2 * 6364136223846793005 + 1442695040888963407) % 10**12)
