import { overview as texts } from 'texts:admin';
import { SetShareRuleDocument, type ShareRule } from '../graphql/generated/graphql.ts';
import { Select } from '../ui/select.tsx';
import { useActing } from './acting.ts';

const rules: Record<ShareRule, string> = {
  LINK: texts.byLink,
  MEMBERS: texts.withMembers,
  NOBODY: texts.withNobody,
};

/** Says with whom members may share conversations. It is in force at once, also for what is shared already. */
export function ShareRuleChoice({ rule, mayChange }: { rule: ShareRule; mayChange: boolean }) {
  const acting = useActing();
  const refusal = acting.refusals.get('share-rule');
  return (
    <section aria-labelledby="share-rule" className="flex flex-wrap items-center gap-x-3 gap-y-2 text-sm">
      <h2 id="share-rule" className="font-medium">
        {texts.mayShare}
      </h2>
      {mayChange ? (
        <Select
          aria-labelledby="share-rule"
          value={rule}
          disabled={acting.busy.has('share-rule')}
          onChange={(event) => {
            const chosen = event.target.value as ShareRule;
            void acting.act('share-rule', SetShareRuleDocument, { rule: chosen }, texts.ruleInForce);
          }}
        >
          {Object.entries(rules).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </Select>
      ) : (
        <span>{rules[rule]}</span>
      )}
      {refusal ? (
        <p role="alert" className="w-full text-destructive">
          {refusal}
        </p>
      ) : null}
    </section>
  );
}
