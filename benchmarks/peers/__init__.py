"""Others' models, to compare with: our own code for their published weights."""
