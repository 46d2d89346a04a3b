"""A process that holds a cluster's lock until it is killed: ``python lock_holder.py FOLDER``."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from clusters.local import keeping

if __name__ == "__main__":
    keeping.take(Path(sys.argv[1]))
    sys.stdout.write("held\n")
    sys.stdout.flush()
    time.sleep(60)
