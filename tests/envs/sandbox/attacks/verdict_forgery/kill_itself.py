"""Die by SIGKILL before the answer, as if the machine had done it.

kinds: io_call asserts check_fn script stdio
"""

import os
import signal

signal.pthread_kill(__import__("threading").get_ident(), signal.SIGKILL)
os.kill(os.getpid(), signal.SIGKILL)
