"""Embeds by how often each letter occurs: no model, yet alike texts are near each other."""

from string import ascii_lowercase


def embed(texts: list[str]) -> list[list[float]]:
    return [[float(text.lower().count(letter)) for letter in ascii_lowercase] for text in texts]
