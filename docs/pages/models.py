"""The table of what can go wrong with a model: it is the one that the tests run through."""

from docs.pages.glossary import Glossary
from docs.pages.markdown import code, table
from tests.graphs.gemini_faults import FAULTS, Fault

from cantata.graphs.faults import ModelFault


def faults_table(glossary: Glossary) -> str:
    """List every fault with what comes of it."""
    rows = [
        (
            fault.name,
            code(fault.client) if fault.client else glossary.of("models_page", "taken_for_good"),
            code(fault.code),
            _repeated(fault, glossary),
            fault.message,
            " ".join(ModelFault(fault.code, "").recovery_suggestions),
            glossary.of("models_page", "shown" if fault.shown else "nothing_shown"),
        )
        for fault in FAULTS
    ]
    head = (
        "what happens",
        "the bare client",
        "code",
        "tried again",
        "message",
        "suggestions",
        "before `workflow_error`",
    )
    return table(head, rows)


def _repeated(fault: Fault, glossary: Glossary) -> str:
    if fault.attempts > 1:
        return glossary.of("models_page", "repeated")
    is_retryable = ModelFault(fault.code, "").retryable
    if is_retryable and fault.shown:
        return glossary.of("models_page", "not_once_begun")
    return glossary.of("models_page", "not_in_time" if is_retryable else "never")
