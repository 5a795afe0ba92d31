"""Run agent workflows as LangGraph graphs and stream what they think and do."""
