"""Makes the sample cases: invented customers, cases and messages, the same each time.

    python -m cantata.graphs.data.make_cases

writes `cases.csv` and `messages.csv` beside this file. Nobody in them exists.
"""

import csv
import io
import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

SEED = 20260101
FIRST_DAY = date(2026, 1, 5)
REMARK = "# Sample data, made by make_cases.py: nobody in it exists.\n"

# How many cases each has; several names are alike on purpose.
_CUSTOMERS = {
    "John Smith": 4,
    "Joan Smithson": 2,
    "Jon Smyth": 1,
    "Johanna Schmidt": 1,
    "Amina Hassan": 3,
    "Carlos Ortega": 2,
    "Chen Wei": 2,
    "Elena Petrova": 1,
    "Fatima Zahra": 2,
    "Grace Okafor": 3,
    "Hiroshi Tanaka": 1,
    "Ingrid Larsen": 2,
    "Maria Garcia": 3,
    "Mario Garza": 1,
    "Noah Williams": 2,
    "Omar Farouk": 2,
    "Priya Sharma": 3,
    "Sofia Rossi": 2,
    "Thomas Müller": 2,
    "Yusuf Demir": 1,
}
_TROUBLES: tuple[tuple[str, Sequence[str], Sequence[str]], ...] = (
    (
        "Charged twice for one order",
        ("My card was charged twice for the same order.", "I see the second charge on my statement; please refund it."),
        ("We found the second charge and asked the bank to return it.", "The refund was sent; it takes up to 5 days."),
    ),
    (
        "Parcel did not arrive",
        ("The parcel should have come last week and is not here.", "The tracking page has not changed for days."),
        ("We asked the carrier to look for the parcel.", "A new parcel is on its way to you."),
    ),
    (
        "Cannot sign in",
        ("The page says my password is wrong, though I have just set it.", "The link in the mail has expired."),
        ("We have sent you a new link, which is valid for a day.", "Your account was locked; it is open again."),
    ),
    (
        "Wrong size delivered",
        ("I ordered size 42 and got 40.", "How do I send the shoes back?"),
        ("A return label is attached.", "The right size leaves our warehouse tomorrow."),
    ),
    (
        "Invoice with the wrong address",
        ("The invoice still shows my old address.", "Our accountant needs the invoice with the new address."),
        ("Please tell us the address as it should be.", "The corrected invoice is attached."),
    ),
    (
        "Wants to cancel the subscription",
        ("I want to cancel my subscription at the end of the month.", "Please confirm that nothing more is charged."),
        ("We have noted the end of the subscription.", "It is cancelled, and nothing more will be charged."),
    ),
    (
        "Screen is broken",
        ("The screen had a crack when I opened the box.", "I have attached a photo of the crack."),
        ("We are sorry; please keep the box for the courier.", "The replacement was handed to the courier."),
    ),
)
_STATUSES = ("open", "pending", "closed", "open", "closed")

Line = Sequence[str]


def main() -> None:
    """Write both tables."""
    for name, text in tables().items():
        (Path(__file__).parent / name).write_text(text, encoding="utf-8")


def tables() -> dict[str, str]:
    """Make both tables, by the names of their files."""
    cases, messages = [], []
    for case, talk in _made(random.Random(SEED)):
        cases.append(case)
        messages += talk
    return {
        "cases.csv": _table(("id", "customer", "email", "status", "opened_on", "subject"), cases),
        "messages.csv": _table(("case_id", "sent_on", "sender", "text"), messages),
    }


def _made(chance: random.Random) -> Iterator[tuple[Line, list[Line]]]:
    for number, customer in enumerate(_in_mixed_order(chance), 1001):
        subject, complaints, answers = _TROUBLES[chance.randrange(len(_TROUBLES))]
        status = _STATUSES[chance.randrange(len(_STATUSES))]
        opened = FIRST_DAY + timedelta(days=2 * (number - 1001) + chance.randrange(3))
        case_id = f"C-{number}"
        email = f"{customer.casefold().replace(' ', '.').replace('ü', 'ue')}@example.com"
        lines = _talk(status, complaints, answers)
        talk: list[Line] = [
            (case_id, (opened + timedelta(days=step)).isoformat(), customer if is_customer else "support", text)
            for step, (is_customer, text) in enumerate(lines)
        ]
        yield (case_id, customer, email, status, opened.isoformat(), subject), talk


def _in_mixed_order(chance: random.Random) -> list[str]:
    names = [name for name, count in _CUSTOMERS.items() for _ in range(count)]
    return [names.pop(chance.randrange(len(names))) for _ in range(len(names))]


def _talk(status: str, complaints: Sequence[str], answers: Sequence[str]) -> list[tuple[bool, str]]:
    """Who said what: an open case waits for support, a pending one for the customer, a closed one for nobody."""
    whole = [(True, complaints[0]), (False, answers[0]), (True, complaints[1]), (False, answers[1])]
    return whole[: {"open": 3, "pending": 2}.get(status, 4)]


def _table(head: Line, lines: Sequence[Line]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([head, *lines])
    return REMARK + text.getvalue()


if __name__ == "__main__":
    main()
