"""``python -m benchmarks.fuzz [--targets NAME ...] [--seconds N]``: can bytes from the network break a reader?

Inputs are made from a small corpus of our own by flipping, cutting, repeating and swapping pieces, and by writing
lengths that lie. Where Google's atheris is installed, ``--atheris`` lets it choose them by coverage instead. A reader
may refuse an input with its own error; any other error, an input that takes longer than a second, or memory above
256 MB ends the run with status 1 and the input in hexadecimal.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from pydicom.uid import ImplicitVRLittleEndian

from benchmarks.ingest.sender import command
from dicom_node.upper.commands import BadCommand, read_command
from dicom_node.upper.pdus import BadPdu, read_request
from dicom_node.vault.header import find_ids
from dicom_node.vault.part10 import decode_head, encode_head
from pipeline.domain.errors import UnreadableInstance
from pipeline.testing.data_sets import CTImageStorage, ExplicitVRLittleEndian, arrival, data_set

MOST_BYTES = 256 << 20
SLOWEST_S = 1.0
_LIES = (0, 1, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFE, 0xFFFF_FFFF)


@dataclass(frozen=True, slots=True)
class Target:
    """A reader, the errors it may answer with, and inputs to begin with."""

    read: Callable[[bytes], object]
    refusals: tuple[type[Exception], ...]
    corpus: tuple[bytes, ...]


def _association_request() -> bytes:
    def item(kind: int, value: bytes) -> bytes:
        return bytes((kind, 0)) + len(value).to_bytes(2, "big") + value

    syntaxes = item(0x30, CTImageStorage.encode()) + item(0x40, ExplicitVRLittleEndian.encode())
    user = item(0x51, (16_384).to_bytes(4, "big")) + item(0x52, b"1.2.3") + item(0x55, b"FUZZ")
    fixed = b"\0\1\0\0" + b"NEUROVIGIE".ljust(16) + b"SCANNER".ljust(16) + bytes(32)
    return fixed + item(0x10, b"1.2.840.10008.3.1.1.1") + item(0x20, b"\1\0\0\0" + syntaxes) + item(0x50, user)


TARGETS: dict[str, Target] = {
    "association": Target(read_request, (BadPdu,), (_association_request(),)),
    "command": Target(read_command, (BadCommand,), (command(CTImageStorage, "1.2.3"),)),
    "header": Target(
        lambda body: find_ids(body, ExplicitVRLittleEndian), (UnreadableInstance,), (data_set(pixels=bytes(64)),)
    ),
    "implicit": Target(
        lambda body: find_ids(body, ImplicitVRLittleEndian),
        (UnreadableInstance,),
        (data_set(pixels=bytes(64), transfer_syntax=ImplicitVRLittleEndian),),
    ),
    "file": Target(decode_head, (UnreadableInstance,), (encode_head(arrival(), "0" * 64),)),
}


def mutated(chance: Random, seed: bytes) -> bytes:
    """One input made from another."""
    body = bytearray(seed)
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(body) + 1)
        match chance.randrange(5):
            case 0 if body:
                body[at % len(body)] ^= 1 << chance.randrange(8)
            case 1:
                del body[at : at + chance.randrange(40)]
            case 2:
                body[at:at] = body[at : at + chance.randrange(200)] * chance.randrange(1, 30)
            case 3:
                order, size = chance.choice(("big", "little")), chance.choice((2, 4))
                lie = chance.choice(_LIES) % (1 << 8 * size)
                body[at : at + size] = lie.to_bytes(size, "big" if order == "big" else "little")
            case _:
                body[at:at] = chance.randbytes(chance.randrange(20))
    return bytes(body[:65_536])


def complaint(target: Target, body: bytes) -> str:
    """What is wrong with how an input was read; empty when nothing is."""
    began = time.perf_counter()
    try:
        target.read(body)
    except target.refusals:
        pass
    except Exception as exc:  # noqa: BLE001 -- any other error is what is looked for
        return f"{type(exc).__name__}: {exc}"
    if time.perf_counter() - began > SLOWEST_S:
        return "it took longer than a second"
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return f"{grown >> 20} MB" if grown > MOST_BYTES else ""


def fuzz(target: Target, chance: Random, seconds: float) -> tuple[int, str]:
    """Try inputs for so long; how many, and the first complaint with its input."""
    deadline = time.monotonic() + seconds
    tried = 0
    while time.monotonic() < deadline:
        body = mutated(chance, chance.choice(target.corpus))
        tried += 1
        wrong = complaint(target, body)
        if wrong:
            return tried, f"{wrong}\n{body.hex()}"
    return tried, ""


def _by_coverage(target: Target) -> None:
    import atheris  # noqa: PLC0415 -- optional, and only here

    def one(body: bytes) -> None:
        wrong = complaint(target, body)
        if wrong:
            raise AssertionError(wrong)

    atheris.instrument_all()
    atheris.Setup(sys.argv[:1], one)
    atheris.Fuzz()


def main() -> int:
    """Fuzz the named targets, or all."""
    cli = argparse.ArgumentParser(prog="python -m benchmarks.fuzz")
    cli.add_argument("--targets", nargs="+", default=list(TARGETS), choices=list(TARGETS))
    cli.add_argument("--seconds", type=float, default=60.0)
    cli.add_argument("--seed", type=int, default=1)
    cli.add_argument("--atheris", action="store_true")
    chosen = cli.parse_args()
    for name in chosen.targets:
        if chosen.atheris:
            _by_coverage(TARGETS[name])
        tried, wrong = fuzz(TARGETS[name], Random(chosen.seed), chosen.seconds)
        print(f"{name}: {tried} inputs, {'broken by ' + wrong if wrong else 'none broke it'}", flush=True)
        if wrong:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
