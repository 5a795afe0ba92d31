from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage


def get_research_topic(messages: list[AnyMessage]) -> str:
    if len(messages) == 1:
        return messages[-1].content
    said = {HumanMessage: "User", AIMessage: "Assistant"}
    return "".join(f"{said[type(message)]}: {message.text}\n" for message in messages if type(message) in said)


def shorten(chunks: list[Any], id: int) -> dict[str, str]:
    """A short address for each source, unique over the fan-out."""
    found: dict[str, str] = {}
    for number, chunk in enumerate(chunks):
        found.setdefault(chunk.web.uri, f"https://vertexaisearch.cloud.google.com/id/{id}-{number}")
    return found


def citations_of(response: Any, short: dict[str, str]) -> list[dict[str, Any]]:
    grounding = response.candidates[0].grounding_metadata
    citations = []
    for support in (grounding.grounding_supports if grounding else None) or []:
        if support.segment is None or support.segment.end_index is None:
            continue
        chunks = [grounding.grounding_chunks[index] for index in support.grounding_chunk_indices or []]
        citations.append(
            {
                "start_index": support.segment.start_index or 0,
                "end_index": support.segment.end_index,
                "segments": [
                    {
                        "label": chunk.web.title.split(".")[0],
                        "short_url": short[chunk.web.uri],
                        "value": chunk.web.uri,
                    }
                    for chunk in chunks
                ],
            }
        )
    return citations


def mark(text: str, citations: list[dict[str, Any]]) -> str:
    """Put the sources behind what they support, from the end so that the places stay right."""
    for citation in sorted(citations, key=lambda citation: citation["end_index"], reverse=True):
        marks = "".join(f" [{segment['label']}]({segment['short_url']})" for segment in citation["segments"])
        text = text[: citation["end_index"]] + marks + text[citation["end_index"] :]
    return text
