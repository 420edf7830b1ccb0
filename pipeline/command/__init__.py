"""The `neurovigie` command line and the supervisor of the processes; other rooms start with ``python -m``."""
