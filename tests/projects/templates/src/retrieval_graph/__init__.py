"""Conversational retrieval."""
