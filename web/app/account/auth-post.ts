import { connection } from 'texts:everywhere';
import { askAuth } from './auth.ts';
import { authWords } from './refusals.ts';

/** Why a request to /api/auth was refused. */
export interface AuthRefusal {
  code?: string | undefined;
  message: string;
}

/** Sends a body to an endpoint below /api/auth that better-auth's client does not know. Null: it has succeeded. */
export async function authPost(path: string, body: Record<string, unknown>): Promise<AuthRefusal | null> {
  const { error } = await askAuth((client) => client.$fetch(path, { method: 'POST', body }));
  if (!error) return null;
  const { code, message } = error as { code?: string; message?: string };
  return { code, message: authWords({ code, message }) ?? connection.unreached };
}
