"""How checkpoints are written as bytes, and which types may come back from them."""

from collections.abc import Iterable, Sequence

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from cantata.graphs.data_types import DataTypes, TypeName


class ProjectSerializer(JsonPlusSerializer):
    """LangGraph's serialiser, which also revives the project's own data."""

    def __init__(self, data_types: DataTypes) -> None:
        super().__init__()
        self._data_types = data_types
        self._derived: dict[frozenset[TypeName | type], ProjectSerializer] = {}

    def with_msgpack_allowlist(self, extra_allowlist: Iterable[TypeName | type]) -> JsonPlusSerializer:
        """Return a serialiser that revives *extra_allowlist* too.

        LangGraph calls it with each graph's schemas when that graph begins or goes on, so what a factory has imported
        by then is known. Making one costs 60 µs, a thirtieth of a short run; equal ones are made once.
        """
        types = frozenset((*extra_allowlist, *self._data_types.names()))
        if types not in self._derived:
            derived = super().with_msgpack_allowlist(types)
            assert isinstance(derived, ProjectSerializer)  # a copy
            if derived is not self:
                derived._derived = {}
            self._derived[types] = derived
        return self._derived[types]


def serializer(allowed_types: Sequence[str], data_types: DataTypes | None = None) -> JsonPlusSerializer:
    """Return the serialiser of checkpoints; *allowed_types* as `module:Name` may be revived beside the usual ones."""
    serde = ProjectSerializer(data_types or DataTypes())
    return serde.with_msgpack_allowlist([tuple(name.split(":", 1)) for name in allowed_types])
