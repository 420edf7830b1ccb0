"""What the participants of a case write to one another: what a browser sends and sees."""
