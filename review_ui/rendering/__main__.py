"""``python -m review_ui.rendering``: the child that decodes; it ends when its parent does."""

from __future__ import annotations

import resource
import struct
import sys
from functools import partial

from dicom_node.outermost import outcome_of
from review_ui.dicomweb.part10 import be_quiet
from review_ui.rendering.pictures import make
from review_ui.rendering.wanted import read_line

MOST_MEMORY = 3 << 30
"""Address space in bytes: two thirds of a gibibyte is the largest image, decoded, copied and drawn."""


def main() -> None:
    """Answer line by line: a byte, "+" or "-", eight of length, then what was made or the name of the error."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    be_quiet()
    for line in sys.stdin.buffer:
        made = outcome_of(partial(make, read_line(line)))
        body = type(made).__name__.encode() if isinstance(made, Exception) else made
        sys.stdout.buffer.write(b"-" if isinstance(made, Exception) else b"+")
        sys.stdout.buffer.write(struct.pack("<Q", len(body)) + body)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
