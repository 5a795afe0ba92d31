// Follows several URLs at once, each with an EventSource client exactly as its package has it, and prints what the
// clients dispatch: one JSON array a line, [number of the URL, what happened, its id, its data].
//
//   node [--experimental-eventsource] follow.mjs native|npm|fetch '[{"url": …, "body"?: …, "headers"?: …}, …]'

const NAMES = [
  ..."message connected status progress chunk token complete close delta finish reasoning_step agent_thinking".split(" "),
  ..."workflow_started step_start step_end message_start message_delta message_complete tool_start tool_end".split(" "),
  ..."custom workflow_completed workflow_cancelled stream_gap".split(" "),
];

const print = (...told) => console.log(JSON.stringify(told));

// Two of them wait for their next try with a timer that does not keep Node alive.
const alive = setInterval(() => {}, 1_000);
let open = 0;

function closed(number) {
  print(number, "closed");
  if (--open === 0) clearInterval(alive);
}

function listen(number, { url }, EventSource) {
  const source = new EventSource(url);
  source.addEventListener("open", () => print(number, "open"));
  for (const name of NAMES)
    source.addEventListener(name, (event) => print(number, name, event.lastEventId, event.data));
  source.addEventListener("error", () => {
    // It asks again by itself, but for an answer that tells it not to.
    if (source.readyState === EventSource.CLOSED) closed(number);
  });
}

async function fetchEvents(number, { url, body, headers, keepsOwnCursor }) {
  // All that the package asks of a browser, when it is told to stay open in a hidden page.
  globalThis.window = globalThis;
  globalThis.document = { removeEventListener() {} };
  const { fetchEventSource } = await import("@microsoft/fetch-event-source");
  const stop = new AbortController();
  let cursor = "";
  const withOwnCursor = (address, init) =>
    fetch(address, { ...init, headers: { ...init.headers, "last-event-id": cursor } });
  await fetchEventSource(url, {
    method: body ? "POST" : "GET",
    headers: { ...headers, ...(body && { "Content-Type": "application/json" }) },
    body: body && JSON.stringify(body),
    fetch: keepsOwnCursor ? withOwnCursor : fetch,
    openWhenHidden: true,
    signal: stop.signal,
    async onopen(response) {
      if (response.status === 204) return stop.abort();
      if (response.status !== 200) throw new Error(await response.text());
      print(number, "open");
    },
    onmessage({ event, id, data }) {
      if (id) cursor = id;
      if (data && event !== "heartbeat") print(number, event || "message", id, data);
    },
  });
  closed(number);
}

const [kind, told] = process.argv.slice(2);
const clients = {
  native: (number, request) => listen(number, request, globalThis.EventSource),
  npm: async (number, request) => listen(number, request, (await import("eventsource")).EventSource),
  fetch: fetchEvents,
};
JSON.parse(told).forEach((request, number) => {
  open += 1;
  clients[kind](number, request);
});
