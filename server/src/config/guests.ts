import { isPrivate } from '../domain/people/sign-up-rule.ts';

/** The settings that decide on guests. */
interface GuestSettings {
  CHAT_KIT: 'off' | 'on' | 'anonymous';
  HOST: string;
  PUBLIC_URL?: string | undefined;
  TRUSTED_PROXIES: number;
  CORS_ALLOW_ORIGINS: readonly string[];
  MONTHLY_CREDITS_MAX?: number | undefined;
}

/** What forbids guests: whoever reaches the server is one, so that the operator has to say which pages may send them. */
export function guestProblems(settings: GuestSettings): string[] {
  const { CHAT_KIT, HOST, PUBLIC_URL, TRUSTED_PROXIES, CORS_ALLOW_ORIGINS } = settings;
  const server = { host: HOST, publicUrl: PUBLIC_URL ?? null, trustedProxies: TRUSTED_PROXIES };
  if (CHAT_KIT !== 'anonymous' || CORS_ALLOW_ORIGINS.length > 0 || isPrivate(server)) return [];
  return [
    'CHAT_KIT is "anonymous", which lets everybody ask without an account, and the server can be reached from elsewhere (HOST, PUBLIC_URL, TRUSTED_PROXIES): name the sites that may in CORS_ALLOW_ORIGINS',
  ];
}

/** What is hardly meant where answers cost the operator money. */
export function guestDoubts({ CHAT_KIT, MONTHLY_CREDITS_MAX }: GuestSettings): string[] {
  if (CHAT_KIT !== 'anonymous' || MONTHLY_CREDITS_MAX !== undefined) return [];
  return [
    'CHAT_KIT is "anonymous" and MONTHLY_CREDITS_MAX is not set: every guest may spend the credits of the FREE plan, each month, at your expense',
  ];
}
