"""Notification: whoever is called is told by every channel an administrator has named, and tried again."""
