"""``python -m benchmarks.fuzz.guided TARGET FOLDER SECONDS``: one target by Google's atheris, started by the benchmark.

atheris instruments our readers as they are imported, so it has a process of its own, which ends with status 0, or
not when an input broke the reader; that is in FOLDER then.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["dicom_node"]):
    from benchmarks.fuzz.targets import TARGETS, complaint, most_memory_kb


def main() -> None:
    """Fuzz one target; libFuzzer ends the process itself."""
    name, folder, seconds = sys.argv[1:]
    target, before_kb = TARGETS[name], most_memory_kb()

    def one(body: bytes) -> None:
        wrong = complaint(target, body, before_kb)
        if wrong:
            raise AssertionError(wrong)

    options = [f"-max_total_time={seconds}", "-max_len=65536", "-timeout=10", "-rss_limit_mb=0", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={folder}/broken-", f"{folder}/{name}"], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
