"""The clerk: timers without torch, so that a hung model never delays them."""
