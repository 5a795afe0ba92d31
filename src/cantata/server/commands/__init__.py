"""What the `cantata` command can do, a module for each."""
