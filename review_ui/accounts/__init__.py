"""Who may sign in: accounts, passwords, sessions, and the brake on guessing."""
