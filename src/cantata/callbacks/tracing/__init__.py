"""Tells LangSmith, Langfuse and OpenTelemetry what runs do; nothing here may hold up or fail a run."""
