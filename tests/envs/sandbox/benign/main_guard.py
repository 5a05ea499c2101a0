def main():
    print("ran as", __name__)


if __name__ == "__main__":
    main()

# --- tests ---
TESTS = {"kind": "stdio", "cases": [{"input": "", "output": "ran as __main__"}]}
