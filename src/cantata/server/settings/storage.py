"""Where everything is kept, and for how long."""

from pathlib import Path

from pydantic import BaseModel, Field

from cantata.server.settings.forms import ClassNames, SqliteUrl, WorkspaceDays


class Storage(BaseModel):
    """Where everything is kept, and for how long."""

    database_url: SqliteUrl = Field(
        "sqlite:///cantata.db",
        description="Where everything is kept, as `sqlite:///path`; the graphs' store lies beside it.",
    )
    event_retention_days: float = Field(
        7,
        ge=0,
        le=36_500,
        description="Of a workflow that ended so long ago only the last event is kept; 0 keeps all for ever.",
    )
    workspace_retention: WorkspaceDays = Field(
        {}, description='EVENT_RETENTION_DAYS of single workspaces, as `{"trial": 1, "acme": 90}`.'
    )
    checkpoint_retention_days: float = Field(
        30,
        ge=0,
        le=36_500,
        description=(
            "Of a conversation with a graph that was last active so long ago only the newest checkpoint is kept;"
            " 0 keeps all for ever."
        ),
    )
    session_retention_days: float = Field(
        0,
        ge=0,
        le=36_500,
        description="A session that was last active so long ago is deleted with everything; 0 keeps it.",
    )
    audit_retention_days: float = Field(
        365, ge=0, le=36_500, description="How long it is kept which admin looked at what; 0 keeps all for ever."
    )
    retention_interval_seconds: float = Field(
        3_600, ge=0.1, le=86_400, description="Pause between two looks for what is to be removed."
    )
    checkpoint_types: ClassNames = Field(
        (),
        description="Classes that checkpoints may revive beside those of the project: `module:Class`, by commas.",
    )

    @property
    def database_path(self) -> Path:
        """The file that `database_url` names."""
        return Path(self.database_url.removeprefix("sqlite:///"))

    @property
    def store_path(self) -> Path:
        """The file of the graphs' store, beside the database: `cantata.db` has `cantata.store.db`."""
        return self.database_path.with_stem(f"{self.database_path.stem}.store")
