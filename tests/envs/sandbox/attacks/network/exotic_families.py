"""Make sockets of the families in which kernels have had their holes.

kinds: stdio
control: none
"""

import socket
import sys

FAMILIES = {
    "NETLINK": 16,
    "PACKET": 17,
    "ALG": 38,
    "VSOCK": 40,
    "XDP": 44,
    "RDS": 21,
    "TIPC": 30,
    "CAN": 29,
    "KEY": 15,
    "IB": 27,
    "BLUETOOTH": 31,
    "NFC": 39,
    "QIPCRTR": 42,
    "SMC": 43,
}
for name, number in FAMILIES.items():
    for kind in (1, 2, 3, 5):
        for protocol in (0, 1, 15):
            try:
                socket.socket(number, kind, protocol)
                print("LEAK", name, file=sys.stderr)
            except OSError:
                continue
