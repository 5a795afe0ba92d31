/** Before the first message: what this is, and three ways to see it work. */
import type { Client } from "@cantata/client";
import { useEffect, useRef, useState } from "react";
import { Icon } from "../parts/Icon.tsx";
import { MessageBox, type MessageBoxHandle, type Wanted } from "../sessions/MessageBox.tsx";
import { newSessionId } from "../sessions/names.ts";
import { post } from "../sessions/outbox.ts";
import { send } from "../sessions/sending.ts";
import { FIRST_GRAPH, modelToAsk, type Choices } from "../sessions/choices.ts";
import { DemoNote } from "../shell/Banner.tsx";
import { prefer, usePreferences } from "../shell/preferences.ts";
import { hashOf } from "../shell/routes.ts";
import { go } from "../shell/useRoute.ts";
import { LESSONS, suggestionsFor, type Lesson } from "./prompts.ts";
import "./start.css";

interface StartPageProps {
  client: Client;
  choices: Choices;
  hasDemo: boolean;
}

export function StartPage({ client, choices, hasDemo }: StartPageProps) {
  const [graph, setGraph] = useState(FIRST_GRAPH);
  const { model } = usePreferences();
  const box = useRef<MessageBoxHandle>(null);
  useEffect(() => {
    if (!matchMedia("(pointer: coarse)").matches) box.current?.focus();
  }, []);

  function begin(wanted: Wanted) {
    const sessionId = newSessionId();
    send(client, { ...wanted, sessionId, model, choices });
    go({ name: "session", sessionId });
  }

  function learn({ asks, text }: Lesson) {
    if ("graph" in asks) {
      begin({ text, graph: asks.graph });
      return;
    }
    const sessionId = newSessionId();
    const asked = modelToAsk(model, choices);
    const run = client.coordinator.sequential({
      steps: asks.steps,
      input: text,
      session_id: sessionId,
      ...(asked && { model: asked }),
    });
    post({ sessionId, text, graph: "sequential", run });
    go({ name: "session", sessionId });
  }

  const suggestions = graph === FIRST_GRAPH ? [] : suggestionsFor(graph);
  return (
    <div className="start">
      <div className="start-inner">
        <h2 className="start-title">What shall the agents work on?</h2>
        <p className="start-lead">
          Agents and workflows run on your server, and every thought, tool call and step is shown as it happens.
        </p>
        <MessageBox
          ref={box}
          draftKey="new"
          choices={choices}
          graph={graph}
          model={model}
          onGraph={(name) => {
            setGraph(name);
            box.current?.focus();
          }}
          onModel={(name) => prefer("model", name)}
          onSend={begin}
        />
        {suggestions.length > 0 && (
          <ul className="start-suggestions" aria-label={`Prompts for ${graph}`}>
            {suggestions.map((text) => (
              <li key={text}>
                <button type="button" onClick={() => begin({ text, graph })}>
                  {text}
                </button>
              </li>
            ))}
          </ul>
        )}
        {hasDemo && <DemoNote />}
        <h3 className="start-heading">Try one</h3>
        <ul className="start-lessons">
          {LESSONS.map((lesson) => (
            <li key={lesson.title}>
              <button type="button" className="lesson" onClick={() => learn(lesson)}>
                <Icon name={lesson.icon} />
                <span className="lesson-title">{lesson.title}</span>
                <span className="lesson-text">“{lesson.text}”</span>
                <span className="lesson-shows">{lesson.shows}</span>
              </button>
            </li>
          ))}
        </ul>
        <a className="start-compose" href={hashOf({ name: "compose" })}>
          <Icon name="graph" />
          <span>
            <strong>Compose a workflow</strong> of several agents: in turn, side by side, or under a manager
          </span>
          <Icon name="chevron" />
        </a>
      </div>
    </div>
  );
}
