class Stack:
    def __init__(self, items=()):
        self.items = list(items)

    def push(self, item):
        self.items.append(item)
        return self

    def pop(self):
        return self.items.pop()

    @property
    def top(self):
        return self.items[-1]

    @classmethod
    def of(cls, *items):
        return cls(items)

    def __len__(self):
        return len(self.items)

    def __iter__(self):
        return iter(self.items)

    def __getitem__(self, index):
        return self.items[index]

    def __contains__(self, item):
        return item in self.items

    def __repr__(self):
        return f"Stack({self.items})"


# --- tests ---
TESTS = {
    "kind": "script",
    "setup": "",
    "code": """
stack = Stack()
stack.push(1).push("two")
assert len(stack) == 2 and stack.top == "two" and stack[0] == 1 and "two" in stack
assert list(stack) == [1, "two"] and stack.items == [1, "two"] and repr(stack) == "Stack([1, 'two'])"
assert stack.pop() == "two"
assert isinstance(stack, Stack) and not isinstance(3, Stack)
assert bool(Stack()) is False and Stack.of(4, 5).top == 5
stack.items = [9]
assert stack.pop() == 9
try:
    stack.pop()
except IndexError:
    pass
else:
    raise AssertionError
""",
}
