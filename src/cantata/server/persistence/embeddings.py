"""The embeddings that a store's index asks for: a model by name, or the project's own function."""

import asyncio
import logging
import warnings

from langchain_core.embeddings import Embeddings
from langgraph.store.base import ensure_embeddings

from cantata.graphs.loading import GraphLoadError
from cantata.graphs.project import Project, ProjectError
from cantata.graphs.store_config import IndexConfig
from cantata.server.persistence.vectors import IS_NATIVE

logger = logging.getLogger(__name__)

SLOW = "this Python's sqlite3 cannot load extensions, so vectors are compared in Python: slow beyond some 1000 items"
EMBEDDING_SECONDS = 60.0  # for one call; meanwhile the store's other callers wait


def load_embeddings(project: Project, index: IndexConfig) -> "BlockingEmbeddings":
    """Return what embeds the store's texts; slow and blocking, for the start of a process.

    Raises:
        ProjectError: It cannot be had; the message says what is missing.
    """
    if not IS_NATIVE:
        logger.warning("%s: store.index: %s", project.config_path, SLOW)
    told = f"{project.config_path}: store.index.embed"
    embeddings = _function(project, index.embed, told) if ".py:" in index.embed else _model(index.embed, told)
    return BlockingEmbeddings(embeddings, index.dims)


class BlockingEmbeddings(Embeddings):
    """Embeddings for the store's one thread, on a loop of that thread.

    Not on the server's: sync nodes that wait for the store hold the few threads in which that loop would run them.
    """

    def __init__(self, embeddings: Embeddings, dims: int) -> None:
        self._embeddings = embeddings
        self._dims = dims
        self._runner = asyncio.Runner()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed texts.

        Raises:
            TimeoutError: It took too long.
            ValueError: A vector has not the configured number of dimensions.
        """
        return self._runner.run(self._embed(texts))

    def embed_query(self, text: str) -> list[float]:
        """Embed one text, as above."""
        return self.embed_documents([text])[0]

    def close(self) -> None:
        """End the loop, in the thread that used it."""
        self._runner.close()

    async def _embed(self, texts: list[str]) -> list[list[float]]:
        async with asyncio.timeout(EMBEDDING_SECONDS):
            vectors = await self._embeddings.aembed_documents(texts)
        for vector in vectors:
            if len(vector) != self._dims:
                # SQLite would take it, and fail at some later search.
                raise ValueError(f"store.index.dims is {self._dims}, but the embedding has {len(vector)} numbers.")
        return vectors


def _function(project: Project, target: str, told: str) -> Embeddings:
    try:
        exported = project.load(target)
    except GraphLoadError as error:
        raise ProjectError(f"{told}: {error}") from error
    if not isinstance(exported, Embeddings) and not callable(exported):
        raise ProjectError(f"{told}: {target} is neither a function nor LangChain's Embeddings.")
    return ensure_embeddings(exported)


def _model(name: str, told: str) -> Embeddings:
    try:
        from langchain.embeddings import init_embeddings  # noqa: PLC0415 - 1 s, and not installed with Cantata
    except ImportError as error:
        message = f"{told}: a model by name needs the package langchain: install it, or name a function in a file."
        raise ProjectError(message) from error
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*init_embeddings.*beta")
            return init_embeddings(name)
    # A provider's package may raise anything here: it is missing, or has no key.
    except Exception as error:
        raise ProjectError(f"{told}: {name} cannot be used: {type(error).__name__}: {error}") from error
