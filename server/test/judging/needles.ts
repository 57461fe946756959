import { streamBeginning, streamBody, type WireAnswer, type WireRequest, type WireServer } from '../wire-server.ts';

/**
 * Three models that nobody could miss: the first thinks, the second fails and falls back to the third. All that is theirs
 * (ids, names, prices, tokens, what they think, how they fail) is unmistakable.
 */
export const needles: readonly string[] = [
  ...['zqalpha', 'zqbeta', 'Zqfirm', 'Zqhouse', 'zqone', 'zqtwo', 'zqthree', 'Zqname'],
  // Their prices in credits, and the tokens that they report.
  ...['3137001', '17773002', '5519003', '23321004', '40111', '50333', '40777', '50999'],
  ...['zqthought', 'zqbroken'],
  // As what the first is sent a PDF, in GraphQL and in exports.
  'NATIVE',
];

export const needleModels = ['zqalpha/zqone', 'zqbeta/zqtwo'];

export function needleCatalogue(wire: WireServer) {
  const provider = { kind: 'openai-compatible', baseURL: `${wire.url}/v1` };
  const model = { contextWindow: 200_000, maxOutputTokens: 60_000, minimumTier: 'FREE' };
  return {
    providers: [
      { ...provider, id: 'zqalpha', name: 'Zqfirm' },
      { ...provider, id: 'zqbeta', name: 'Zqhouse' },
    ],
    models: [
      {
        ...model,
        id: 'zqalpha/zqone',
        name: 'Zqname One',
        reasoning: true,
        accepts: ['TEXT', 'PDF'],
        inputPriceUsd: 3.137001,
        outputPriceUsd: 17.773002,
      },
      {
        ...model,
        id: 'zqbeta/zqtwo',
        name: 'Zqname Two',
        fallbacks: ['zqbeta/zqthree'],
        inputPriceUsd: 5.519003,
        outputPriceUsd: 23.321004,
      },
      { ...model, id: 'zqbeta/zqthree', name: 'Zqname Three', inputPriceUsd: 5.519003, outputPriceUsd: 23.321004 },
    ],
  };
}

/** Answers as the three models do; `first` and `other` are their texts. */
export function answerWithNeedles({ first, other }: { first: string; other: string }) {
  return ({ api, body }: WireRequest): WireAnswer => {
    if (body.model === 'zqtwo') {
      return { status: 500, body: JSON.stringify({ error: { message: 'zqbroken', type: 'server_error' } }) };
    }
    const isFirst = body.model === 'zqone';
    const usage = isFirst ? { input: 40_111, output: 50_333 } : { input: 40_777, output: 50_999 };
    return {
      body: streamBody(api, { ...(isFirst && { reasoning: ['zqthought'] }), text: [isFirst ? first : other], usage }),
    };
  };
}

/** The beginning of an answer that goes on, and the end of it, as pieces for `WireAnswer.pauses`. */
export const chat = {
  text: (text: string) => streamBeginning('openai.chat', { text: [text] }),
  end: () => streamBody('openai.chat', { text: [], usage: { input: 9, output: 9 } }),
};

/** The needles that an answer has. */
export function foundIn(text: string): string[] {
  return needles.filter((needle) => text.includes(needle));
}
