"""Figures of a comparison: each a function of a tidy frame, drawn the same to the bit every time."""
