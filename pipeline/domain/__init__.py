"""The shared language of NeuroVigie: pure values and decisions, standard library and numpy only."""
