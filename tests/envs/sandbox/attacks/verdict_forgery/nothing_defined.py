"""Define nothing.

kinds: io_call asserts check_fn script stdio
"""
