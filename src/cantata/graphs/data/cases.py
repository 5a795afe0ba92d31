"""The sample cases of a support desk, and a search in them; `make_cases.py` makes them."""

import difflib
import re
import threading
from dataclasses import dataclass
from functools import cache

from cantata.graphs.data.database import Database, read_csv
from cantata.graphs.data.documents import words_of

_SCHEMA = """
CREATE TABLE cases (id PRIMARY KEY, customer, email, status, opened_on, subject);
CREATE TABLE messages (case_id REFERENCES cases, sent_on, sender, text);
CREATE VIRTUAL TABLE message_words USING fts5(text, content=messages, tokenize='porter unicode61');
CREATE VIRTUAL TABLE subject_words USING fts5(subject, content=cases, tokenize='porter unicode61');
"""
_CASE_ID = re.compile(r"\bC-?(\d{4})\b", re.I)
_ALIKE = 0.75  # of two names, 1 being equal
_building = threading.Lock()


@dataclass(frozen=True)
class Case:
    """What a customer wrote about, and how far it is."""

    id: str
    customer: str
    email: str
    status: str
    opened_on: str
    subject: str


@dataclass(frozen=True)
class Message:
    """What was said in a case."""

    case_id: str
    sent_on: str
    sender: str
    text: str


def case_id_in(text: str) -> str | None:
    """Find a case id such as C-1042, however it is capitalised."""
    found = _CASE_ID.search(text)
    return f"C-{found[1]}" if found else None


def case_of(case_id: str) -> Case | None:
    """Find a case by its id."""
    found = _database().rows("SELECT * FROM cases WHERE id = ?", case_id)
    return Case(*found[0]) if found else None


def cases_of(name: str) -> list[Case]:
    """List the cases of the customers whose name holds every word of *name*, the latest first."""
    wanted = name.casefold().split()
    customers = [customer for customer in customers_known() if set(wanted) <= set(customer.casefold().split())]
    return [case for customer in customers for case in _cases_of_customer(customer)] if wanted else []


def cases_about(words: str) -> list[Case]:
    """List the cases whose subject has any of the words, the best first."""
    query = (
        "SELECT cases.* FROM subject_words JOIN cases ON cases.rowid = subject_words.rowid"
        " WHERE subject_words MATCH ? ORDER BY bm25(subject_words), cases.opened_on DESC"
    )
    return [Case(*row) for row in _matched(query, words)]


def messages_of(case_id: str) -> list[Message]:
    """List what was said in a case, the earliest first."""
    return [Message(*row) for row in _database().rows("SELECT * FROM messages WHERE case_id = ?", case_id)]


def messages_about(words: str) -> list[Message]:
    """List the messages that have any of the words, the best first."""
    query = (
        "SELECT messages.* FROM message_words JOIN messages ON messages.rowid = message_words.rowid"
        " WHERE message_words MATCH ? ORDER BY bm25(message_words), messages.sent_on DESC"
    )
    return [Message(*row) for row in _matched(query, words)]


def similar_customers(name: str) -> list[str]:
    """List customers whose name is like *name*, the most alike first, but not those who bear it."""
    wanted = name.casefold()
    likeness = {
        customer: difflib.SequenceMatcher(None, wanted, customer.casefold()).ratio()
        for customer in customers_known()
        if not set(wanted.split()) <= set(customer.casefold().split())
    }
    alike = [customer for customer in likeness if likeness[customer] >= _ALIKE]
    return sorted(alike, key=lambda customer: (-likeness[customer], customer))


def customers_known() -> list[str]:
    """List every customer."""
    return [row[0] for row in _database().rows("SELECT DISTINCT customer FROM cases ORDER BY customer")]


def _cases_of_customer(customer: str) -> list[Case]:
    rows = _database().rows("SELECT * FROM cases WHERE customer = ? ORDER BY opened_on DESC", customer)
    return [Case(*row) for row in rows]


def _matched(query: str, words: str) -> list[tuple[str, ...]]:
    match = " OR ".join(f'"{word}"' for word in words_of(words))
    return _database().rows(query, match) if match else []


def _database() -> Database:
    # As with the documents.
    with _building:
        return _built()


@cache
def _built() -> Database:
    database = Database(_SCHEMA)
    database.fill("cases", read_csv("cases.csv"))
    database.fill("messages", read_csv("messages.csv"))
    for table in ("subject_words", "message_words"):
        database.rows(f"INSERT INTO {table}({table}) VALUES ('rebuild')")
    return database
