"""From received series to findings, priority and results, and the command line that starts the rest."""
