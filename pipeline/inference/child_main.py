"""The inference child's first steps, before anything heavy is imported.

Started by `pipeline.inference.child` with `pipeline.inference.arguments`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from pipeline.inference import confinement
from pipeline.inference.arguments import arguments_of


def main(words: Sequence[str]) -> None:
    """Keep our pipe to ourselves, confine this process, and only then load models and serve."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not end up between our frames
    confinement.die_with_parent()
    confinement.leave_network()  # only while there is one thread, so before numpy and torch
    from pipeline.inference import server  # noqa: PLC0415 - see above

    given = arguments_of(words)
    server.run(given.device, given.folders, given.also, answers)


if __name__ == "__main__":
    main(sys.argv[1:])
