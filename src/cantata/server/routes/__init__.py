"""HTTP: parse, authorise, call the run service, answer."""
