/** The server's errors, each brought to the step that it names. */
import { stepsOf, type Step } from "./specEdit.ts";

export interface Fault {
  /** A path into the spec. */
  path: string;
  message: string;
}

/** Takes the errors of a problem; those of a request that holds the spec in a member begin with its name. */
export function faultsOf(problem: { errors?: { path: string; message: string }[] } | undefined): Fault[] {
  return (problem?.errors ?? []).map(({ path, message }) => ({
    path: path.replace(/^spec(\.|$)/, ""),
    message: inWords(path, message),
  }));
}

/** The faults by the paths of the steps that they are in; what is in none stands under the whole. */
export function faultsByStep(spec: Step, faults: readonly Fault[]): Map<string, Fault[]> {
  const paths = stepsOf(spec).map((one) => one.path);
  const found = new Map<string, Fault[]>();
  for (const fault of faults) {
    const plain = fault.path.replaceAll("sub_agents", "subAgents");
    const owner = paths.filter((path) => isWithin(plain, path)).reduce((a, b) => (b.length > a.length ? b : a), "");
    found.set(owner, [...(found.get(owner) ?? []), { ...fault, path: plain.slice(owner.length).replace(/^\./, "") }]);
  }
  return found;
}

/** Nobody needs to read a pattern. */
function inWords(path: string, message: string): string {
  const isName = /(^|\.)name$/.test(path) && message.includes("pattern");
  return isName ? "A name begins with a letter; then come letters, digits, _ . and -, up to 64 in all." : message;
}

const isWithin = (path: string, step: string) => step === "" || path === step || path.startsWith(`${step}.`);
