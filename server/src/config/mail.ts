/** The server that sends mail, and whom mails come from; null: no mail is sent. */
export function mailOf({
  SMTP_URL: url,
  MAIL_FROM: from,
  PUBLIC_URL: publicUrl,
}: {
  SMTP_URL?: string | undefined;
  MAIL_FROM?: string | undefined;
  PUBLIC_URL?: string | undefined;
}): { url: string; from: string } | null {
  if (url === undefined) return null;
  const host = publicUrl === undefined ? 'localhost' : new URL(publicUrl).hostname;
  return { url, from: from ?? `Polylogue <no-reply@${host}>` };
}
