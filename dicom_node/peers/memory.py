"""The file in which the node remembers its peers, so that it can start while the database is down."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

from dicom_node.peers.peer import Peer


def remember(file: Path, peers: tuple[Peer, ...]) -> None:
    """Write the peers, readable by us alone, whole or not at all. Raises `OSError`."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump({"peers": [asdict(peer) for peer in peers]}, stream, indent=1)
        stream.flush()
        os.fsync(descriptor)
    temporary.replace(file)


def recall(file: Path) -> tuple[Peer, ...]:
    """The peers as they were last remembered; none when the file is missing or damaged."""
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))["peers"]
        return tuple(Peer(str(e["site_id"]), str(e["ae_title"]), str(e["host"]), int(e["port"])) for e in entries)
    except (OSError, ValueError, KeyError, TypeError):
        return ()
