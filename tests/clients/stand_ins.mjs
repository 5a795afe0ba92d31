// What the samples of docs/frontend.md find in a browser and not in Node: addresses are the page's own, and
// `show` and `fail` are theirs who read the page. Prints one JSON value a line.

const base = process.env.PAGE_URL;
const { EventSource: NodeEventSource, fetch: nodeFetch } = globalThis;

globalThis.window = globalThis;
globalThis.document = { hidden: false, addEventListener() {}, removeEventListener() {} };
globalThis.IS_REACT_ACT_ENVIRONMENT = false;
globalThis.fetch = (url, init) => nodeFetch(new URL(url, base), init);
globalThis.EventSource = class extends NodeEventSource {
  constructor(url, init) {
    super(new URL(url, base), init);
    const alive = setInterval(() => this.readyState === NodeEventSource.CLOSED && clearInterval(alive), 20);
  }
};
globalThis.show = (told) => console.log(JSON.stringify(told));
globalThis.fail = (error) => console.log(JSON.stringify({ failed: error }));
