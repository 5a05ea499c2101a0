import sys


def main():
    print("done")
    sys.exit(0)


main()

# --- tests ---
TESTS = {"kind": "stdio", "cases": [{"input": "", "output": "done"}]}
