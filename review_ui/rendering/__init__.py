"""Pictures and decoded pixels, made in a child process: no decoder runs where people are signed in."""
