import { expect } from 'vitest';

/** Actions, as far as a test of what is decided cares about them. */
export const waits = { kind: 'wait', ms: expect.any(Number), until: expect.any(String) };
export const tells = (reason: string, more: object = {}) => ({ kind: 'tell', told: { reason, ...more } });
