"""What is closed and deleted, when and why: rules that an administrator names, and none by default."""
