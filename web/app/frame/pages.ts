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
  { path: '/leaderboard', title: 'Leaderboard', icon: Trophy, adminOnly: false },
  { path: '/evaluations', title: 'Evaluations', icon: FlaskConical, adminOnly: false },
  { path: '/usage', title: 'Usage', icon: ChartColumn, adminOnly: false },
  { path: '/admin', title: 'Admin', icon: ShieldCheck, adminOnly: true },
  { path: '/settings/keys', title: 'API keys', icon: KeyRound, adminOnly: false },
  { path: '/settings', title: 'Settings', icon: Settings, adminOnly: false },
];

/** The pages for a viewer, in the order in which they are listed. */
export function pagesFor({ isAdmin }: { isAdmin: boolean }): PageEntry[] {
  return pages.filter(({ adminOnly }) => isAdmin || !adminOnly);
}

/** The pages under /admin, in the order of their tabs. An auditor reads those with `audited`. */
const adminPages: readonly { path: string; title: string; audited?: true }[] = [
  { path: '/admin', title: 'Overview', audited: true },
  { path: '/admin/users', title: 'Members', audited: true },
  { path: '/admin/teams', title: 'Teams', audited: true },
  { path: '/admin/invitations', title: 'Invitations' },
  { path: '/admin/providers', title: 'Providers' },
  { path: '/admin/models', title: 'Models', audited: true },
  { path: '/admin/settings', title: 'Settings' },
  { path: '/admin/audit', title: 'Audit log', audited: true },
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
  { path: '/settings', title: 'Account' },
  { path: '/settings/security', title: 'Security' },
  { path: '/settings/presets', title: 'Presets' },
  { path: '/settings/keys', title: 'API keys' },
  { path: '/settings/files', title: 'Files' },
  { path: '/settings/shares', title: 'Shares' },
  { path: '/settings/take-along', title: 'Take along' },
];

/** The title of a page in the browser's tab. */
export function tabTitle(title: string): string {
  return `${title} · Polylogue`;
}
