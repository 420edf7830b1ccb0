"""What each series is, and what is known of it, from its headers."""
