"""A file whose import fails."""

raise OSError("no such licence")
