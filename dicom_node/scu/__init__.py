"""Our own sending: C-STORE and C-ECHO as SCU, with every failure explained."""
