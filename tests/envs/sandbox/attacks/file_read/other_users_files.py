"""Read files that belong to the machine: accounts, keys, logs, devices.

kinds: stdio
control: none
"""

import glob
import sys

PATTERNS = (
    "/etc/shadow",
    "/etc/machine-id",
    "/etc/hostname",
    "/root/*",
    "/root/.ssh/*",
    "/home/*/*",
    "/var/log/*",
    "/var/lib/dpkg/status",
    "/proc/*/environ",
    "/proc/*/cmdline",
    "/proc/kcore",
    "/dev/mem",
    "/dev/kmsg",
    "/dev/[sv]d*",
    "/sys/kernel/*",
    "/run/*",
    "/opt/*",
    "/mnt/*",
    "/boot/*",
)
for pattern in PATTERNS:
    for path in glob.glob(pattern):
        try:
            with open(path, "rb") as file:
                if file.read(10):
                    print("LEAK", path, file=sys.stderr)
        except OSError:
            continue
