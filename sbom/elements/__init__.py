"""Judging minimum elements, taken apart: what a document states, and what it comes to."""
