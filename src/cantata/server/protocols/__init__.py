"""Wire formats: each tells the same log in words of its own."""
