import { useRevalidator } from '@remix-run/react';
import { type FormEvent, useState } from 'react';
import type { ViewerFieldsFragment } from '../graphql/generated/graphql.ts';
import { Button } from '../ui/button.tsx';
import { Input } from '../ui/input.tsx';
import { useToast } from '../ui/toast.tsx';
import { askAuth, signOut } from './auth.ts';

export function Profile({ viewer }: { viewer: ViewerFieldsFragment }) {
  const [name, setName] = useState(viewer.name);
  const toast = useToast();
  const revalidator = useRevalidator();

  async function save(event: FormEvent): Promise<void> {
    event.preventDefault();
    const { error } = await askAuth((client) => client.updateUser({ name: name.trim() }));
    if (error) return toast({ text: error.message ?? 'The server could not be reached. Try again.' });
    revalidator.revalidate();
    toast({ text: 'Your name is changed.' });
  }

  return (
    <section aria-labelledby="profile" className="flex flex-col gap-4">
      <h2 id="profile" className="text-lg font-semibold">
        Account
      </h2>
      <form className="flex items-end gap-2" onSubmit={(event) => void save(event)}>
        <div className="flex flex-1 flex-col gap-1">
          <label htmlFor="profile-name" className="text-sm font-medium">
            Name
          </label>
          <Input
            id="profile-name"
            value={name}
            maxLength={100}
            autoComplete="name"
            onChange={(event) => setName(event.target.value)}
          />
        </div>
        <Button type="submit" size="large" disabled={!name.trim() || name.trim() === viewer.name}>
          Save
        </Button>
      </form>
      <div className="flex items-center justify-between gap-4 text-sm">
        <p className="min-w-0 truncate text-muted-foreground">
          {viewer.email} · {viewer.tier.name} plan{viewer.role === 'USER' ? '' : ` · ${viewer.role.toLowerCase()}`}
        </p>
        <Button size="small" onClick={() => void signOut()}>
          Sign out
        </Button>
      </div>
    </section>
  );
}
