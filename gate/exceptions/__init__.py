"""Exceptions of the house, taken apart.

What a file may say (`document`), the file read and written (`files`), whether one holds for a
finding (`holding`), what became of each in a run (`account`), new ones (`drafting`), how each
stands on a day (`listing`), and what to look at (`lint`).
"""
