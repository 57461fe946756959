/** Tells another program of budgets that near their end. */
export interface AlertWebhook {
  /**
   * Sends the body as JSON. Resolves once the program has taken it; rejects with an error whose message has no address
   * in it if it has not, or says nothing for too long.
   */
  send(body: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<void>;
}
