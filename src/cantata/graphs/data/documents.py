"""The bundled documents, and a full-text search in them.

A file of `corpus/` holds those of one subject, each under a heading of its id and its title.
"""

import re
import threading
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from cantata.graphs.data.database import Database

_HEADING = re.compile(r"^# (\S+) (.+)$", re.M)
_WORD = re.compile(r"[^\W_]+")
_COMMON = frozenset(
    str.split(
        "a about an and any are as at be been but by can compare could describe did do does explain find for from give"
        " had has have how i in into is it its list me my of on or our please should so some summarize tell than that"
        " the their them there these they this those to was we were what when where which who why will with would write"
        " you your"
    )
)
_MAX_WORDS = 24  # of a query; more only slow the search down
_WEAKEST = 0.5  # of the best document's score; what is weaker shares a common word and no more
_building = threading.Lock()


@dataclass(frozen=True)
class Document:
    """A short text with a name to cite it by."""

    id: str
    title: str
    text: str


def search(query: str, limit: int) -> list[Document]:
    """Find the documents that fit *query* best, the best first; none when they share too few words with it.

    Whatever the query holds is taken as words, never as the syntax of the search engine.
    """
    words = words_of(query)
    if not words:
        return []
    found = _index().rows(
        "SELECT id, title, text, -bm25(documents, 4, 1, 1) AS score FROM documents"
        " WHERE documents MATCH ? ORDER BY score DESC, id",
        " OR ".join(f'"{word}"' for word in words),
    )
    shared = Counter(name for word in words for name in _ids_with(word))
    fitting = [
        Document(*row[:3])
        for row in found
        if 3 * shared[row[0]] > len(words) and float(row[3]) >= _WEAKEST * float(found[0][3])
    ]
    return fitting[:limit]


def words_of(query: str) -> list[str]:
    """Give the words of a query that say something, each once."""
    words = [word for word in _WORD.findall(query.casefold()) if len(word) > 1 and word not in _COMMON]
    return list(dict.fromkeys(words))[:_MAX_WORDS]


@cache
def all_documents() -> tuple[Document, ...]:
    """Read every bundled document."""
    folder = files("cantata.graphs.data") / "corpus"
    texts = [entry.read_text(encoding="utf-8") for entry in folder.iterdir() if entry.name.endswith(".md")]
    documents = [document for text in texts for document in _documents_in(text)]
    return tuple(sorted(documents, key=lambda document: document.id))


def subjects() -> list[str]:
    """List what the documents are about."""
    return sorted({document.id.rsplit("-", 1)[0] for document in all_documents()})


def _documents_in(text: str) -> list[Document]:
    parts = _HEADING.split(text)[1:]
    triples = zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    return [Document(name, title.strip(), body.strip()) for name, title, body in triples]


def _ids_with(word: str) -> list[str]:
    return [row[0] for row in _index().rows("SELECT id FROM documents WHERE documents MATCH ?", f'"{word}"')]


def _index() -> Database:
    # Two threads that come first would build it twice.
    with _building:
        return _built()


@cache
def _built() -> Database:
    index = Database("CREATE VIRTUAL TABLE documents USING fts5(id, title, text, tokenize='porter unicode61')")
    index.fill("documents", ((document.id, document.title, document.text) for document in all_documents()))
    return index
