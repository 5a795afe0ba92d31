"""The label on what the rule-based model says, so that nobody takes it for a language model's."""

LABEL = "(offline-demo: made by fixed rules, not by a language model.)"


def labelled(text: str) -> str:
    """Add the label that says what this is."""
    return f"{unlabelled(text)}\n\n{LABEL}"


def unlabelled(text: str) -> str:
    """Take the label off, for text that becomes material of the next answer."""
    return text.replace(LABEL, "").strip()
