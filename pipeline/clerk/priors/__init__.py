"""Earlier studies of a patient, fetched from the hospital's archive where an administrator named one."""
