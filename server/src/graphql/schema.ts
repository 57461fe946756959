import { builder } from './builder.ts';
import './api-key.ts';
import './conversation.ts';
import './credits.ts';
import './errors.ts';
import './model.ts';
import './response.ts';
import './turn.ts';
import './viewer.ts';

export const schema = builder.toSchema();
