"""Answer with texts and keys that a naive encoding would turn back into objects.

kinds: io_call asserts check_fn
"""


def solve(n):
    return {
        "__class__": "os.system",
        "$type": "object",
        "__reduce__": ["os.system", ["touch @CANARY@/home/pwned"]],
        "handle": 1,
        "h": 0,
        "t": "tuple",
        "py/object": "subprocess.Popen",
        "!!python/object/apply:os.system": ["touch @CANARY@/home/pwned"],
    }
