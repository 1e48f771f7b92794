"""What the `advisory` commands share: the book, drafts, lint, publishing."""
