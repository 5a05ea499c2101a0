class Solution:
    def two_sum(self, nums, target):
        seen = {}
        for index, value in enumerate(nums):
            if target - value in seen:
                return [seen[target - value], index]
            seen[value] = index


two_sum = Solution().two_sum

# --- tests ---
TESTS = {
    "kind": "io_call",
    "fn_name": "two_sum",
    "cases": [{"args": [[2, 7, 11], 9], "output": [0, 1]}],
}
