import { builder } from './ground/builder.ts';
import { chargeFields } from './ground/charged-fields.ts';
import './admin.ts';
import './api-key.ts';
import './conversation.ts';
import './credits.ts';
import './errors.ts';
import './invitation.ts';
import './model.ts';
import './people/audit-log.ts';
import './people/account.ts';
import './people/session.ts';
import './response.ts';
import './sign-up.ts';
import './turn.ts';
import './usage.ts';
import './viewer.ts';

export const schema = chargeFields(builder.toSchema());
