import type { ComponentType } from 'react';

/** Draws the text of an answer as conversations do, which a route hands to evaluations. */
export type AnswerView = ComponentType<{ text: string }>;
