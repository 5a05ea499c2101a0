a, b = map(int, input().split())
print(a + b)

# --- tests ---
TESTS = {
    "kind": "stdio",
    "cases": [{"input": "2 3\n", "output": "5"}, {"input": "-7 7", "output": "0\n"}],
}
