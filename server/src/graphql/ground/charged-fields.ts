import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLSchema,
  isIntrospectionType,
  isObjectType,
} from 'graphql';
import { FRAME_BYTES } from '../limits/answer-budget.ts';
import type { GraphQLContext } from './context.ts';

/** Makes every field of the schema charge the budget of its operation: lists and texts at their real sizes. */
export function chargeFields(schema: GraphQLSchema): GraphQLSchema {
  const subscriptions = schema.getSubscriptionType();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || isIntrospectionType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      field.resolve = type === subscriptions ? renewing(field) : charging(field);
    }
  }
  return schema;
}

type Field = GraphQLField<unknown, GraphQLContext>;

function charging({ name, resolve = defaultFieldResolver }: Field): NonNullable<Field['resolve']> {
  return (source, args, context, info) => {
    const { budget } = context;
    budget.takeField(name);
    const value = resolve(source, args, context, info);
    if (typeof value === 'string') budget.take(value.length);
    else if (Array.isArray(value)) budget.take(value.length * FRAME_BYTES);
    return value;
  };
}

function renewing({ resolve = defaultFieldResolver }: Field): NonNullable<Field['resolve']> {
  return (source, args, context, info) => {
    context.budget.renew();
    return resolve(source, args, context, info);
  };
}
