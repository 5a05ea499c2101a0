word = input()
print(word.upper(), len(word), "✓ ünï", sep="|")

# --- tests ---
TESTS = {"kind": "stdio", "cases": [{"input": "straße\n", "output": "STRASSE|6|✓ ünï"}]}
