"""LangChain callbacks in, typed events out. Knows no HTTP and no storage."""
