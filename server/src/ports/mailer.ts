/** A mail of plain text. It names nobody but its reader: whoever has it sent may have chosen their own name. */
export interface Mail {
  /** One address, such as `ann@example.org`. */
  to: string;
  subject: string;
  /** Lines end with `\n`. */
  text: string;
}

/**
 * The options that the query of a mail server's address may have, as nodemailer knows them. Others are refused: some would
 * write mails into the log, or send them elsewhere.
 */
export const mailOptions: Readonly<Record<string, 'boolean' | 'text'>> = {
  requireTLS: 'boolean',
  ignoreTLS: 'boolean',
  name: 'text',
  localAddress: 'text',
  authMethod: 'text',
  'tls.rejectUnauthorized': 'boolean',
  'tls.servername': 'text',
};

/** Sends mail. */
export interface Mailer {
  /**
   * Sends a mail. Resolves when the mail server has taken it, or when it is given up, after half a minute at most. Never
   * rejects: a failure is in the log, without the text. A request that must not tell whether mail was sent does not wait
   * for it; the mailer ends what is under way when it closes.
   */
  send(mail: Mail): Promise<void>;
  /** Waits a few seconds for mails under way, and gives up those that are not sent by then. */
  close(): Promise<void>;
}
