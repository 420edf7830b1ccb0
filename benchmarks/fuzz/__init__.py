"""Nonsense from the network, made by the million: can it break a reader, hold it up or fill its memory?"""
