"""Enrich the conversation with memories of earlier ones."""

from memory_agent.graph import graph

__all__ = ["graph"]
