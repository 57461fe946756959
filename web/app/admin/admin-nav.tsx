import { NavLink } from '@remix-run/react';
import { classes } from '../ui/classes.ts';

const pages = [
  { to: '/admin', label: 'Overview' },
  { to: '/admin/users', label: 'Members' },
  { to: '/admin/invitations', label: 'Invitations' },
  { to: '/admin/models', label: 'Models' },
  { to: '/admin/audit', label: 'Audit log' },
];

export function AdminNav() {
  return (
    <nav aria-label="Admin" className="flex shrink-0 gap-1 overflow-x-auto border-b px-4 max-md:px-2">
      {pages.map(({ to, label }) => (
        <NavLink
          key={to}
          to={to}
          end
          className={({ isActive }) =>
            classes(
              '-mb-px border-b-2 px-2 py-2.5 text-sm whitespace-nowrap -outline-offset-2',
              isActive
                ? 'border-primary font-medium'
                : 'border-transparent text-muted-foreground hover:text-foreground',
            )
          }
        >
          {label}
        </NavLink>
      ))}
    </nav>
  );
}
