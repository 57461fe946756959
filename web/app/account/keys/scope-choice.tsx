import { keys as texts } from 'texts:account';
import type { ApiKeyScope } from '../../graphql/generated/graphql.ts';
import { classes } from '../../ui/classes.ts';

interface ScopeChoiceProps {
  scopes: readonly ApiKeyScope[];
  onChange: (scopes: readonly ApiKeyScope[]) => void;
  /** Whether the member is an admin. Only an admin's keys can administer the server. */
  isAdmin: boolean;
}

/** Chooses what a key may do. */
export function ScopeChoice({ scopes, onChange, isAdmin }: ScopeChoiceProps) {
  const choices: { scope: ApiKeyScope; label: string; text: string }[] = [
    { scope: 'READ', label: texts.read, text: texts.mayRead },
    { scope: 'PROMPT', label: texts.ask, text: texts.mayAsk },
    {
      scope: 'ADMIN',
      label: texts.administer,
      text: isAdmin ? texts.mayAdministerAll : texts.mayAdminister,
    },
  ];
  const toggle = (scope: ApiKeyScope) =>
    onChange(scopes.includes(scope) ? scopes.filter((held) => held !== scope) : [...scopes, scope]);
  return (
    <fieldset>
      <legend className="mb-1 text-sm font-medium">{texts.whatItMay}</legend>
      <div className="grid grid-cols-3 gap-2 max-md:grid-cols-1">
        {choices.map(({ scope, label, text }) => (
          <label
            key={scope}
            className={classes(
              'flex cursor-pointer items-start gap-3 rounded-md border px-3 py-2 text-sm has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-ring',
              scopes.includes(scope) ? 'border-primary bg-primary-soft' : 'border-input bg-card hover:bg-hover',
            )}
          >
            <input
              type="checkbox"
              className="mt-0.5 size-4 shrink-0 cursor-pointer accent-primary outline-none"
              checked={scopes.includes(scope)}
              onChange={() => toggle(scope)}
            />
            <span>
              <span className="font-medium">{label}</span>
              <span className="block text-xs text-muted-foreground">{text}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
