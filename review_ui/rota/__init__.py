"""The rota as a browser, or a calendar program, reads and changes it."""
