import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.ts';
import { findEvaluationFiles } from '../../database/files/set-files.ts';
import { findAnswersTo, noteOpening } from '../../database/judging/evaluation-results.ts';
import type { EvaluationRow } from './evaluations.ts';
import { matrixOf } from './results.ts';

const ROWS = 50;

/**
 * All answers of the member's own evaluation as JSONL, a line for each, with the answers of one prompt in memory. It is
 * noted that the member has seen them beside their models' names.
 */
export async function* evaluationAsJsonLines(db: Kysely<Database>, evaluation: EvaluationRow): AsyncGenerator<string> {
  const { id, user_id: userId, set_name: set } = evaluation;
  await noteOpening(db, { evaluationId: id, userId }, null);
  let after = -1;
  for (;;) {
    const rows = await matrixOf(db, evaluation, { viewerId: userId, after, limit: ROWS });
    for (const { position, prompt, reference, topic, cells } of rows) {
      const files = (await findEvaluationFiles(db, { evaluationId: id, position })).map(({ name }) => name);
      for (const answer of await findAnswersTo(db, id, position)) {
        const cell = cells.find(({ lane }) => lane === answer.lane);
        const line = {
          set,
          position,
          repeat: answer.repeat,
          topic,
          prompt,
          files,
          reference,
          model: answer.model_id,
          servedBy: answer.served_by,
          status: answer.status,
          answer: answer.text,
          failure: answer.failure_message,
          finishReason: answer.finish_reason,
          credits: answer.credits_charged,
          inputTokens: answer.input_tokens,
          outputTokens: answer.output_tokens,
          firstTokenMs: answer.first_token_ms,
          durationMs: answer.duration_ms,
          judge: cell?.judge ?? null,
          people: cell?.people ?? null,
        };
        yield `${JSON.stringify(line)}\n`;
      }
    }
    const last = rows.at(-1);
    if (!last || rows.length < ROWS) return;
    after = last.position;
  }
}
