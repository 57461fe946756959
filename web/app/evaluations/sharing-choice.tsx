import type { Audience } from '../graphql/generated/graphql.ts';
import { Choice } from './choice.tsx';

export interface TeamChoice {
  id: string;
  name: string;
}

interface SharingChoiceProps {
  label: string;
  audience: Audience;
  team: TeamChoice | null;
  teams: readonly TeamChoice[];
  onChoice: (audience: Audience, teamId: string | null) => void;
}

/** Chooses nobody, one of the viewer's teams, or all members. */
export function SharingChoice({ label, audience, team, teams, onChoice }: SharingChoiceProps) {
  const known = team && !teams.some(({ id }) => id === team.id) ? [...teams, team] : teams;
  return (
    <Choice
      label={label}
      value={audience === 'TEAM' ? (team?.id ?? '') : audience}
      onChange={({ target: { value } }) =>
        value === 'NOBODY' || value === 'MEMBERS' ? onChoice(value, null) : onChoice('TEAM', value)
      }
    >
      <option value="NOBODY">nobody</option>
      {known.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
      <option value="MEMBERS">all members</option>
    </Choice>
  );
}
