/** What a newcomer may try: three prompts that show what the page can do, without a model key; some for each agent. */
import type { IconName } from "../parts/Icon.tsx";

export interface Lesson {
  title: string;
  shows: string;
  text: string;
  icon: IconName;
  /** A graph by its name, or a workflow that comes with the request. */
  asks: { graph: string } | { steps: Step[] };
}

type Step = { agent: string; method?: string } | { type: "approval"; prompt: string };

export const LESSONS: readonly Lesson[] = [
  {
    title: "Watch an agent use its tools",
    shows: "Two tool calls at once, with arguments and results",
    text: "What is 17*23, and what time is it in Cairo?",
    icon: "tool",
    asks: { graph: "assistant" },
  },
  {
    title: "Run agents side by side",
    shows: "A nested workflow: three lanes, then one itinerary",
    text: "Plan three days in Rome from Cairo in October",
    icon: "layers",
    asks: { graph: "trip_planner" },
  },
  {
    title: "Be asked before it goes on",
    shows: "Research, a draft, and then your approval",
    text: "Tell me about lighthouses",
    icon: "user",
    asks: {
      steps: [
        { agent: "researcher" },
        { agent: "writer", method: "draft" },
        { type: "approval", prompt: "Is this draft good enough to be published?" },
        { agent: "content", method: "draft" },
      ],
    },
  },
];

const SUGGESTIONS: Readonly<Record<string, readonly string[]>> = {
  assistant: ["What is 12.5% of 840?", "What time is it in Tokyo and in Lima?", "Find cases for John Smith"],
  researcher: ["Tell me about bees", "Tell me about the Fresnel lens"],
  communications: ["Find cases for John Smith"],
  travel: ["Plan three days in Lisbon from Madrid in May", "What is the weather in Rome in October?"],
  trip_planner: ["Plan two days in Lisbon from Madrid in May"],
  research_report: ["Write a report about tea", "Write a report about lighthouses"],
  compare_perspectives: ["Tell me about coffee", "Tell me about rivers"],
  content_pipeline: ["Tell me about bees", "Tell me about tea"],
  sequential: ["Tell me about coffee"],
  parallel: ["Tell me about rivers"],
  hierarchical: ["Tell me about lighthouses"],
  writer: ["Write about lighthouses"],
  content: ["Write a newsletter text about tea"],
};

/** Prompts that suit *graph*; none for a graph that is not known here. */
export const suggestionsFor = (graph: string): readonly string[] => SUGGESTIONS[graph] ?? [];
