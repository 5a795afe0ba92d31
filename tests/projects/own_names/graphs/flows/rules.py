def classify(ticket: str) -> str:
    return "urgent" if "now" in ticket.lower() else "normal"
