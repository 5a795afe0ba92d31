/** Names that the page gives: to a conversation, before the server has heard of it, so that its address is known. */

const LETTERS = "0123456789abcdefghjkmnpqrstvwxyz";

/** A new conversation's id; 100 random bits. */
export function newSessionId(): string {
  const values = crypto.getRandomValues(new Uint8Array(20));
  return `chat-${[...values].map((value) => LETTERS[value % LETTERS.length]).join("")}`;
}
