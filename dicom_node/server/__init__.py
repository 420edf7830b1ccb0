"""C-ECHO and C-STORE as SCP: pynetdicom's upper layer, our decisions, the vault before the answer."""
