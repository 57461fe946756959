import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isIntrospectionType,
  isLeafType,
  isListType,
  isObjectType,
} from 'graphql';
import type { AnswerBudget } from '../limits/answer-budget.ts';
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

function charging({ name, type, resolve = defaultFieldResolver }: Field): NonNullable<Field['resolve']> {
  const isCounted = isListType(getNullableType(type)) || isLeafType(getNamedType(type));
  return (source, args, context, info) => {
    const { budget } = context;
    budget.takeField(name);
    const value = resolve(source, args, context, info);
    // Objects are counted by their own fields: only texts and lists are worth the wait for what comes later.
    return isCounted && isPromise(value) ? value.then((later) => charged(later, budget)) : charged(value, budget);
  };
}

/** Counts a text, or a list with its texts. */
function charged<Value>(value: Value, budget: AnswerBudget): Value {
  if (typeof value === 'string') budget.take(value.length);
  else if (Array.isArray(value)) budget.takeList(value);
  return value;
}

function isPromise(value: unknown): value is Promise<unknown> {
  return value instanceof Promise;
}

function renewing({ resolve = defaultFieldResolver }: Field): NonNullable<Field['resolve']> {
  return (source, args, context, info) => {
    context.budget.renew();
    return resolve(source, args, context, info);
  };
}
