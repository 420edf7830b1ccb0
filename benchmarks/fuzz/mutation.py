"""Inputs made from inputs: bits flipped, pieces cut, repeated and put elsewhere, lengths that lie."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

MOST_BYTES = 65_536
_LIES = (0, 1, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFE, 0xFFFF_FFFF)


def mutated(chance: Random, seeds: Sequence[bytes]) -> bytes:
    """One input made from one or two others."""
    body = bytearray(chance.choice(seeds))
    for _ in range(chance.randrange(1, 6)):
        _change(chance, body, seeds)
    return bytes(body[:MOST_BYTES])


def _change(chance: Random, body: bytearray, seeds: Sequence[bytes]) -> None:
    at = chance.randrange(len(body) + 1)
    match chance.randrange(6):
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
        case 4:
            other = chance.choice(seeds)
            begin = chance.randrange(len(other) + 1)
            body[at : at + chance.randrange(100)] = other[begin : begin + chance.randrange(200)]
        case _:
            body[at:at] = chance.randbytes(chance.randrange(20))
