class Account:
    def __init__(self, balance=0):
        self.balance = balance

    def withdraw(self, amount):
        if amount > self.balance:
            raise ValueError("insufficient funds")
        self.balance -= amount


# --- tests ---
TESTS = {
    "kind": "script",
    "setup": "",
    "code": """
import unittest

class TestAccount(unittest.TestCase):
    def setUp(self):
        self.account = Account(10)

    def test_withdraw(self):
        self.account.withdraw(4)
        self.assertEqual(self.account.balance, 6)

    def test_refusal(self):
        with self.assertRaises(ValueError):
            self.account.withdraw(11)
        with self.assertRaisesRegex(ValueError, "funds"):
            self.account.withdraw(12)

result = unittest.TextTestRunner().run(unittest.defaultTestLoader.loadTestsFromTestCase(TestAccount))
assert result.wasSuccessful() and result.testsRun == 2
""",
}
