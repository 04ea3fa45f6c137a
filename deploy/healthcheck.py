"""Inside an api's container: exits 0 when it is ready to do its work, 1 when not. The standard library alone."""

import os
import sys
import urllib.error
import urllib.request

port = os.environ.get("PLUMBLINE_BIND", "127.0.0.1:8000").rpartition(":")[2]
address = f"http://127.0.0.1:{port}/api/v1/{os.environ['SERVICE']}/readyz"
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy knows nothing of our loopback
try:
    with direct.open(address, timeout=4) as answer:
        sys.exit(0 if answer.status == 200 else 1)
except (OSError, urllib.error.URLError) as reason:
    sys.exit(f"{address}: {reason}")
