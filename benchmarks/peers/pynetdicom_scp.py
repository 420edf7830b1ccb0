"""``python -m benchmarks.peers.pynetdicom_scp PORT FOLDER``: pynetdicom at its fastest, raw bytes written, no sync."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from pynetdicom import AE, AllStoragePresentationContexts, _config, evt


def main() -> None:
    """Serve until killed."""
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    _config.LOG_HANDLER_LEVEL = "none"

    def store(event: Any) -> int:
        name = f"{event.assoc.name}-{event.request.MessageID}-{event.request.AffectedSOPInstanceUID}.dcm"
        (folder / name.replace("/", "_")).write_bytes(event.encoded_dataset())
        return 0x0000

    entity = AE("ANY")
    entity.supported_contexts = AllStoragePresentationContexts
    entity.add_supported_context("1.2.840.10008.1.1")
    entity.maximum_pdu_size = 0
    entity.start_server(("127.0.0.1", port), evt_handlers=[(evt.EVT_C_STORE, store)])


if __name__ == "__main__":
    main()
