total = 0
while True:
    try:
        total += int(input())
    except EOFError:
        break
print(total)

# --- tests ---
TESTS = {
    "kind": "stdio",
    "cases": [{"input": "1\n2\n3\n", "output": "6"}, {"input": "", "output": "0"}],
}
