from typing import List

from pydantic import BaseModel, Field


class SearchQueryList(BaseModel):
    query: List[str] = Field(description="Queries to search the web for.")
    rationale: str = Field(description="Why these queries help with the topic.")


class Reflection(BaseModel):
    is_sufficient: bool = Field(description="Whether the summaries answer the question.")
    knowledge_gap: str = Field(description="What is still missing.")
    follow_up_queries: List[str] = Field(description="Queries that would close the gap.")
