"""Who is called for a case, as the desk shows it and as people answer."""
