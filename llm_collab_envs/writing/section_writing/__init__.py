"""A document of several sections, with private facts and a house style nobody knows whole."""
