"""The case desk: worklist, case page and viewer in the browser."""
