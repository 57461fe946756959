export type { ReceiptStepRow } from '../../database/agents/steps.ts';
export { findStepsOf as findReceiptSteps } from '../../database/agents/steps.ts';
