"""A row of a data set of programming tasks, in onelayer's own form."""

DOUBLE = {
    "id": "double",
    "prompt": "Write a function that doubles a number.",
    "entry_point": "double",
    "tests": {
        "kind": "io_call",
        "fn_name": "double",
        "cases": [{"args": [n], "output": 2 * n} for n in range(4)],
    },
    "reference": "def double(n):\n    return n + n\n",
}
