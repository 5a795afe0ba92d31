"""Gemini behind LangChain's client, guarded: deadlines, our own retry, and one typed fault for every way to fail.

Importing this module costs 1.5 s (the Google client), so `models.py` does it only when a Gemini model is asked for.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any, Self

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_google_genai import ChatGoogleGenerativeAI
from pydantic import SecretStr, ValidationError, model_validator

from cantata.graphs.faults import ModelFault
from cantata.graphs.gemini_answers import Answer
from cantata.graphs.gemini_media import check_media
from cantata.graphs.gemini_retries import Attempts
from cantata.graphs.model_settings import ModelOptions, ModelSettings

_GOOGLE_URL = "https://generativelanguage.googleapis.com"


def gemini_chat(model: str, options: ModelOptions, settings: ModelSettings) -> "GeminiChat":
    """Construct the client of one Gemini model: 31 ms of CPU, so `models.chat_model` caches it.

    Raises:
        ModelFault: `model_invalid_request`, an option is out of Gemini's range.
    """
    logging.getLogger("langchain_google_genai.chat_models").addFilter(_is_worth_a_line)
    chosen: dict[str, Any] = {
        "temperature": options.temperature,
        "top_p": options.top_p,
        "max_output_tokens": options.max_output_tokens,
    }
    try:
        return GeminiChat(
            model=model,
            google_api_key=SecretStr(settings.gemini_api_key or ""),
            base_url=settings.gemini_base_url or _GOOGLE_URL,  # left out, LANGSMITH_GATEWAY in the environment decides
            output_version="v1",
            max_retries=1,  # one attempt; the client's own retry ignores RetryInfo and takes 35 s to give up
            timeout=settings.total_seconds,
            idle_seconds=settings.idle_seconds,
            total_seconds=settings.total_seconds,
            attempts=settings.attempts,
            # An option that is None and one that is not given differ: 2.5 models have a default temperature.
            **{name: value for name, value in chosen.items() if value is not None},
        )
    except ValidationError as error:
        # Not chained: pydantic's message repeats its input.
        reasons = "; ".join(str(detail["msg"]) for detail in error.errors(include_input=False, include_context=False))
        raise ModelFault("model_invalid_request", f"The model options are not valid: {reasons}.") from None


class GeminiChat(ChatGoogleGenerativeAI):
    """A Gemini model whose every call ends in an answer, a `ModelFault`, or the caller's cancellation.

    A failed attempt is repeated only while nothing of its answer was passed on.
    """

    idle_seconds: float = 60.0
    """Longest silence within a stream. The client's `timeout` cannot say this: with aiohttp it is a total."""
    total_seconds: float = 600.0
    """Longest time for all attempts together."""
    attempts: int = 3
    first_retry_seconds: float = 1.0

    @model_validator(mode="after")
    def _ask_for_thoughts(self) -> Self:
        if self.include_thoughts is None and self._supports_thinking():
            self.include_thoughts = True
        return self

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        attempts, answer = self._new_attempts(), Answer()
        while True:
            try:
                async with aclosing(super()._astream(messages, stop, **kwargs)) as stream:  # type: ignore[type-var]  # an async generator, typed as iterator
                    while (chunk := await self._next(stream, attempts)) is not None:
                        for ready in answer.take(chunk):
                            yield ready
                yield answer.last_chunk()
                return
            except Exception as error:
                if not attempts.is_model_problem(error):
                    raise
                await asyncio.sleep(attempts.wait_after(error, has_begun=answer.has_begun))
                answer = answer.again()

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        attempts, answer = self._new_attempts(), Answer()
        while True:
            try:
                with attempts.counted():
                    async with asyncio.timeout(attempts.remaining_seconds):
                        result = await super()._agenerate(messages, stop, **kwargs)
                return answer.whole(result)
            except Exception as error:
                if not attempts.is_model_problem(error):
                    raise
                await asyncio.sleep(attempts.wait_after(error))
                answer = answer.again()

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        attempts, answer = self._new_attempts(), Answer()
        while True:
            try:
                # Without a loop the transport's read timeout has to be the idle timeout.
                stream = super()._stream(messages, stop, **{"timeout": self.idle_seconds, **kwargs})
                while (chunk := _next_counted(stream, attempts)) is not None:
                    yield from answer.take(chunk)
                yield answer.last_chunk()
                return
            except Exception as error:
                if not attempts.is_model_problem(error):
                    raise
                time.sleep(attempts.wait_after(error, has_begun=answer.has_begun))
                answer = answer.again()

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        attempts, answer = self._new_attempts(), Answer()
        while True:
            try:
                with attempts.counted():
                    result = super()._generate(messages, stop, **{"timeout": attempts.remaining_seconds, **kwargs})
                return answer.whole(result)
            except Exception as error:
                if not attempts.is_model_problem(error):
                    raise
                time.sleep(attempts.wait_after(error))
                answer = answer.again()

    async def _next(self, stream: AsyncIterator[ChatGenerationChunk], attempts: Attempts) -> ChatGenerationChunk | None:
        # Around each chunk and never around a yield: a timeout there would cancel whoever consumes us.
        with attempts.counted():
            async with asyncio.timeout(min(self.idle_seconds, attempts.remaining_seconds)):
                return await anext(stream, None)

    def _prepare_request(self, messages: list[BaseMessage], **kwargs: Any) -> dict[str, Any]:
        check_media(messages)
        return super()._prepare_request(messages, **kwargs)

    def _new_attempts(self) -> Attempts:
        key = self.google_api_key.get_secret_value() if self.google_api_key else ""
        return Attempts(
            model=self.model,
            allowed=self.attempts,
            total_seconds=self.total_seconds,
            first_retry_seconds=self.first_retry_seconds,
            secret=key,
        )


def _next_counted(stream: Iterator[ChatGenerationChunk], attempts: Attempts) -> ChatGenerationChunk | None:
    with attempts.counted():
        return next(stream, None)


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    # Thoughts are never sent back to Gemini; its client says so once per thought.
    return "reasoning block with no thought signature" not in record.getMessage()
