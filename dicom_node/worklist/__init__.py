"""Modality Worklist as provider (PS3.4 annex K): a hospital's open requests, offered to its scanners."""
