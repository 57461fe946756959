import { profile as texts } from 'texts:account';
import { useEffect, useState } from 'react';
import { type Notes, readNotes, switchNotes } from '../../ui/browser/notes.ts';
import { Switch } from '../../ui/switch.tsx';

const hints: Record<Notes, string> = {
  impossible: texts.notesImpossible,
  blocked: texts.notesBlocked,
  off: texts.notesOff,
  on: texts.notesOn,
};

/** Whether this browser shows a note when all answers of a prompt are in while another window is in front. */
export function AnswerNotes() {
  const [notes, setNotes] = useState<Notes>('off');
  useEffect(() => setNotes(readNotes()), []);
  return (
    <section aria-labelledby="notes" className="flex flex-col gap-2">
      <div className="flex items-center justify-between gap-4">
        <h2 id="notes" className="text-lg font-semibold">
          {texts.notes}
        </h2>
        <Switch
          aria-labelledby="notes"
          aria-describedby="notes-hint"
          disabled={notes === 'impossible' || notes === 'blocked'}
          checked={notes === 'on'}
          onCheckedChange={(on) => void switchNotes(on).then(setNotes)}
        />
      </div>
      <p id="notes-hint" className="text-sm text-muted-foreground">
        {hints[notes]}
      </p>
    </section>
  );
}
