#!/usr/bin/env python3
"""timed.py COMMAND... - runs it and prints its seconds, process start included, and its peak of resident memory in MiB.

Its standard output goes to standard error when it fails; so does its exit status.
"""
import resource
import subprocess
import sys
import time

begun = time.monotonic()
done = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
seconds = time.monotonic() - begun
if done.returncode != 0:
    sys.stderr.buffer.write(done.stdout)
    sys.exit(done.returncode)
print(seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
