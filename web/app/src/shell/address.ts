/** Where the page stands: at the root of a server, or under any path of a proxy; `/ops` is another name of `/#/ops`. */

const OPS = /\/ops$/;

/** The path before all addresses of the server, without a slash at its end. */
export const BASE = location.pathname.replace(OPS, "/").replace(/\/[^/]*$/, "");

/** Makes `/ops` what it stands for. */
export function settleAddress(): void {
  if (OPS.test(location.pathname)) history.replaceState(null, "", `${BASE}/${location.hash || "#/ops"}`);
}
