import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { useServer } from 'graphql-ws/use/ws';
import { createSchema, createYoga } from 'graphql-yoga';
import OpenAI from 'openai';
import { WebSocketServer } from 'ws';

// A chat as one writes it after the tutorials of Yoga, graphql-ws and the SDK: nobody is signed in, nothing is stored.

const openai = new OpenAI({ apiKey: 'none', baseURL: `${process.argv[2]}/v1` });

interface Delta {
  responseId: string;
  offset: number;
  text: string;
}

async function* streamResponse(_root: unknown, { prompt }: { prompt: string }) {
  const messages = [{ role: 'user' as const, content: prompt }];
  const stream = await openai.chat.completions.create({ model: 'model', messages, stream: true });
  let offset = 0;
  for await (const chunk of stream) {
    const text = chunk.choices[0]?.delta.content ?? '';
    if (text === '') continue;
    yield { streamResponse: { responseId: chunk.id, offset, text } satisfies Delta };
    offset += text.length;
  }
}

const yoga = createYoga({
  schema: createSchema({
    typeDefs: /* GraphQL */ `
      type Query {
        hello: String
      }
      type TextDelta {
        responseId: ID!
        offset: Int!
        text: String!
      }
      type Subscription {
        streamResponse(prompt: String!): TextDelta!
      }
    `,
    resolvers: { Subscription: { streamResponse: { subscribe: streamResponse } } },
  }),
  logging: false,
});

const server = createServer(yoga);
const sockets = new WebSocketServer({ server, path: '/graphql' });
useServer(
  {
    execute: (args) => (args.rootValue as ReturnType<typeof yoga.getEnveloped>).execute(args),
    subscribe: (args) => (args.rootValue as ReturnType<typeof yoga.getEnveloped>).subscribe(args),
    async onSubscribe(ctx, _id, params) {
      const enveloped = yoga.getEnveloped({
        ...ctx,
        req: ctx.extra.request,
        socket: ctx.extra.socket,
        params,
      } as never);
      const { schema, parse, validate, contextFactory } = enveloped;
      const args = {
        schema,
        operationName: params.operationName,
        document: parse(params.query),
        variableValues: params.variables,
        contextValue: await contextFactory(),
        rootValue: enveloped,
      };
      const errors = validate(args.schema, args.document);
      return errors.length > 0 ? (errors as never) : args;
    },
  },
  sockets,
);

server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
