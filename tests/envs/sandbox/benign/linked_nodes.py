class Node:
    def __init__(self, value, next=None):
        self.value = value
        self.next = next


def length(node):
    count = 0
    while node:
        count, node = count + 1, node.next
    return count


def reverse(node):
    before = None
    while node:
        node.next, before, node = before, node, node.next
    return before


# --- tests ---
TESTS = {
    "kind": "script",
    "setup": "",
    "code": """
head = Node(1, Node(2, Node(3)))
assert length(head) == 3 and length(None) == 0
head = reverse(head)
assert [head.value, head.next.value, head.next.next.value] == [3, 2, 1]
assert head.next.next.next is None
assert head is head and head.next is not head
""",
}
