"""OpenTelemetry traces of ended analyses, for an administrator who names a collector; off without one."""
