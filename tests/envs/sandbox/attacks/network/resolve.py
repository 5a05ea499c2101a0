"""Ask for addresses by name.

kinds: stdio
control: none
expected: failed error timeout
limits: cpu_s=1 wall_s=3
"""

import socket
import sys
import urllib.request

for ask in (
    lambda: socket.getaddrinfo("example.com", 80),
    lambda: socket.gethostbyname("example.com"),
    lambda: urllib.request.urlopen("http://127.0.0.1:@TCP_PORT@/", timeout=1),
):
    try:
        print("LEAK", ask(), file=sys.stderr)
    except OSError:
        continue
