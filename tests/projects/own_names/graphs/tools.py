import re

calls = []


def find_order(text: str) -> str:
    calls.append(text)
    found = re.search(r"\d+", text)
    return found.group() if found else ""
