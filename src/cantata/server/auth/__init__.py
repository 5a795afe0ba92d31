"""Who asks, and what they may do. Knows HTTP headers and the ports of keys and tickets; nothing of what routes do."""
