"""Lets hypothesis-jsonschema 0.23, by which schemathesis makes bodies, work with hypothesis 6.170.

It asks `many` for one element after another by `more()`, which hypothesis has replaced by a loop over it. Import this
before schemathesis generates anything; it does nothing where `more` is there.
"""

from hypothesis.internal.conjecture.utils import many

_OVER = object()


def _more(elements: many) -> bool:
    """Tell whether another element is wanted."""
    if not hasattr(elements, "_told"):
        elements.__enter__()
        elements._told = iter(elements)  # type: ignore[attr-defined]  # it has no place of its own for this
    return next(elements._told, _OVER) is not _OVER  # type: ignore[attr-defined]  # as above


if not hasattr(many, "more"):
    many.more = _more  # type: ignore[attr-defined]  # the very thing that is missing
