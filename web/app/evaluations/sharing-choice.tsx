import { sets as texts } from 'texts:evaluations';
import type { Audience } from '../graphql/generated/graphql.ts';
import { Question } from '../ui/question.tsx';
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
  /** What is asked before all members, who are many, read something. */
  title: string;
  text: string;
  yes: string;
  onChoice: (audience: Audience, teamId: string | null) => void;
}

/** Chooses nobody, one of the viewer's teams, or all members. */
export function SharingChoice({ label, audience, team, teams, title, text, yes, onChoice }: SharingChoiceProps) {
  const known = team && !teams.some(({ id }) => id === team.id) ? [...teams, team] : teams;
  return (
    <Question title={title} text={text} yes={yes} variant="primary" onYes={() => onChoice('MEMBERS', null)}>
      {(ask) => (
        <Choice
          label={label}
          value={audience === 'TEAM' ? (team?.id ?? '') : audience}
          onChange={({ target: { value } }) => {
            if (value === 'MEMBERS') ask();
            else if (value === 'NOBODY') onChoice(value, null);
            else onChoice('TEAM', value);
          }}
        >
          <option value="NOBODY">{texts.nobody}</option>
          {known.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
          <option value="MEMBERS">{texts.allMembers}</option>
        </Choice>
      )}
    </Question>
  );
}
