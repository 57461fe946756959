import { profile as texts } from 'texts:account';
import { connection } from 'texts:everywhere';
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
    if (error) return toast({ text: error.message ?? connection.unreached });
    revalidator.revalidate();
    toast({ text: texts.nameChanged });
  }

  return (
    <section aria-labelledby="profile" className="flex flex-col gap-4">
      <h2 id="profile" className="text-lg font-semibold">
        {texts.account}
      </h2>
      <form className="flex items-end gap-2" onSubmit={(event) => void save(event)}>
        <div className="flex flex-1 flex-col gap-1">
          <label htmlFor="profile-name" className="text-sm font-medium">
            {texts.name}
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
          {texts.save}
        </Button>
      </form>
      <div className="flex items-center justify-between gap-4 text-sm">
        <p className="min-w-0 truncate text-muted-foreground">
          {texts.planAndRole({ email: viewer.email, plan: viewer.tier.name, role: viewer.role })}
        </p>
        <Button size="small" onClick={() => void signOut()}>
          {texts.signOut}
        </Button>
      </div>
    </section>
  );
}
