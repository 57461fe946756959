import { pages as texts } from 'texts:chat';
import { ChartColumn, FlaskConical, KeyRound, type LucideIcon, Settings, ShieldCheck, Trophy } from 'lucide-react';
import type { Role } from '../graphql/generated/graphql.ts';

/** A page beside the conversations, as the account's menu and the command palette list it. */
export interface PageEntry {
  path: string;
  title: string;
  icon: LucideIcon;
  /** Whether the page is listed for admins and auditors only. The API decides who may see it. */
  adminOnly: boolean;
}

const pages: readonly PageEntry[] = [
  { path: '/leaderboard', title: texts.leaderboard, icon: Trophy, adminOnly: false },
  { path: '/evaluations', title: texts.evaluations, icon: FlaskConical, adminOnly: false },
  { path: '/usage', title: texts.usage, icon: ChartColumn, adminOnly: false },
  { path: '/admin', title: texts.admin, icon: ShieldCheck, adminOnly: true },
  { path: '/settings/keys', title: texts.keys, icon: KeyRound, adminOnly: false },
  { path: '/settings', title: texts.settings, icon: Settings, adminOnly: false },
];

/** The pages for a viewer, in the order in which they are listed. */
export function pagesFor({ isAdmin }: { isAdmin: boolean }): PageEntry[] {
  return pages.filter(({ adminOnly }) => isAdmin || !adminOnly);
}

/** The pages under /admin, in the order of their tabs. An auditor reads those with `audited`. */
const adminPages: readonly { path: string; title: string; audited?: true }[] = [
  { path: '/admin', title: texts.overview, audited: true },
  { path: '/admin/users', title: texts.members, audited: true },
  { path: '/admin/teams', title: texts.teams, audited: true },
  { path: '/admin/invitations', title: texts.invitations },
  { path: '/admin/providers', title: texts.providers },
  { path: '/admin/models', title: texts.models, audited: true },
  { path: '/admin/tools', title: texts.tools },
  { path: '/admin/settings', title: texts.settings },
  { path: '/admin/audit', title: texts.auditLog, audited: true },
];

export function adminPagesFor(role: Role) {
  return adminPages.filter(({ audited }) => role === 'ADMIN' || audited);
}

/** Whether the admin's pages are listed for a viewer with this role. An auditor changes nothing there. */
export function readsAdminPages(role: Role): boolean {
  return role !== 'USER';
}

/** The pages under /settings, in the order of their tabs. */
export const settingsPages = [
  { path: '/settings', title: texts.account },
  { path: '/settings/security', title: texts.security },
  { path: '/settings/presets', title: texts.presets },
  { path: '/settings/keys', title: texts.keys },
  { path: '/settings/files', title: texts.files },
  { path: '/settings/shares', title: texts.shares },
  { path: '/settings/take-along', title: texts.takeAlong },
];

/** The title of a page in the browser's tab. */
export function tabTitle(title: string): string {
  return `${title} · Polylogue`;
}
